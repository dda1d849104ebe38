/** The program: `deno run -A main.ts` or `bun main.ts`; `--help` says the rest. */

import { run } from "./src/cli/run.ts";
import { programArguments } from "./src/runtime/process.ts";

await run(programArguments());

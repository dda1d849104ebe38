/** The program: `deno run -A main.ts` or `bun main.ts`; `--help` says the rest. */

import { programArguments } from "./src/runtime/process.ts";
import { refuseOldRuntime } from "./src/runtime/supported.ts";

refuseOldRuntime();
const [{ run }, { sourceParts }] = await Promise.all([
  import("./src/cli/run.ts"),
  import("./src/cli/parts.ts"),
]);
await run(programArguments(), sourceParts);

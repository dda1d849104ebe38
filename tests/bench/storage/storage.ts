/**
 * `deno task bench:storage`: what it costs that nothing acknowledged is lost, in messages a second, microseconds,
 * megabytes and seconds until a broker is up again. See `docs/performance.md`.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { compileLoad } from "../compile.ts";
import { describeMachine } from "../machine.ts";
import { killAll } from "../process.ts";
import { beside } from "./beside.ts";
import type { Setting } from "./contest.ts";
import { file } from "./file.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { speed } from "./speed.ts";
import { start } from "./start.ts";

/** Each prints what it finds; true: its targets are reached. */
const PARTS: ReadonlyMap<string, (setting: Setting) => Promise<boolean>> = new Map([
  ["speed", speed],
  ["latency", latency],
  ["beside", beside],
  ["memory", memory],
  ["start", start],
  ["file", file],
]);

const USAGE = `What a storage costs: deno task bench:storage [options]

  --only PART        only this part (may be given several times): ${[...PARTS.keys()].join(", ")}
  --runtime NAME     deno, bun or both (both)
  --repeat N         repetitions of which the median counts (3)
  --quick            a tenth, once
  --wait SECONDS     wait this long for a quiet machine before each run (20); 0 does not care
  --folder PATH      where the databases are (the system's folder for temporary files)
  --strict           exit with code 1 when a target is not reached
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      runtime: { type: "string", default: "both" },
      repeat: { type: "string" },
      quick: { type: "boolean", default: false },
      wait: { type: "string", default: "20" },
      folder: { type: "string", default: tmpdir() },
      strict: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  for (const name of values.only ?? []) {
    if (!PARTS.has(name)) {
      throw new TypeError(`There is no part "${name}": ${[...PARTS.keys()].join(", ")} are there`);
    }
  }
  const { runtime } = values;
  if (runtime !== "deno" && runtime !== "bun" && runtime !== "both") {
    throw new TypeError(`Cannot use "${runtime}" as runtime: "deno", "bun" or "both" is needed`);
  }
  const folder = mkdtempSync(join(values.folder, "comqtt-bench-"));
  process.on("exit", () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
  const setting: Setting = {
    load: await compileLoad(folder),
    folder,
    repeat: Number(values.repeat ?? (values.quick ? 1 : 3)),
    scale: values.quick ? 0.1 : 1,
    wait: Number(values.wait),
    runtimes: runtime === "both" ? ["deno", "bun"] : [runtime],
  };
  const { cpu, cores, memoryGb, kernel } = describeMachine();
  console.log(`${cpu}, ${cores} cores, ${memoryGb} GB, ${kernel}; brokers and load share it\n`);
  let good = true;
  for (const [name, part] of PARTS) {
    if (values.only !== undefined && !values.only.includes(name)) continue;
    console.log(`## ${name}\n`);
    if (!await part(setting)) good = false;
    console.log();
  }
  return values.strict && !good ? 1 : 0;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}

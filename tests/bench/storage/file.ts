/** Is the file used again? `tests/storage/ten_million.ts` through this program. */

import { fileURLToPath } from "node:url";
import { findProgram } from "../brokers.ts";
import { run } from "../process.ts";
import type { Setting } from "./contest.ts";
import { table, verdict } from "./text.ts";

const PROGRAM = fileURLToPath(new URL("../../storage/ten_million.ts", import.meta.url));
const MESSAGES = 10_000_000;

/** True: the file stays small. */
export async function file(setting: Setting): Promise<boolean> {
  const messages = Math.round(MESSAGES * setting.scale);
  console.log(
    `${messages} messages in and out through the driver, half of them queued 200,000 at a time, 100 bytes\n`,
  );
  const rows: string[][] = [];
  let good = true;
  for (const runtime of setting.runtimes) {
    const program = await findProgram(runtime, PROGRAM, () => [String(messages)]);
    if (program === undefined) throw new Error(`${runtime} is not installed`);
    const [command, ...args] = program.command(0, setting.folder);
    const { code, stdout, stderr } = await run(command, args, 1200);
    const last = stdout.trim().split("\n").at(-1) ?? "";
    if (code !== 0) good = false;
    rows.push([program.title, last || stderr.trim(), `≤ 20 MB at the end: ${verdict(code === 0)}`]);
  }
  console.log(table([["", "file", "to reach"], ...rows]));
  return good;
}

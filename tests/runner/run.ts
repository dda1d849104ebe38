/**
 * `deno task test [FILE or FOLDER or option of deno test]...`: runs the tests and says what came of them, a line for each
 * folder. What fails is described in full.
 */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { Summary } from "./summary.ts";

const args = process.argv.slice(2);
const chosen = args.some((arg) => !arg.startsWith("-") && existsSync(arg)) ? [] : ["tests"];
const folder = mkdtempSync(join(tmpdir(), "comqtt-tests-"));
const notes = join(folder, "notes");
const summary = new Summary((line) => console.log(line));

const child = spawn(process.execPath, ["test", "-A", "--quiet", ...args, ...chosen], {
  stdio: ["inherit", "pipe", "pipe"],
  env: { ...process.env, NO_COLOR: "1", COMQTT_TEST_NOTES: notes },
});
// Whoever ends this ends the tests.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
let complaints = "";
child.stderr.on("data", (bytes: Uint8Array) => complaints += new TextDecoder().decode(bytes));
createInterface({ input: child.stdout }).on("line", (line) => summary.line(line));
const code = await new Promise<number>((resolve) =>
  child.on("close", (code, signal) => resolve(signal === null ? code ?? 1 : 1))
);
summary.end();

if (code !== 0) {
  console.log(`\n${summary.failures()}\n`);
  // (That tests have failed was said.)
  const rest = complaints.replace(/^error: Test failed\n(?:\nStack backtrace:\n(?: .*\n?)*)?$/m, "").trim();
  if (rest !== "") console.error(`${rest}\n`);
}
for (const line of skipped()) console.log(line);
if (summary.last !== "") console.log(summary.last);
rmSync(folder, { recursive: true });
process.exitCode = code;

/** What was missing; where nobody has said so, which tests were skipped. */
function skipped(): string[] {
  if (summary.ignored.length === 0) return [];
  if (!existsSync(notes)) return summary.ignored.map((name) => `skipped: ${name}`);
  return [...new Set(readFileSync(notes, "utf8").trim().split("\n"))].toSorted();
}

/** What nobody caught. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../src/runtime/process.ts";

/** A process with faults of both kinds, which then ends by itself with 7. */
const script = fileURLToPath(new URL("./faulty.ts", import.meta.url));

test("faults: what nobody caught is reported and ends nothing", async () => {
  const args = runtimeName === "deno" ? ["run", "-A", script] : [script];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (bytes: Uint8Array) => output += new TextDecoder().decode(bytes));
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(code, 7);
  assert.deepEqual(output.trim().split("\n").sort(), ["rejected", "thrown", "thrown text"]);
});

/** The process around the program, and its signals. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import {
  cpuSeconds,
  environment,
  memoryUse,
  programArguments,
  readTextFile,
  runtimeName,
  runtimeVersion,
} from "../../src/runtime/process.ts";

/** Runs a script on the same runtime. */
function run(
  script: string,
  args: string[],
  react: (output: string, kill: (signal: NodeJS.Signals) => void) => void,
) {
  const folder = mkdtempSync(join(tmpdir(), "comqtt-"));
  const file = join(folder, "script.ts");
  const base = new URL("../../src/runtime/", import.meta.url).href;
  writeFileSync(file, script.replaceAll("BASE/", base));
  const flags = runtimeName === "deno" ? ["run", "-A", "--no-check"] : ["run"];
  const child = spawn(process.execPath, [...flags, file, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const collect = (bytes: Uint8Array): void => {
    output += new TextDecoder().decode(bytes);
    react(output, (signal) => process.kill(child.pid!, signal)); // `child.kill` works once on Deno.
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on("close", (code) => {
      rmSync(folder, { recursive: true });
      resolve({ code, output });
    });
  });
}

describe("process", () => {
  it("says what it runs on", async () => {
    assert.match(runtimeVersion, /^\d+\.\d+\.\d+/);
    assert.equal(environment("COMQTT_NO_SUCH_VARIABLE"), undefined);
    assert.ok(environment("PATH"));
    assert.ok(memoryUse().resident > 1e6);
    assert.ok(cpuSeconds() > 0);
    assert.ok(Array.isArray(programArguments()));
    assert.match(await readTextFile(new URL(import.meta.url).pathname), /says what it runs on/);
  });

  it("arguments, output and exit code", { timeout: 20_000 }, async () => {
    const script = `import * as it from "BASE/process.ts";
      const big = "x".repeat(300_000);
      it.writeOutput(it.programArguments().join() + big);
      it.writeErrorOutput("errors too");
      it.exit(7);`;
    const { code, output } = await run(script, ["a", "--b"], () => {});
    assert.equal(code, 7);
    assert.match(output, /^a,--bx/);
    assert.match(output, /errors too/);
    assert.equal(output.length, 300_000 + "a,--berrors too".length);
  });

  it("signals reach the handler until it is taken off", { timeout: 20_000 }, async () => {
    const script = `import { onSignals } from "BASE/signals.ts";
      import { writeOutput } from "BASE/process.ts";
      const off = onSignals(["SIGTERM", "SIGHUP"], (signal) => {
        writeOutput(signal + "\\n");
        if (signal === "SIGTERM") { off(); clearInterval(timer); writeOutput("off\\n"); }
      });
      const timer = setInterval(() => {}, 1000);
      writeOutput("ready\\n");`;
    const sent = new Set<string>();
    const once = (signal: NodeJS.Signals, kill: (signal: NodeJS.Signals) => void): void => {
      if (!sent.has(signal)) kill(signal);
      sent.add(signal);
    };
    const { code, output } = await run(script, [], (text, kill) => {
      if (text.includes("ready")) once("SIGHUP", kill);
      if (text.includes("SIGHUP")) once("SIGTERM", kill);
    });
    assert.equal(output, "ready\nSIGHUP\nSIGTERM\noff\n");
    assert.equal(code, 0);
  });
});

/** The examples of the embedding guide run, end by themselves and print what the guide says. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../src/runtime/process.ts";

const END_MS = 60_000;
const root = new URL("../../", import.meta.url);

/** A program and what it prints. */
interface Example {
  readonly chapter: string;
  readonly code: string;
  readonly output: string;
}

function examples(page: string): Example[] {
  const found: Example[] = [];
  let chapter = "";
  for (const part of page.split(/^(?=## |```ts\n)/m)) {
    const heading = /^## (.*)/.exec(part);
    if (heading !== null) chapter = heading[1]!;
    const block = /^```ts\n(.*?)^```\n\n```text\n(.*?)^```\n/ms.exec(part);
    assert.equal(part.startsWith("```ts"), block !== null, `an example of "${chapter}" without its output`);
    if (block !== null) found.push({ chapter, code: block[1]!, output: block[2]! });
  }
  return found;
}

function run(script: string): Promise<{ code: number | null; output: string; errors: string }> {
  const config = fileURLToPath(new URL("deno.json", root));
  const args = runtimeName === "deno"
    ? ["run", "-A", "--check", "--quiet", "--config", config, script]
    : [script];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (bytes: Uint8Array) => output += new TextDecoder().decode(bytes));
  child.stderr.on("data", (bytes: Uint8Array) => errors += new TextDecoder().decode(bytes));
  const late = setTimeout(() => child.kill("SIGKILL"), END_MS);
  return new Promise((resolve) =>
    child.once("close", (code) => {
      clearTimeout(late);
      resolve({ code, output, errors });
    })
  );
}

const page = readFileSync(new URL("docs/embedding.md", root), "utf8");
const all = examples(page);

test("embedding guide: it has examples", () => assert.ok(all.length >= 5));

for (const { chapter, code, output } of all) {
  test(`embedding guide: the example of "${chapter}" prints what it says`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "comqtt-"));
    try {
      const script = join(folder, "example.ts");
      writeFileSync(
        script,
        code.replaceAll('"@comqtt/comqtt"', JSON.stringify(new URL("mod.ts", root).href)),
      );
      const ended = await run(script);
      assert.deepEqual(ended, { code: 0, output, errors: "" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

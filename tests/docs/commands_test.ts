/** The page about the commands for any broker: they run, and its tables are complete. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SCENARIOS } from "../../src/cli/commands/bench/scenarios.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { commandLine, Program } from "../harness/program.ts";
import { run } from "../harness/run.ts";
import { tableUnder } from "./tables.ts";

const page = readFileSync(new URL("../../docs/commands.md", import.meta.url), "utf8");
const [, script] = /```sh\n(.*?)```/s.exec(page)!;

test("commands page: its commands run, and say what it says", { timeout: 120_000 }, async () => {
  await using broker = await Program.start();
  const program = commandLine().map((word) => `'${word}'`).join(" ");
  const text = `set -eu\nPORT=${broker.port("tcp")}\ncomqtt() { ${program} "$@"; }\n${script}`;
  const { code, output, errors } = await run("bash", ["-c", text], {
    patience: 100_000,
    folder: temporaryFolder(),
  });
  assert.equal(code, 0, errors);
  assert.match(output, /^home\/lamp on\nhome\/lamp: on \(QoS 0\)\non\nscenario .*\np2p .*\nlatency .*\n$/);
});

test("commands page: its table has every scenario", () => {
  const names = tableUnder(page, "## What `bench` does").map(([cell]) => cell!.replaceAll("`", ""));
  assert.deepEqual(names, SCENARIOS.map(({ name }) => name));
});

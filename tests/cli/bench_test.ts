/** `comqtt bench` and `comqtt completion`. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Histogram } from "../../src/cli/commands/bench/histogram.ts";
import { SCENARIOS } from "../../src/cli/commands/bench/scenarios.ts";
import { commands } from "../../src/cli/commands.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { needs } from "../harness/needs.ts";
import { Program } from "../harness/program.ts";

interface Result {
  readonly scenario: string;
  readonly connections: number;
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly latency: { readonly p50: number; readonly max: number } | null;
}

test("bench: every scenario delivers what it sends, in every QoS", { timeout: 120_000 }, async () => {
  await using program = await Program.start();
  const port = String(program.port("tcp"));
  const names = SCENARIOS.map(({ name }) => name);
  for (const qos of ["0", "1", "2"]) {
    const { code, output, errors } = await Program.run([
      ...["bench", ...names, "-p", port, "-n", "3", "-s", "0.3", "-r", "500", "-q", qos, "--json"],
    ]);
    assert.equal(code, 0, errors);
    const results = JSON.parse(output) as Result[];
    assert.deepEqual(results.map(({ scenario }) => scenario), names);
    for (const { scenario, sent, received, lost, latency } of results) {
      assert.equal(lost, 0, scenario);
      if (scenario === "connections") continue;
      assert.ok(sent > 10, `${scenario} ${sent}`);
      assert.equal(received, scenario === "fan-out" ? 3 * sent : sent, scenario);
      assert.ok(latency!.p50 > 0 && latency!.p50 <= latency!.max);
    }
    assert.deepEqual(results.map(({ connections }) => connections), [3, 6, 4, 4, 6, 2]);
  }
  const table = await Program.run(["bench", "p2p", "-p", port, "-s", "0.1", "-n", "1"]);
  assert.match(table.output, /^scenario +clients .*\np2p +1 +0 /);
  const refused = await Program.run(["bench", "p2p", "-p", "1", "-s", "0.1"]);
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /nobody listens there/);
});

test("bench: quantiles are right to two per cent", () => {
  const histogram = new Histogram();
  for (let i = 1; i <= 1000; i++) histogram.add(i);
  const { p50, p95, p99, max } = histogram.spread()!;
  for (const [value, expected] of [[p50, 500], [p95, 950], [p99, 990], [max, 1000]] as const) {
    assert.ok(Math.abs(value - expected) <= expected * 0.02, `${value} ${expected}`);
  }
  assert.equal(new Histogram().spread(), null);
});

const shells = ["bash", "zsh", "fish"] as const;

for (const shell of shells) {
  const there = spawnSync(shell, ["-c", "true"]).error === undefined;
  test(`completion: ${shell} takes the script`, { timeout: 60_000, ...needs(shell, there) }, async () => {
    const { code, output } = await Program.run(["completion", shell]);
    assert.equal(code, 0);
    const file = join(temporaryFolder(), "script");
    writeFileSync(file, output);
    assert.equal(spawnSync(shell, ["-n", file], { encoding: "utf8" }).stderr, "");
    if (shell !== "bash") return;
    const complete = (...words: string[]): string[] => {
      const script = `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _comqtt; echo "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", script, file, "comqtt", ...words], { encoding: "utf8" }).stdout.trim()
        .split(" ");
    };
    assert.deepEqual(complete("pu"), ["pub"]);
    assert.deepEqual(complete("pub", "--will-"), [
      "--will-topic",
      "--will-payload",
      "--will-qos",
      "--will-retain",
    ]);
    assert.deepEqual(complete("config", "s"), ["show", "schema"]);
    assert.deepEqual(complete("bench", "fan"), ["fan-out", "fan-in"]);
  });
}

test("completion: every script has every command", { timeout: 60_000 }, async () => {
  for (const shell of shells) {
    const { output } = await Program.run(["completion", shell]);
    for (const { name } of commands) {
      for (const word of name.split(" ")) {
        assert.match(output, new RegExp(`[ "(]${word}[ ")]`), `${shell} ${word}`);
      }
    }
  }
  const { code, errors } = await Program.run(["completion", "csh"]);
  assert.equal(code, 1);
  assert.match(errors, /expected bash, zsh or fish/);
});

/** The page about why: its commands and its hook, as they stand there. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LOG_EVENTS } from "../../src/core/codes.ts";
import { ROUTES } from "../../src/api/routes.ts";
import type { Explanation } from "../../src/broker/explain/types.ts";
import type { Hook } from "../../src/hook/hook.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { needs } from "../harness/needs.ts";
import { commandLine, Program } from "../harness/program.ts";
import { run } from "../harness/run.ts";
import { socketClient } from "../harness/socket_client.ts";
import { plants } from "./why_example.ts";
import { TestBroker } from "../harness/mod.ts";

const page = readFileSync(new URL("../../docs/why.md", import.meta.url), "utf8");
const shells = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text!);
const quoted = (word: string): string => `'${word}'`;
const curl = needs("curl", (await run("sh", ["-c", "command -v curl"], { patience: 10_000 })).code === 0);

function shell(
  text: string,
  folder: string,
): Promise<{ code: number | null; output: string; errors: string }> {
  const script = `set -u\ncomqtt() { ${commandLine().map(quoted).join(" ")} "$@"; }\n${text}`;
  return run("bash", ["-c", script], { patience: 60_000, folder });
}

test("page about why: its commands do what they say", curl, async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "data"));
  const options = ["--tcp", "127.0.0.1:0", "--ws", "off", "--http", "off", "--data", join(folder, "data")];
  await using program = await Program.start(options);
  const client = await socketClient(program.port("tcp"), 5);
  await client.connect({ clientId: "probe-7" });
  assert.equal(shells.length, 2);
  const asked = await shell(shells[0]!, folder);
  assert.equal(asked.code, 0, asked.errors);
  assert.match(asked.output, /^Allowed by hook "allow-all"\nAsked with the rules of now, /);
  const called = await shell(shells[1]!, folder);
  assert.equal((JSON.parse(called.output) as Explanation).outcome, "allowed");
});

const pageOf = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), "utf8");

test("page about why: it, or one it names, has every route; every option of the command, and events there are", async () => {
  const others = pageOf("store") + pageOf("bans");
  for (const { method, path } of ROUTES) {
    const shown = page.includes(`| \`${method} /api/v1${path}\` |`) ||
      others.includes(`\`${method} ${path}\``);
    assert.ok(shown, `${method} ${path}`);
  }
  const { output } = await Program.run(["--help"]);
  for (const [, name] of page.matchAll(/`--([a-z]+)/g)) assert.ok(output.includes(`--${name}`), name);
  const [, listed] = /The lines of refusals \((.*?)\)/.exec(page)!;
  for (const [, code] of listed!.matchAll(/`([a-z-]+)`/g)) assert.ok(Object.hasOwn(LOG_EVENTS, code!), code);
});

test("page about why: its hook is the one that is compiled, and explains what it answers", async () => {
  const source = readFileSync(new URL("why_example.ts", import.meta.url), "utf8");
  const shown = page.split("```ts\n")[2]!.split("```")[0]!;
  const example = source.slice(source.indexOf("import type"));
  assert.equal(shown, example.replace("../../mod.ts", "@comqtt/comqtt"));
  const open: Hook = { id: "open", onConnectAuthenticate: () => "allow" };
  const lines: unknown[] = [];
  await using t = new TestBroker({
    hooks: [open, plants],
    log: (_level, _text, { code, rule }) => void lines.push([code, rule]),
  });
  const client = await t.connected(5);
  await client.published("greenhouse/a", "", { qos: 1 });
  await client.published("else", "", { qos: 1 });
  assert.deepEqual(lines.at(-1), ["publish-refused", "plants.csv:8"]);
});

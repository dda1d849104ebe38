/** The commands of the page about access, as they stand there, one after the other in one folder. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { needs } from "../harness/needs.ts";
import { anyPorts, commandLine, Program } from "../harness/program.ts";
import { run } from "../harness/run.ts";
import { needed } from "../interop/mosquitto.ts";
import { parseHash } from "../../hooks/auth/passwords/parse.ts";
import { fileLayer } from "../../src/config/file.ts";
import { vectors } from "../hooks/auth/passwords/vectors.ts";

const page = readFileSync(new URL("../../docs/access.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```(sh|yaml)\n(.*?)```/gs)].map(([, kind, text]) => ({
  kind: kind!,
  text: text!.trimEnd(),
}));

/** What is said of each of them. */
const expected: readonly RegExp[] = [
  /^"thermometer" is a new user in "users"\nthermometer {2}argon2id\nThat is the password of "thermometer"\n$/,
  /^$/,
  /^Nothing is wrong with the configuration\n$/,
  /^21\.5\n$/,
];

const quoted = (word: string): string => `'${word}'`;

/** Runs what stands there, with the program that is tested. */
async function shell(text: string, folder: string, program?: Program): Promise<string> {
  const port = program === undefined ? "" : ` -p ${program.port("tcp")}`;
  const clients = ["pub", "sub"].map((one) => `mosquitto_${one}() { command mosquitto_${one}${port} "$@"; }`);
  const script = [
    "set -eu",
    `comqtt() { ${commandLine().map(quoted).join(" ")} "$@"; }`,
    ...clients,
    text,
  ].join("\n");
  const ran = await run("bash", ["-c", script], { patience: 60_000, folder });
  assert.equal(ran.code, 0, `${text}\n${ran.output}${ran.errors}`);
  return ran.output;
}

/** A block that begins with the broker is that, and clients of it. */
async function play(text: string, folder: string): Promise<string> {
  const [first, ...rest] = text.split("\n");
  if (!first!.startsWith("comqtt --")) return await shell(text, folder);
  await using program = await Program.start([...anyPorts, ...first!.split(" ").slice(1)], { folder });
  return await shell(rest.join("\n"), folder, program);
}

const passwd = needs("mosquitto", spawnSync("mosquitto_passwd", []).error === undefined);

test("access page: its commands do what they say", { ...passwd, ...needed, timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const said: string[] = [];
  for (const { kind, text } of blocks) {
    // (There is one, and the text before it says what it is called.)
    if (kind === "yaml") writeFileSync(join(folder, "home.yml"), text);
    else said.push(await play(text, folder));
  }
  assert.equal(said.length, expected.length);
  for (const [i, output] of said.entries()) assert.match(output, expected[i]!);
  // What the page says of those who are not let in, and of rights.
  await using program = await Program.start([...anyPorts, "--conf", "home.yml"], { folder });
  const port = ["-p", String(program.port("tcp")), "-V", "mqttv5"];
  const publish = async (...args: readonly string[]): Promise<string> => {
    const { code, errors, output } = await run("mosquitto_pub", [...port, ...args, "-m", "m", "-q", "1"], {
      patience: 20_000,
    });
    return code !== 0 ? "refused" : /Not authorized/.test(errors + output) ? "denied" : "done";
  };
  const thermometer = ["-u", "thermometer", "-P", "a long secret"];
  assert.equal(await publish(...thermometer, "-t", "devices/thermometer/x"), "done");
  assert.equal(await publish(...thermometer, "-t", "devices/display/x"), "denied");
  assert.equal(await publish("-u", "thermometer", "-P", "wrong", "-t", "public/x"), "refused");
  assert.equal(await publish("-u", "display", "-P", "another secret", "-t", "greenhouse/x"), "denied");
  assert.equal(await publish("-t", "public/x"), "denied");
});

test("access page: its file of comqtt 2 is read as it says", () => {
  const texts = [...page.matchAll(/`(auth: \{ way[^`]*\})`/g)].map(([, text]) => text!);
  assert.equal(texts.length, 1);
  const { layer, problems } = fileLayer({ file: "a.yml", text: texts[0]!.replace("FILE", "ledger.yml") });
  assert.deepEqual(problems.filter(({ severity }) => severity === "error"), []);
  assert.deepEqual(layer.found.values.auth?.map(({ type, values }) => ({ type, ...values })), [
    { type: "ledger", ledger: "ledger.yml" },
  ]);
});

test("access page: every kind of hash in its table is one that is taken, and no other is", () => {
  const [, table] = /\| hash \|.*?\n\|[- |]+\n((?:\|.*\n)+)/.exec(page)!;
  const named = new Set([...table!.matchAll(/`\$([a-z0-9-]+)\$/g)].map(([, head]) => head!));
  const taken = new Set(
    vectors.filter(({ hash }) => parseHash(hash) !== null).map(({ hash }) => hash.split("$")[1]!),
  );
  assert.deepEqual([...named].toSorted(), [...taken].toSorted());
});

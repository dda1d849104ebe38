/** The page about the store: its commands do what they say, and all of them are there. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StoredUsers } from "../../hooks/auth/access_store.ts";
import { LocalAccessStore } from "../../hooks/auth/store/local_store.ts";
import { commands } from "../../src/cli/commands.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { TestBroker, versions } from "../harness/mod.ts";
import { needs } from "../harness/needs.ts";
import { commandLine, Program } from "../harness/program.ts";
import { run } from "../harness/run.ts";
import { tableUnder } from "./tables.ts";

const page = readFileSync(new URL("../../docs/store.md", import.meta.url), "utf8");
const [script, curls] = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text!);
const curl = needs("curl", (await run("sh", ["-c", "command -v curl"], { patience: 10_000 })).code === 0);

async function shell(text: string, folder: string): Promise<string> {
  const program = commandLine().map((word) => `'${word}'`).join(" ");
  const ran = await run("bash", ["-c", `set -eu\ncomqtt() { ${program} "$@"; }\n${text}`], {
    patience: 60_000,
    folder,
  });
  assert.equal(ran.code, 0, `${text}\n${ran.output}${ran.errors}`);
  return ran.output;
}

test("store page: its commands make the user it speaks of, who may do what it says", async () => {
  const folder = temporaryFolder();
  const said = await shell(script!, folder);
  assert.match(said, /^"sensors" is a new role\n1 +write +sensors\/%u\/#\n/);
  assert.match(said, /\n"thermometer" is a new user with the role "sensors"\n/);
  const users = new StoredUsers({ directory: join(folder, "data") });
  for (const version of versions) {
    await using t = new TestBroker({ hooks: [users] });
    const password = new TextEncoder().encode("a long secret");
    const client = await t.connected(version, { username: "thermometer", password });
    if (version === 4) continue;
    assert.equal(await client.published("sensors/thermometer/t", "21.5", { qos: 1 }), 0x10);
    assert.equal(await client.published("sensors/other/t", "21.5", { qos: 1 }), 0x87);
    assert.equal((await client.subscribe("commands/thermometer")).reasonCodes[0], 0);
  }
});

test("store page: what it asks the running broker is answered, the rule holds", curl, async () => {
  const folder = temporaryFolder();
  await shell(script!, folder);
  const options = ["--tcp", "127.0.0.1:0", "--ws", "off", "--http", "off", "--data", join(folder, "data")];
  await using program = await Program.start(options);
  assert.match(program.output, /^The users of ".*access\.db" are asked: nothing else is said about access$/m);
  const [user, rules] = (await shell(curls!, folder)).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([user.name, user.password, user.roles], ["thermometer", "argon2id", ["sensors"]]);
  assert.deepEqual(rules[0], { access: "deny", filter: "sensors/secret" });
});

test("store page: its table has every command of the store, and each does something", async () => {
  const rows = tableUnder(page, "## Commands").map(([cell]) => cell!);
  const lines = rows.flatMap((cell) => [...cell.matchAll(/`comqtt ([^`]+)`/g)].map(([, line]) => line!));
  const all = commands.map(({ name }) => name).filter((name) => /^(users|roles|rules) /.test(name));
  const shown = new Set(lines.map((line) => line.split(" ").slice(0, 2).join(" ")));
  assert.deepEqual([...shown].sort(), all.toSorted());
  const folder = temporaryFolder();
  const store = LocalAccessStore.open(folder);
  await store.putRole("ROLE", {});
  await store.putUser("NAME", { hash: null });
  store.close();
  writeFileSync(join(folder, "FILE"), JSON.stringify({ clients: [], roles: [] }));
  const removes = (line: string): boolean =>
    line.startsWith("users remove") || line.startsWith("roles remove");
  const inOrder = [...lines.filter((line) => !removes(line)), ...lines.filter(removes)];
  const words = (line: string): string =>
    line.replace("users add NAME", "users add fresh").replace(
      "rules add user NAME ACCESS FILTER [POSITION]",
      "rules add user NAME read a/# 1",
    )
      .replace(" [ROLE]...", " ROLE").replace("POSITION", "1").replace("COUNT", "3").replace(
        "TEXT",
        "'some words'",
      );
  const text = inOrder.map((line) => `echo secret | comqtt ${words(line)} --data '${folder}'`).join("\n");
  await shell(text, folder);
});

/** A running program whose configuration changes: SIGHUP, and files that are watched. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";

const timeout = 60_000;
const first = "listeners:\n  - { type: tcp, id: one, address: 127.0.0.1:0 }\n";

function conf(text: string): { readonly path: string; write(text: string): void } {
  const path = join(temporaryFolder(), "comqtt.yml");
  const write = (next: string): void => writeFileSync(path, next);
  write(text);
  return { path, write };
}

async function connects(port: number): Promise<boolean> {
  const client = await socketClient(port);
  const { reasonCode } = await client.connect();
  return reasonCode === 0;
}

test("reload: a listener that is added is opened, one that is removed is closed and its clients stay", {
  timeout,
}, async () => {
  const file = conf(first);
  await using program = await Program.start(["--conf", file.path]);
  const client = await socketClient(program.port("tcp"));
  assert.equal((await client.connect()).reasonCode, 0);
  file.write(first + "  - { type: tcp, id: two, address: 127.0.0.1:0 }\n");
  program.kill("SIGHUP");
  await program.until(() => /SIGHUP: listener "two" was opened at /.test(program.errors), "the second one");
  const port = Number(/"two" was opened at 127\.0\.0\.1:(\d+)/.exec(program.errors)![1]);
  assert.ok(await connects(port));
  file.write("listeners:\n  - { type: tcp, id: two, address: 127.0.0.1:0 }\n");
  program.kill("SIGHUP");
  await program.until(
    () => /SIGHUP: listener "one" was closed/.test(program.errors),
    "the first one is closed",
  );
  await client.ping();
  await assert.rejects(connects(program.port("tcp")));
  assert.ok(await connects(port));
});

test(
  "reload: a file that is wrong changes nothing, and says all that is wrong with it",
  { timeout },
  async () => {
    const file = conf(first);
    await using program = await Program.start(["--conf", file.path]);
    file.write("listeners: []\nlimits: { packetSise: 1MiB, connections: many }\n");
    program.kill("SIGHUP");
    await program.until(() => program.errors.includes("connections"), "the complaints");
    assert.match(
      program.errors,
      /SIGHUP: the configuration stays as it is: .*comqtt\.yml:2:11: Unknown key "limits\.packetSise"/,
    );
    assert.match(program.errors, /comqtt\.yml:2:42: Cannot use "many" for "limits\.connections"/);
    assert.ok(await connects(program.port("tcp")));
  },
);

test("reload: what needs a restart is named", { timeout }, async () => {
  const file = conf(first);
  await using program = await Program.start(["--conf", file.path]);
  file.write(first + "limits: { packetSize: 2MiB }\nsysTopicInterval: 5s\n");
  program.kill("SIGHUP");
  await program.until(() => program.errors.includes("after a restart"), "the names");
  assert.match(
    program.errors,
    /SIGHUP: "limits\.packetSize", "sysTopicInterval" will have the new value after a restart/,
  );
});

test("reload: a file that is watched is read again when it changes", { timeout }, async () => {
  const file = conf(first + "watch: true\n");
  await using program = await Program.start(["--conf", file.path]);
  file.write(first + "  - { type: tcp, id: two, address: 127.0.0.1:0 }\nwatch: true\n");
  await program.until(
    () => /Configuration changed: listener "two" was opened/.test(program.errors),
    "the second one",
  );
  const port = Number(/"two" was opened at 127\.0\.0\.1:(\d+)/.exec(program.errors)![1]);
  assert.ok(await connects(port));
});

test("reload: limits and levels of the log have their new values at once, what needs a restart is named", {
  timeout,
}, async () => {
  const file = conf(`${first}limits: { connections: 1, packetSize: 1MiB }\n`);
  await using program = await Program.start(["--conf", file.path]);
  const port = program.port("tcp");
  const client = await socketClient(port);
  assert.equal((await client.connect()).reasonCode, 0);
  await assert.rejects(connects(port).then((in_) => assert.ok(in_)));
  file.write(`${first}limits: { connections: 3, packetSize: 2MiB }\nlog: { level: debug }\n`);
  program.kill("SIGHUP");
  await program.until(
    () => /SIGHUP: "limits\.connections", "log\.level" have their new values/.test(program.errors),
    "both are changed",
  );
  await program.until(
    () => /SIGHUP: "limits\.packetSize" will have the new value after a restart/.test(program.errors),
    "what stays is named",
  );
  assert.ok(await connects(port));
  await program.until(() => / debug .*client-connected/.test(program.errors), "a line of that level");
  file.write(`${first}log: { level: info }\n`);
  program.kill("SIGHUP");
  await program.until(
    () => (program.errors.match(/have their new values/g) ?? []).length === 2,
    "back again",
  );
  await client.ping();
});

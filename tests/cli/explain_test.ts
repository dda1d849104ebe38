/** `comqtt explain` and the socket it asks over: the real program, real clients. */

import assert from "node:assert/strict";
import { existsSync, lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Explanation } from "../../src/broker/explain/types.ts";
import { callSocket } from "../../src/cli/commands/socket.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { versions } from "../harness/mod.ts";
import { Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";

const HASH = "$7$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A".repeat(86) + "==";
const tcp = ["--tcp", "127.0.0.1:0", "--ws", "off", "--http", "off"];

function explain(args: readonly string[]): Promise<Program & { code: number | null }> {
  return Program.run(["explain", ...args]);
}

test("comqtt explain: for people and for programs, with its exit codes, of a client that is connected", async () => {
  const data = temporaryFolder();
  await using program = await Program.start([...tcp, "--data", data]);
  assert.equal(statSync(join(data, "comqtt.sock")).mode & 0o777, 0o600);
  for (const version of versions) {
    const client = await socketClient(program.port("tcp"), version);
    await client.connect({ clientId: `probe ${version}` });
    await client.subscribe("a/#", 1);
    const allowed = await explain([`probe ${version}`, "publish", "a/b", "--data", data]);
    assert.equal(allowed.code, 0, allowed.errors);
    assert.match(allowed.output, /^Allowed by hook "allow-all"\n/);
    const number = version === 5 ? "MQTT 5" : "MQTT 3.1.1";
    assert.ok(
      allowed.output.includes(`"probe ${version}", no user name, ${number}, connected from 127.0.0.1:`),
    );
    assert.match(allowed.output, /✓ Hook +allow-all onAclCheck: allowed: it allows everything +\+\d+ µs\n/);
    assert.match(allowed.output, /Receivers +\d subscriptions? match/);
    assert.match(
      allowed.output,
      /On the wire +PUBACK, 4 bytes to 127\.0\.0\.1:\d+\n +40 +PUBACK\n +02 +remaining length 2\n/,
    );
    const refused = await explain([`probe ${version}`, "publish", "a/#", "--data", data, "--json"]);
    assert.equal(refused.code, 1);
    const why = JSON.parse(refused.output) as Explanation;
    assert.deepEqual([why.outcome, why.reason?.code, why.client.version], ["refused", 0x90, version]);
    const received = await explain([
      `probe ${version}`,
      "receive",
      "a/b",
      "--sock",
      join(data, "comqtt.sock"),
    ]);
    assert.match(received.output, /Subscriptions +"a\/#" with QoS 1/);
    client.disconnect();
  }
});

test("comqtt explain: what cannot be said ends with 2", async () => {
  const data = temporaryFolder();
  const users = join(data, "users");
  writeFileSync(users, `anna:${HASH}\n`);
  await using program = await Program.start([...tcp, "--data", data, "--users", users]);
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["x", "connect", "--user", "anna"], 2, /^Nobody can say: hook "users" decides by the password\n/],
    [
      ["x", "connect", "--user", "eve"],
      1,
      /^Refused: no hook lets it in \(0x86 Bad User Name or Password\)\n/,
    ],
    [["x", "subscribe", "a/#", "--user", "anna", "--mqtt", "4", "--qos", "2"], 0, /granted QoS 2/],
    [["nobody", "publish", "a"], 2, /There is no client "nobody"/],
    [["nobody", "publsh", "a"], 2, /did you mean "publish"/],
    [["nobody", "publish", "a", "--qos", "7"], 2, /expected one of 0, 1, 2/],
    [["nobody"], 2, /needs more: comqtt explain CLIENT ACTION \[TOPIC\]/],
    [["a", "b", "c", "d"], 2, /takes no "d"/],
  ];
  for (const [args, code, said] of cases) {
    const ran = await explain([...args, "--data", data]);
    assert.equal(ran.code, code, `${args.join(" ")}: ${ran.output}${ran.errors}`);
    assert.match(`${ran.output}${ran.errors}`, said);
  }
  assert.match((await explain(["x", "connect", "--user", "anna", "--data", data])).output, /users:1/);
  program.kill("SIGTERM");
  await program.ended;
  assert.ok(!existsSync(join(data, "comqtt.sock")));
  const late = await explain(["x", "connect", "--data", data]);
  assert.equal(late.code, 2);
  assert.match(late.errors, /No broker runs there: nobody listens on ".*comqtt\.sock"/);
  const nowhere = await explain(["x", "connect"]);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.errors, /--data DIR says which broker/);
});

test("comqtt.sock: not without a data directory, replaced after a crash, gone at the end, in the way of nothing", async () => {
  const data = temporaryFolder();
  {
    const folder = temporaryFolder();
    await using _program = await Program.start([...tcp], { folder });
    assert.deepEqual(readdirSync(folder), []);
  }
  {
    await using program = await Program.start([...tcp, "--data", data]);
    program.kill("SIGKILL");
    await program.ended;
    assert.ok(lstatSync(join(data, "comqtt.sock")).isSocket());
  }
  {
    await using program = await Program.start([...tcp, "--data", data]);
    await callSocket(join(data, "comqtt.sock"), "POST", "/explain", { client: {}, action: "connect" });
    program.kill("SIGINT");
    assert.deepEqual(await program.ended, { code: 0, signal: null });
    assert.ok(!existsSync(join(data, "comqtt.sock")));
  }
  mkdirSync(join(data, "comqtt.sock"));
  await using program = await Program.start([...tcp, "--data", data]);
  await program.until(
    () => /code=api-socket-failed/.test(program.output + program.errors),
    "a line about it",
  );
  assert.match(program.output + program.errors, /a directory is there, not a socket/);
});

test("comqtt.sock: a directory whose path is too long for it has a link", async () => {
  const data = join(temporaryFolder(), "d".repeat(100));
  mkdirSync(data);
  await using program = await Program.start([...tcp, "--data", data]);
  assert.ok(lstatSync(join(data, "comqtt.sock")).isSymbolicLink());
  await program.until(
    () => /code=api-socket-elsewhere/.test(program.output + program.errors),
    "a line about it",
  );
  const ran = await explain(["x", "connect", "--listener", "tcp", "--data", data]);
  assert.equal(ran.code, 0, ran.errors);
  program.kill("SIGTERM");
  await program.ended;
  assert.deepEqual(readdirSync(data).filter((name) => name.includes("sock")), []);
});

test("comqtt.sock: a client id that would speak to a terminal does not", async () => {
  const data = temporaryFolder();
  await using program = await Program.start([...tcp, "--data", data]);
  const client = await socketClient(program.port("tcp"), 5);
  const clientId = '\u001b[31m\u202e"x';
  await client.connect({ clientId });
  const ran = await explain([clientId, "publish", "a", "--data", data]);
  assert.equal(ran.code, 0, ran.errors);
  for (const character of ["\u001b", "\u202e"]) assert.ok(!ran.output.includes(character));
});

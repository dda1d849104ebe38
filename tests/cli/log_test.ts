/** The lines of the log. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";

test("log: no password is in it, whatever happens", async () => {
  await using program = await Program.start(undefined, { variables: { COMQTT_LOG_LEVEL: "debug" } });
  const password = new TextEncoder().encode("hunter2");
  const client = await socketClient(program.port("tcp"));
  await client.connect({ clientId: "a", username: "alice", password });
  // A topic that is none.
  client.sendBytes([0x30, 3, 0, 1, 0x23]);
  await client.pick(14);
  const twice = await socketClient(program.port("tcp"));
  await twice.connect({ clientId: "a", username: "alice", password });
  await twice.connect({ clientId: "a", username: "alice", password }).catch(() => {});
  // Not a CONNECT.
  const wrong = await socketClient(program.port("tcp"), 4);
  wrong.sendBytes([0x82, 3, 0, 1, 0x23]);
  await wrong.gone();
  program.kill("SIGTERM");
  await program.ended;
  assert.match(program.errors, / debug /);
  assert.doesNotMatch(program.errors + program.output, /hunter2/);
});

test("log: at info the program says what it refuses, and nothing of a proper end", async () => {
  await using program = await Program.start();
  const client = await socketClient(program.port("tcp"));
  await client.connect({ clientId: "proper" });
  client.disconnect();
  await client.gone();
  const page = await socketClient(program.port("tcp"), 4);
  page.sendBytes(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  await page.gone();
  await program.until(() => program.errors.includes("\n"), "a line");
  assert.match(
    program.errors,
    /^\S+Z info HTTP where MQTT is spoken: .* \(code=http-on-mqtt-port address="127\.0\.0\.1:\d+" listener="tcp"\)\n$/,
  );
});

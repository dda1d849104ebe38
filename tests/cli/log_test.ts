/** The lines of the log. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { logLine } from "../../src/cli/log.ts";
import { Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";

test("log: time, level and text on one line", () => {
  const time = new Date(Date.UTC(2026, 1, 3, 4, 5, 6, 7));
  assert.equal(
    logLine(time, "warn", "Something happened"),
    "2026-02-03T04:05:06.007Z warn Something happened\n",
  );
});

test("log: a text cannot make lines of its own, nor speak to a terminal", () => {
  const line = logLine(new Date(0), "info", 'Client "a\nb\r\x1b[31m\x9b\u2028é" ');
  assert.equal(line, '1970-01-01T00:00:00.000Z info Client "a\\u000ab\\u000d\\u001b[31m\\u009b\\u2028é" \n');
});

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

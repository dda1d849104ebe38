/** `comqtt healthcheck`, /metrics and presence of the real program. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";
import { askUnixHttp } from "../../src/runtime/http/unix_http.ts";

const ports = ["--tcp", "127.0.0.1:0", "--ws", "off", "--http", "127.0.0.1:0"];

function check(...args: string[]): Promise<Program & { code: number | null }> {
  return Program.run(["healthcheck", ...args]);
}

test("comqtt healthcheck: 0 while it is ready, 1 when it is not there or cannot be asked", async () => {
  const data = temporaryFolder();
  const program = await Program.start([...ports, "--data", data]);
  const url = `http://127.0.0.1:${program.port("http")}`;
  for (
    const args of [["--data", data], ["--sock", join(data, "comqtt.sock")], ["--url", url], [
      "--http",
      `:${program.port("http")}`,
    ]]
  ) {
    const { code, output, errors } = await check(...args);
    assert.deepEqual([code, output], [0, "ready\n"], `${args}: ${errors}`);
  }
  const elsewhere = await check("--url", `http://127.0.0.1:${program.port("tcp")}`);
  assert.equal(elsewhere.code, 1);
  program.kill("SIGTERM");
  await program.ended;
  for (
    const [args, said] of [
      [["--data", data], /Cannot ask the broker at ".*comqtt\.sock": /],
      [["--url", url], /Cannot ask the broker at "http:\/\/127\.0\.0\.1:\d+": /],
      [["--url", "ftp://x"], /Cannot use "ftp:\/\/x" as --url: expected http:\/\//],
      [["--http", "off"], /--data DIR says which broker/],
    ] as const
  ) {
    const { code, errors } = await check(...args);
    assert.equal(code, 1, errors);
    assert.match(errors, said);
  }
});

test("comqtt: metrics over HTTP and the socket, with names of others that a setting asks for; presence", async () => {
  const data = temporaryFolder();
  const more = ["--metrics-aliases", "emqx", "--presence", "greenhouse"];
  await using program = await Program.start([...ports, "--data", data, ...more]);
  const reader = await socketClient(program.port("tcp"), 5);
  await reader.connect({ clientId: "reader" });
  await reader.subscribe("$SYS/brokers/greenhouse/clients/+/connected");
  const client = await socketClient(program.port("tcp"), 4);
  await client.connect({ clientId: "boiler" });
  const { topic, text } = await reader.message();
  assert.equal(topic, "$SYS/brokers/greenhouse/clients/boiler/connected");
  assert.equal(JSON.parse(text).clientid, "boiler");
  const http = await (await fetch(`http://127.0.0.1:${program.port("http")}/metrics`)).text();
  const socket = await askUnixHttp(join(data, "comqtt.sock"), {
    method: "GET",
    route: "/metrics",
    body: undefined,
    milliseconds: 10_000,
  });
  for (const answer of [http, socket.text]) {
    assert.match(answer, /^comqtt_clients_connected 2$/m);
    assert.match(answer, /^comqtt_listener_connections\{listener="tcp"\} 2$/m);
    assert.match(answer, /^emqx_live_connections_count 2$/m);
    assert.match(answer, /^comqtt_storage_info\{type="sqlite"\} 1$/m);
    assert.ok(!answer.includes("broker_") && !answer.includes("boiler"));
  }
  reader.disconnect();
  client.disconnect();
});

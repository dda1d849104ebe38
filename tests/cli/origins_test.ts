/** The program and pages in browsers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { noPorts, Program } from "../harness/program.ts";
import { connectTcp } from "../runtime/client.ts";
import { upgradeRequest, WebSocketClient } from "../runtime/websocket_client.ts";

const timeout = 60_000;

async function answer(program: Program, origin: string): Promise<string> {
  const headers = ["Sec-WebSocket-Protocol: mqtt", `Origin: ${origin}`];
  const client = await WebSocketClient.open(
    await connectTcp(program.address("ws")),
    upgradeRequest("/mqtt", headers),
  );
  client.reset();
  return client.head.slice(0, 12);
}

const listener = [...noPorts, "--ws", "127.0.0.1:0"];

test(
  "cli origins: a page of any site cannot reach the broker on this machine, and the log says the setting",
  {
    timeout,
  },
  async () => {
    await using program = await Program.start(listener);
    assert.equal(await answer(program, "https://evil.example"), "HTTP/1.1 403");
    assert.equal(await answer(program, "http://localhost:5173"), "HTTP/1.1 101");
    await program.until(() => program.errors.includes("--origins"), "the line in the log");
    assert.match(
      program.errors,
      / info Page in a browser refused: a page of "https:\/\/evil\.example", .* listener="ws" /,
    );
  },
);

test("cli origins: --origins and COMQTT_ORIGINS let others in", { timeout }, async () => {
  await using any = await Program.start([...listener, "--origins", "any"]);
  assert.equal(await answer(any, "https://evil.example"), "HTTP/1.1 101");
  await using one = await Program.start(listener, { variables: { COMQTT_ORIGINS: "https://app.example" } });
  assert.equal(await answer(one, "https://app.example"), "HTTP/1.1 101");
  assert.equal(await answer(one, "http://localhost:5173"), "HTTP/1.1 403");
});

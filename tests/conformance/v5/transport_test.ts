/** MQTT 5.0 section 4.2: transports that carry an ordered stream of bytes both ways without loss. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Listener } from "../../../src/listeners/listener.ts";
import { TcpListener } from "../../../src/listeners/tcp.ts";
import { UnixListener } from "../../../src/listeners/unix.ts";
import { Server } from "../../../src/server/server.ts";
import { connectPacket, encoded, publishPacket } from "../../harness/mod.ts";
import { Client, connectTcp, connectUnix } from "../../runtime/client.ts";
import { conforms } from "../conforms.ts";
import { raw } from "./raw.ts";

/** Sends messages of many sizes to itself, cut into pieces, and compares every byte. */
async function echo(listener: Listener, connect: () => ReturnType<typeof connectTcp>): Promise<void> {
  await using server = new Server({ capabilities: { receiveMaximum: 65_535, topicAliasMaximum: 0 } });
  server.addHook(new AllowAll());
  await server.addListener(listener);
  await server.serve();
  const client = new Client(await connect());
  client.send(encoded(connectPacket({ clientId: "c" }), 5));
  assert.deepEqual([...(await client.take(10)).subarray(0, 4)], [0x20, 8, 0, 0]);
  client.send(raw(0x82, `0001 00 "a" 00`));
  assert.equal((await client.take(6)).length, 6);
  let expected = 0;
  const sent: Uint8Array[] = [];
  for (let i = 0; i < 300; i++) {
    const payload = Uint8Array.from({ length: i * 173 % 20_000 }, (_, at) => (at * 31 + i) & 255);
    const message = encoded(publishPacket("a", payload), 5);
    for (let at = 0; at < message.length; at += 4999) client.send(message.subarray(at, at + 4999));
    sent.push(message);
    expected += message.length;
  }
  const got = await client.take(expected);
  let at = 0;
  for (const message of sent) {
    assert.ok(message.every((byte, i) => got[at + i] === byte), `the bytes behind ${at} differ`);
    at += message.length;
  }
  client.send(raw(0xe0));
  await client.until(() => client.closed);
}

conforms(5, ["MQTT-4.2.0-1"], "transport: over TCP all bytes arrive, in order, both ways", async () => {
  const listener = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
  await echo(listener, () => connectTcp(listener.address));
});

conforms(
  5,
  ["MQTT-4.2.0-1"],
  "transport: over a Unix socket all bytes arrive, in order, both ways",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "comqtt-"));
    const path = join(folder, "mqtt.sock");
    try {
      await echo(new UnixListener({ id: "unix", path }), () => connectUnix(path));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

/** MQTT 3.1.1 chapters 4.2 and 7: transports, and what a server that is a client too would have to be. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { TcpListener } from "../../../src/listeners/tcp.ts";
import { Server } from "../../../src/server/server.ts";
import { Client, connectTcp } from "../../runtime/client.ts";
import { conforms } from "../conforms.ts";
import { connect, packet, u16 } from "./raw.ts";

conforms(
  3,
  ["MQTT-7.1.1-1"],
  "transport: over TCP everything arrives, in order and unchanged, in both directions",
  async () => {
    await using server = new Server();
    server.addHook(new AllowAll());
    const listener = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
    await server.addListener(listener);
    await server.serve();
    const client = new Client(await connectTcp(listener.address));
    client.send(connect());
    assert.deepEqual([...await client.take(4)], [0x20, 2, 0, 0]);
    client.send(packet(0x82, u16(1), "a", 0));
    assert.deepEqual([...await client.take(5)], [0x90, 3, 0, 1, 0]);
    for (let i = 0; i < 200; i++) {
      const payload = Array.from({ length: i * 97 }, (_, at) => (at * 31 + i) & 255);
      const message = packet(0x30, "a", payload);
      // In pieces, as a network would.
      for (let at = 0; at < message.length; at += 5000) client.send(message.subarray(at, at + 5000));
      assert.deepEqual(await client.take(message.length), message);
    }
    client.end();
    await client.until(() => client.closed);
  },
);

conforms(
  3,
  ["MQTT-7.0.0-1"],
  "transport: the broker opens no connection to another server, so it need not be a client",
  () => {
    const root = fileURLToPath(new URL("../../../src", import.meta.url));
    const opening =
      /\b(?:Deno\.connect|Bun\.connect|net\.connect|net\.createConnection|tls\.connect|new WebSocket)\b/;
    for (const folder of ["broker", "session", "topics", "packets"]) {
      for (const file of readdirSync(join(root, folder), { recursive: true }).map(String)) {
        if (!file.endsWith(".ts")) continue;
        const source = readFileSync(join(root, folder, file), "utf8");
        assert.doesNotMatch(source, opening, `src/${folder}/${file}`);
      }
    }
    return Promise.resolve();
  },
);

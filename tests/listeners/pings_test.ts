/** Pings of WebSocket and the keep-alive of MQTT: the one says nothing about the other. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { ListenerError } from "../../src/listeners/listener_error.ts";
import { WebSocketListener } from "../../src/listeners/websocket.ts";
import { Server } from "../../src/server/server.ts";
import { connectTcp, connectTls } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";
import { clientFrame, WebSocketClient } from "../runtime/websocket_client.ts";

const timeout = 20_000;

/** CONNECT of MQTT 3.1.1 with that keep-alive. */
function connect(keepAlive: number): Uint8Array {
  return Uint8Array.of(0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, keepAlive, 0, 1, 0x61);
}

describe("pings of a WebSocket listener", () => {
  for (const protocol of ["ws", "wss"]) {
    it(`a client that answers pings and sends no packet loses its connection all the same, ${protocol}`, {
      timeout,
    }, async () => {
      await using server = new Server();
      server.addHook(new AllowAll());
      const listener = new WebSocketListener({
        id: "ws",
        address: "127.0.0.1:0",
        pingInterval: 0.1,
        ...(protocol === "wss" ? { tls: { cert: fixture("server.crt"), key: fixture("server.key") } } : {}),
      });
      await server.addListener(listener);
      await server.serve();
      const { address } = listener;
      const socket = protocol === "wss"
        ? await connectTls(address, { ca: fixture("authority.crt") })
        : await connectTcp(address);
      const client = await WebSocketClient.open(socket);
      const pings = (): number => client.frames.filter(({ opcode }) => opcode === 9).length;
      client.send(connect(1));
      await client.until(() => client.receivedBytes === 4);
      const received = server.stats.bytesReceived;
      for (let answered = 0; !client.closed && !client.ended; answered++) {
        await client.until(() => pings() > answered || client.closed || client.ended);
        client.socket.write(clientFrame(10, new Uint8Array()));
      }
      assert.ok(pings() >= 5, `${pings()} pings`);
      assert.equal(server.stats.refused.keepAlive, 1);
      assert.equal(server.stats.bytesReceived, received);
      client.reset();
    });
  }

  it("an interval that is none is refused when the listener is made", () => {
    for (const pingInterval of [-1, NaN, Infinity, 86_401, "30" as unknown as number]) {
      const make = (): WebSocketListener => new WebSocketListener({ id: "w", address: ":0", pingInterval });
      assert.throws(make, (error: Error) => {
        assert.ok(error instanceof ListenerError);
        assert.match(
          error.message,
          /^Invalid pingInterval .* of listener "w": expected seconds from 0 to 86400$/,
        );
        return true;
      }, String(pingInterval));
    }
  });
});

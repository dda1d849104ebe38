/** MQTT 3.1.1 chapter 6: MQTT over WebSocket, through a listener and with real sockets. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { WebSocketListener } from "../../../src/listeners/websocket.ts";
import { Server } from "../../../src/server/server.ts";
import { connectTcp } from "../../runtime/client.ts";
import { clientFrame, upgradeRequest, WebSocketClient } from "../../runtime/websocket_client.ts";
import { conforms } from "../conforms.ts";
import { connect, packet } from "./raw.ts";

const BINARY = 2;
const CONNACK = [0x20, 2, 0, 0];
const PINGREQ = packet(0xc0);
const PINGRESP = [0xd0, 0];

async function serve(
  run: (open: (request?: string) => Promise<WebSocketClient>) => Promise<void>,
): Promise<void> {
  await using server = new Server();
  server.addHook(new AllowAll());
  const listener = new WebSocketListener({ id: "ws", address: "127.0.0.1:0" });
  await server.addListener(listener);
  await server.serve();
  const clients: WebSocketClient[] = [];
  try {
    await run(async (request) => {
      const client = await WebSocketClient.open(await connectTcp(listener.address), request);
      clients.push(client);
      return client;
    });
  } finally {
    for (const client of clients) client.reset();
  }
}

conforms(3, ["MQTT-6.0.0-1"], "websocket: packets travel in binary frames, in both directions", async () => {
  await serve(async (open) => {
    const client = await open();
    client.send(connect());
    assert.deepEqual([...await client.take(4)], CONNACK);
    client.send(PINGREQ);
    assert.deepEqual([...await client.take(2)], PINGRESP);
    assert.ok(client.frames.length > 0);
    assert.ok(client.frames.every(({ opcode }) => opcode === BINARY));
  });
});

conforms(3, ["MQTT-6.0.0-1"], "websocket: a text frame closes the connection", async () => {
  await serve(async (open) => {
    for (const afterConnect of [false, true]) {
      const client = await open();
      if (afterConnect) {
        client.send(connect());
        await client.take(4);
      }
      client.socket.write(clientFrame(1, afterConnect ? PINGREQ : connect()));
      await client.until(() => client.closed);
      assert.equal(client.receivedBytes, 0);
      assert.equal(client.closeCode, 1003);
    }
  });
});

conforms(
  3,
  ["MQTT-6.0.0-2"],
  "websocket: a frame may hold several packets, a packet may take several frames",
  async () => {
    await serve(async (open) => {
      const many = await open();
      many.send(Uint8Array.from([...connect(), ...PINGREQ, ...PINGREQ]));
      assert.deepEqual([...await many.take(8)], [...CONNACK, ...PINGRESP, ...PINGRESP]);

      const single = await open();
      for (const byte of [...connect(), ...PINGREQ]) single.send(Uint8Array.of(byte));
      assert.deepEqual([...await single.take(6)], [...CONNACK, ...PINGRESP]);

      // Across messages and their fragments, with the end of one and the begin of the next in one frame.
      const mixed = await open();
      const bytes = Uint8Array.from([...connect(), ...PINGREQ, ...PINGREQ, ...PINGREQ]);
      mixed.socket.write(clientFrame(BINARY, bytes.subarray(0, 7), { final: false }));
      mixed.socket.write(clientFrame(0, bytes.subarray(7, 16)));
      mixed.socket.write(clientFrame(BINARY, bytes.subarray(16)));
      assert.deepEqual([...await mixed.take(10)], [...CONNACK, ...PINGRESP, ...PINGRESP, ...PINGRESP]);
    });
  },
);

conforms(
  3,
  ["MQTT-6.0.0-3", "MQTT-6.0.0-4"],
  "websocket: the subprotocol selected is mqtt when it is offered, one that is not offered never",
  async () => {
    await serve(async (open) => {
      for (const offered of ["mqtt", "chat, mqtt", "mqttv3.1, mqtt"]) {
        const client = await open(upgradeRequest("/", [`Sec-WebSocket-Protocol: ${offered}`]));
        assert.match(client.head, /^HTTP\/1\.1 101 /);
        assert.match(client.head, /^Sec-WebSocket-Protocol: mqtt\r$/mi);
      }
      for (const headers of [["Sec-WebSocket-Protocol: chat"], []]) {
        const client = await open(upgradeRequest("/", headers));
        assert.match(client.head, /^HTTP\/1\.1 400 /);
      }
    });
  },
);

/** MQTT 5.0 chapter 6: MQTT over WebSocket, with the runtime's own client and with frames written by hand. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { WebSocketListener } from "../../../src/listeners/websocket.ts";
import { Server } from "../../../src/server/server.ts";
import { connectPacket, encoded, publishPacket } from "../../harness/mod.ts";
import { connectTcp } from "../../runtime/client.ts";
import { clientFrame, upgradeRequest, WebSocketClient } from "../../runtime/websocket_client.ts";
import { conforms } from "../conforms.ts";
import { raw } from "./raw.ts";

const BINARY = 2;
const CONNECT = encoded(connectPacket({ clientId: "c" }), 5);
const PING = raw(0xc0);

/** A server with one WebSocket listener, for the time of a test. */
async function serving(run: (address: string) => Promise<void>): Promise<void> {
  await using server = new Server({ capabilities: { receiveMaximum: 65_535, topicAliasMaximum: 0 } });
  server.addHook(new AllowAll());
  const listener = new WebSocketListener({ id: "ws", address: "127.0.0.1:0" });
  await server.addListener(listener);
  await server.serve();
  await run(listener.address);
}

/** A connection whose frames are ours to write; the MQTT bytes it gets, CONNACK first. */
async function open(address: string, request?: string): Promise<WebSocketClient> {
  return await WebSocketClient.open(await connectTcp(address), request);
}

async function connected(address: string): Promise<WebSocketClient> {
  const client = await open(address);
  client.send(CONNECT);
  assert.deepEqual([...(await client.take(10)).subarray(0, 4)], [0x20, 8, 0, 0]);
  return client;
}

conforms(
  5,
  ["MQTT-6.0.0-3", "MQTT-6.0.0-4", "MQTT-6.0.0-1"],
  "websocket: a common client that offers mqtt is answered mqtt, and gets its packets in binary messages",
  async () => {
    await serving(async (address) => {
      const socket = new WebSocket(`ws://${address}/mqtt`, ["mqtt"]);
      socket.binaryType = "arraybuffer";
      const answers: unknown[] = [];
      await new Promise<void>((resolve, reject) => {
        socket.onerror = () => reject(new Error("The WebSocket failed"));
        socket.onopen = () => socket.send(CONNECT);
        socket.onmessage = ({ data }) => {
          answers.push(data);
          if (answers.length === 1) socket.send(PING);
          else resolve();
        };
      });
      assert.equal(socket.protocol, "mqtt");
      assert.ok(answers[0] instanceof ArrayBuffer && answers[1] instanceof ArrayBuffer);
      assert.equal(new Uint8Array(answers[0])[0], 0x20);
      assert.deepEqual([...new Uint8Array(answers[1])], [0xd0, 0]);
      const closed = new Promise((resolve) => socket.onclose = resolve);
      socket.close();
      await closed;
    });
  },
);

conforms(
  5,
  ["MQTT-6.0.0-3", "MQTT-6.0.0-4"],
  "websocket: among several subprotocols the server selects mqtt, and without it the connection is refused",
  async () => {
    await serving(async (address) => {
      for (const offered of ["mqtt", "chat, mqtt", "mqttv3.1, mqtt", "mqtt,mqtt2"]) {
        const client = await open(address, upgradeRequest("/", [`Sec-WebSocket-Protocol: ${offered}`]));
        assert.match(client.head, /^HTTP\/1\.1 101 /);
        assert.match(client.head, /^Sec-WebSocket-Protocol: mqtt\r$/mi);
        client.reset();
      }
      for (const headers of [["Sec-WebSocket-Protocol: chat"], ["Sec-WebSocket-Protocol: MQTT"], []]) {
        const client = await open(address, upgradeRequest("/", headers));
        assert.match(client.head, /^HTTP\/1\.1 400 /);
        await client.until(() => client.closed);
      }
    });
  },
);

conforms(5, ["MQTT-6.0.0-1"], "websocket: the broker's packets are in binary frames", async () => {
  await serving(async (address) => {
    const client = await connected(address);
    client.send(raw(0x82, `0001 00 "a" 00`));
    await client.take(6);
    for (const size of [1, 125, 126, 65_536]) {
      const message = encoded(publishPacket("a", new Uint8Array(size)), 5);
      client.send(message);
      assert.deepEqual(await client.take(message.length), message);
    }
    assert.ok(client.frames.length >= 6);
    assert.ok(client.frames.every(({ opcode }) => opcode === BINARY));
    client.reset();
  });
});

conforms(
  5,
  ["MQTT-6.0.0-1"],
  "websocket: a text frame closes the connection, before and after CONNECT",
  async () => {
    await serving(async (address) => {
      for (const at of [await open(address), await connected(address)]) {
        at.socket.write(clientFrame(1, CONNECT));
        await at.until(() => at.closed);
        assert.equal(at.closeCode, 1003);
        assert.equal(at.receivedBytes, 0);
      }
    });
  },
);

conforms(
  5,
  ["MQTT-6.0.0-2"],
  "websocket: packets need not begin and end with frames, however the bytes are cut",
  async () => {
    await serving(async (address) => {
      const all = Uint8Array.of(...CONNECT, ...PING, ...PING, ...raw(0x32, `"a" 0001 00 'hello'`), ...PING);
      const answers = [...raw(0xd0), ...raw(0xd0), ...raw(0x40, "0001 10"), ...raw(0xd0)];
      const whole = await open(address);
      whole.send(all);
      assert.deepEqual([...(await whole.take(10 + answers.length)).subarray(10)], answers);
      whole.reset();
      for (const size of [1, 2, 3, 7, 20]) {
        const client = await open(address);
        for (let at = 0; at < all.length; at += size) client.send(all.subarray(at, at + size));
        assert.deepEqual([...(await client.take(10 + answers.length)).subarray(10)], answers);
        client.reset();
      }
      // A message in fragments, with an empty one and a ping of WebSocket in between.
      const client = await open(address);
      client.socket.write(clientFrame(BINARY, all.subarray(0, 5), { final: false }));
      client.socket.write(clientFrame(0, new Uint8Array(0), { final: false }));
      client.socket.write(clientFrame(9, new Uint8Array(3)));
      client.socket.write(clientFrame(0, all.subarray(5)));
      assert.deepEqual([...(await client.take(10 + answers.length)).subarray(10)], answers);
      client.reset();
    });
  },
);

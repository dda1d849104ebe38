/** Who says much, DISCONNECT, and goes at once, is heard to the end although it had to wait for its slice. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import secure from "node:tls";
import { test } from "node:test";
import { AllowAll, Server, TcpListener, WebSocketListener } from "../../mod.ts";
import { encode } from "../../src/packets/encode.ts";
import { Writer } from "../../src/packets/wire.ts";
import { connectPacket, publishPacket, until } from "../harness/mod.ts";

const COUNT = 3000;
const TEXTS = Array.from({ length: COUNT }, (_, i) => String(i));
const properties = {
  userProperties: Array.from({ length: 12 }, (_, i): [string, string] => [`name ${i}`, "x".repeat(5)]),
};

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), "utf8");
}

/** CONNECT with a will, many publishes, DISCONNECT. */
function said(): Uint8Array {
  const writer = new Writer();
  const will = { topic: "will", payload: Uint8Array.of(1), qos: 0, retain: false, properties: {} } as const;
  encode(writer, connectPacket({ version: 5, clientId: "p", will }), 5);
  for (const text of TEXTS) encode(writer, publishPacket("a/b", text, { properties }), 5);
  encode(writer, { type: 14, reasonCode: 0, properties: {} }, 5);
  return writer.view().slice();
}

/** One frame of WebSocket, with a mask of zeros. */
function frame(opcode: number, bytes: Uint8Array): Uint8Array {
  const long = bytes.length > 125;
  const head = new Uint8Array(long ? 14 : 6);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (long ? 127 : bytes.length);
  if (long) new DataView(head.buffer).setUint32(6, bytes.length);
  return new Uint8Array([...head, ...bytes]);
}

const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async function connected(port: number, encrypted: boolean): Promise<net.Socket> {
  const host = "127.0.0.1";
  const socket = encrypted
    ? secure.connect({ port, host, rejectUnauthorized: false })
    : net.connect(port, host);
  await new Promise<void>((done) => socket.once(encrypted ? "secureConnect" : "connect", () => done()));
  socket.on("error", () => {});
  return socket;
}

for (const kind of ["tcp", "tls", "ws", "wss"] as const) {
  test(`farewell: what was said before DISCONNECT and the end of the stream is handled, ${kind}`, async () => {
    await using server = new Server({ limits: { sliceTime: 1, turnTime: 1 }, sysTopicInterval: 0 });
    server.addHook(new AllowAll());
    const encrypted = kind === "tls" || kind === "wss";
    const web = kind === "ws" || kind === "wss";
    const options = {
      id: "l",
      address: "127.0.0.1:0",
      ...(encrypted ? { tls: { cert: fixture("server.crt"), key: fixture("server.key") } } : {}),
    };
    const listener = web ? new WebSocketListener(options) : new TcpListener(options);
    await server.addListener(listener);
    await server.serve();
    const got: string[] = [];
    const wills: string[] = [];
    server.subscribe("#", ({ topic, payload }) => {
      (topic === "will" ? wills : got).push(new TextDecoder().decode(payload));
    });
    const socket = await connected(Number(listener.address.split(":").at(-1)), encrypted);
    if (web) {
      socket.write(upgrade);
      await new Promise<void>((done) => socket.once("data", () => done()));
    }
    socket.resume();
    socket.write(web ? frame(2, said()) : said());
    if (web) socket.write(frame(8, Uint8Array.of(3, 232)));
    socket.end();
    await until(() => got.length + wills.length >= COUNT, "all it said");
    assert.deepEqual(got, TEXTS);
    await until(() => server.stats.connections === 0, "its end");
    assert.deepEqual(wills, []);
  });
}

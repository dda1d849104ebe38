/** What can be done to the listeners for WebSocket, TLS and HTTP. */

import type net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { publishPacket } from "../../harness/client.ts";
import { concat } from "../../runtime/recorder.ts";
import { clientFrame } from "../../runtime/websocket_client.ts";
import { bytesOf, connectBytes } from "../client/packets.ts";
import { Client } from "../client/client.ts";
import { clientHello, upgraded } from "./handshakes.ts";
import { each, times } from "./many.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

const PING = 9;
const BINARY = 2;

/** Sockets that begin to say something and do not go on. */
async function halfOpen(world: World, hello: Uint8Array): Promise<net.Socket[]> {
  const sockets: net.Socket[] = [];
  const begin = (count: number, port: number, say: (i: number) => string | Uint8Array): Promise<void> =>
    each(count, 20, async (i) => {
      const socket = await world.socket(port).catch(() => null);
      if (socket === null) return;
      socket.write(say(i));
      socket.resume();
      sockets.push(socket);
    });
  await begin(900, world.ports.ws, () => "GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConn");
  await begin(500, world.ports.http, () => "GET / HTTP/1.1\r\nHost: x\r\nX-A: b");
  await begin(500, world.ports.tls, (i) => i % 2 === 0 ? hello : hello.subarray(0, hello.length / 2));
  return sockets;
}

/** TLS handshakes that are begun and broken off. */
async function brokenHandshakes(world: World, hello: Uint8Array, until: number): Promise<void> {
  let count = 0;
  for (; performance.now() < until; count++) {
    const socket = await world.socket(world.ports.tls).catch(() => null);
    socket?.write(hello);
    await sleep(2);
    socket?.resetAndDestroy();
  }
  world.note(`${count} TLS handshakes broken off`);
}

/** Headers of eight megabytes. */
async function endlessHeaders(world: World): Promise<void> {
  const header = new TextEncoder().encode(`X-Big: ${"h".repeat(8000)}\r\n`);
  for (let round = 0; round < 3; round++) {
    const socket = await world.socket(world.ports.ws).catch(() => null);
    if (socket === null) return;
    const client = new Client(socket, 4);
    client.send(new TextEncoder().encode("GET /mqtt HTTP/1.1\r\nHost: x\r\n"));
    for (let i = 0; i < 1000 && await client.pour(header, performance.now() + 3000);) i++;
    client.close();
  }
}

/** A WebSocket client that sends the same all the time; the answer is how many frames. */
async function repeat(
  world: World,
  connect: readonly Uint8Array[],
  frames: readonly Uint8Array[],
  reads: boolean,
  until: number,
): Promise<number> {
  const socket = await upgraded(world).catch(() => null);
  if (socket === null) {
    world.note("A WebSocket client was not let in");
    return 0;
  }
  const client = new Client(socket, 4);
  for (const frame of connect) client.send(frame);
  if (!reads) socket.pause();
  const bytes = concat(frames);
  let sent = 0;
  while (await client.pour(bytes, until)) sent += frames.length;
  client.close();
  return sent;
}

/** Each byte in a frame of its own. */
function oneByOne(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => clientFrame(BINARY, Uint8Array.of(byte)));
}

async function misuse(world: World): Promise<void> {
  const until = world.deadline();
  const hello = await clientHello();
  const half = await halfOpen(world, hello);
  const ping = clientFrame(PING, new Uint8Array(100).fill(0x70));
  const message = bytesOf(4, publishPacket("one/byte", "0123456789"));
  let pings = 0;
  let bytes = 0;
  await Promise.all([
    brokenHandshakes(world, hello, until),
    times(20, () => endlessHeaders(world)),
    times(4, async (i) => {
      const connect = clientFrame(BINARY, connectBytes(`ws-ping-${i}`));
      const sent = await repeat(world, [connect], Array(100).fill(ping), i % 2 === 0, until);
      pings += sent;
    }),
    times(4, async (i) => {
      const twenty = Array(20).fill(oneByOne(message)).flat() as Uint8Array[];
      const sent = await repeat(world, oneByOne(connectBytes(`ws-byte-${i}`)), twenty, true, until);
      bytes += sent;
    }),
  ]);
  const open = half.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
  world.note(
    `${pings} pings, ${bytes} frames of a byte, ${open} of ${half.length} half-open sockets still open`,
  );
  for (const socket of half) socket.destroy();
}

export const web: readonly Scenario[] = [{
  name: "11web",
  does:
    "WebSocket, TLS and HTTP: floods of pings and of 1-byte frames, endless headers, half and broken handshakes",
  seconds: 15,
  run: misuse,
}];

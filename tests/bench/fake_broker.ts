/** A broker that knows just enough MQTT for one client talking to itself, and that makes mistakes on purpose. */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** What happens to the n-th PUBLISH: the packets that are delivered instead of it. */
export type Mistake = (packet: Uint8Array, n: number) => readonly Uint8Array[];

/** What lies between the broker and a socket. */
export interface Line {
  /** Called once: who is given the bytes of MQTT. */
  data(handler: (bytes: Uint8Array) => void): void;
  write(bytes: Uint8Array): void;
}

export interface Fake {
  /** Is given each packet that is no PUBLISH. */
  readonly control?: (packet: Uint8Array) => void;
  /** The socket itself without it. */
  readonly line?: (socket: Socket) => Line;
  /** Over TLS, of this version at most. */
  readonly tls?: "TLSv1.2" | "TLSv1.3";
}

const CONNECT = 1;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const CONNACK: Uint8Array = Uint8Array.of(0x20, 2, 0, 0);

/** Cuts the first packet off; all packets in these tests are shorter than 128 bytes. */
function firstPacket(bytes: Uint8Array): Uint8Array | undefined {
  const length = 2 + (bytes[1] ?? Infinity);
  return bytes.length < length ? undefined : bytes.subarray(0, length);
}

function plainLine(socket: Socket): Line {
  return { data: (handler) => socket.on("data", handler), write: (bytes) => socket.write(bytes) };
}

function serve(socket: Socket, mistake: Mistake, fake: Fake): void {
  let rest: Uint8Array = new Uint8Array(0);
  let published = 0;
  socket.on("error", () => socket.destroy());
  const line = fake.line?.(socket) ?? plainLine(socket);
  line.data((chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let packet = firstPacket(rest); packet !== undefined; packet = firstPacket(rest)) {
      rest = rest.subarray(packet.length);
      const type = (packet[0] ?? 0) >> 4;
      if (type !== PUBLISH) fake.control?.(packet);
      if (type === CONNECT) line.write(CONNACK);
      if (type === SUBSCRIBE) line.write(Uint8Array.of(0x90, 3, packet[2] ?? 0, packet[3] ?? 0, 0));
      if (type === PUBLISH) { for (const delivered of mistake(packet, published++)) line.write(delivered); }
    }
  });
}

function makeServer(serveOne: (socket: Socket) => void, tls: Fake["tls"]): Server {
  if (tls === undefined) return createServer(serveOne);
  const file = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
  const server = createTlsServer(
    { cert: file("server.crt"), key: file("server.key"), maxVersion: tls },
    serveOne,
  );
  server.on("tlsClientError", () => {}); // (the other side says what it was)
  return server;
}

/** Starts it on a free port of 127.0.0.1. */
export function startFakeBroker(
  mistake: Mistake,
  fake: Fake = {},
): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = makeServer((socket) => serve(socket, mistake, fake), fake.tls);
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

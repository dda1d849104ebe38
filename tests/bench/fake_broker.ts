/** A broker that knows just enough MQTT for one client talking to itself, and that makes mistakes on purpose. */
import { Buffer } from "node:buffer";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** What happens to the n-th PUBLISH: the packets that are delivered instead of it. */
export type Mistake = (packet: Uint8Array, n: number) => readonly Uint8Array[];

const CONNECT = 1;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const CONNACK: Uint8Array = Uint8Array.of(0x20, 2, 0, 0);

/** Cuts the first packet off; all packets in these tests are shorter than 128 bytes. */
function firstPacket(bytes: Uint8Array): Uint8Array | undefined {
  const length = 2 + (bytes[1] ?? Infinity);
  return bytes.length < length ? undefined : bytes.subarray(0, length);
}

function serve(socket: Socket, mistake: Mistake, connected: (packet: Uint8Array) => void): void {
  let rest: Uint8Array = new Uint8Array(0);
  let published = 0;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Uint8Array) => {
    rest = Buffer.concat([rest, chunk]);
    for (let packet = firstPacket(rest); packet !== undefined; packet = firstPacket(rest)) {
      rest = rest.subarray(packet.length);
      const type = (packet[0] ?? 0) >> 4;
      if (type === CONNECT) {
        connected(packet);
        socket.write(CONNACK);
      }
      if (type === SUBSCRIBE) socket.write(Uint8Array.of(0x90, 3, packet[2] ?? 0, packet[3] ?? 0, 0));
      if (type === PUBLISH) { for (const delivered of mistake(packet, published++)) socket.write(delivered); }
    }
  });
}

/** Starts it on a free port of 127.0.0.1. `connected` is given each CONNECT. */
export function startFakeBroker(
  mistake: Mistake,
  connected: (packet: Uint8Array) => void = (): void => {},
): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => serve(socket, mistake, connected));
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

/** The test client over a real socket. */

import net from "node:net";
import type { ProtocolVersion } from "../../src/packets/types.ts";
import type { MemoryClient } from "../../src/runtime/memory_stream.ts";
import { TestClient } from "./client.ts";

/** A client that has connected its socket and said nothing yet. */
export async function socketClient(port: number, version: ProtocolVersion = 5): Promise<TestClient> {
  return new TestClient(streamOf(await openSocket(port)), version);
}

export function openSocket(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      // A broker that ends may well reset it.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

function streamOf(socket: net.Socket): MemoryClient {
  const stream: MemoryClient = {
    received: () => {},
    ended: () => {},
    get open(): boolean {
      return !socket.destroyed;
    },
    send: (bytes) => void socket.write(bytes),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  };
  socket.on("data", (bytes: Uint8Array) => stream.received(new Uint8Array(bytes)));
  socket.once("close", () => stream.ended());
  return stream;
}

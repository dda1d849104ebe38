/** Reads no faster than it wants to. */

import type net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 100;

/** Reads so many bytes a second until that time of `performance.now()`, closes, and says how many they were. */
export async function readSlowly(socket: net.Socket, perSecond: number, until: number): Promise<number> {
  let bytes = 0;
  if (perSecond === Infinity) {
    socket.on("data", (chunk: Uint8Array) => bytes += chunk.length);
    await sleep(until - performance.now());
  } else {
    // (Read by hand: what is not taken from here stays with the one who sends it.)
    socket.on("readable", () => {});
    while (performance.now() < until && !socket.destroyed) {
      const chunk = socket.read(Math.min(perSecond * EVERY_MS / 1000, socket.readableLength)) as
        | Uint8Array
        | null;
      bytes += chunk?.length ?? 0;
      await sleep(EVERY_MS);
    }
  }
  socket.destroy();
  return bytes;
}

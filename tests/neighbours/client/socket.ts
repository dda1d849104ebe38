/** Sockets that come from an address of one's own choice. */

import net from "node:net";
import { clearTimeout, setTimeout } from "node:timers";

/** Rejects with the reason when it does not connect in `patience` milliseconds. Errors after that are for `close` to tell. */
export function openFrom(from: string, port: number, patience: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: "127.0.0.1", localAddress: from, noDelay: true });
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error("not connected"));
    }, patience);
    const failed = (error: Error): void => {
      clearTimeout(late);
      reject(error);
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      clearTimeout(late);
      socket.off("error", failed);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/** Handshakes of WebSocket and TLS: whole ones, and their beginning. */

import net from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import tls from "node:tls";
import { upgradeRequest } from "../../runtime/websocket_client.ts";
import type { World } from "./world.ts";

/** For an answer, in milliseconds. */
const PATIENCE_MS = 5000;

/** The first bytes of a TLS client. */
export function clientHello(): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (bytes: Uint8Array) => {
        resolve(new Uint8Array(bytes));
        socket.destroy();
        server.close();
      });
    });
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      tls.connect({ host: "127.0.0.1", port, servername: "localhost" }).on("error", () => {});
    });
  });
}

/** A socket that was let in for MQTT over WebSocket. */
export async function upgraded(world: World): Promise<net.Socket> {
  const socket = await world.socket(world.ports.ws);
  socket.write(upgradeRequest());
  const answer = await answered(socket, "data", (bytes) => new TextDecoder().decode(bytes as Uint8Array));
  if (answer.includes(" 101 ")) return socket;
  socket.destroy();
  throw new Error(answer.split("\r\n")[0]);
}

/** A TLS client whose handshake is done. */
export async function secured(world: World): Promise<net.Socket> {
  const socket = tls.connect({
    socket: await world.socket(world.ports.tls),
    servername: "localhost",
    rejectUnauthorized: false,
  });
  await answered(socket, "secureConnect", () => "");
  return socket;
}

/** Rejects when the socket closes, or takes too long. */
function answered(socket: net.Socket, event: string, text: (value: unknown) => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error("no answer"));
    }, PATIENCE_MS);
    const failed = (error?: Error): void => {
      clearTimeout(late);
      reject(error instanceof Error ? error : new Error("closed"));
    };
    socket.on("error", failed);
    socket.once("close", failed);
    socket.once(event, (value: unknown) => {
      clearTimeout(late);
      socket.off("close", failed);
      resolve(text(value));
    });
  });
}

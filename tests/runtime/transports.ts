/** Every transport behind one table, so that one suite runs over all of them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyPair } from "../../src/runtime/tls/key_pair.ts";
import type { ErrorSink } from "../../src/runtime/tcp/guard.ts";
import type { Accept, Acceptor } from "../../src/runtime/stream.ts";
import { listenTcp, listenUnix } from "../../src/runtime/tcp/tcp.ts";
import { listenTls } from "../../src/runtime/tls/tls.ts";
import { listenWebSocket } from "../../src/runtime/websocket/websocket.ts";
import { adoptedTransports } from "./adopted.ts";
import { Client, connectTcp, connectTls, connectUnix } from "./client.ts";
import { WebSocketClient } from "./websocket_client.ts";
import { temporaryFolder } from "../harness/folder.ts";

export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), "utf8");
}

export interface Settings {
  readonly onError?: ErrorSink;
  readonly lingerMs?: number;
}

export interface Transport {
  readonly name: string;
  listen(accept: Accept, settings?: Settings): Promise<Acceptor>;
  connect(address: string): Promise<Client>;
}

export const place: { hostname: string; port: number } = { hostname: "127.0.0.1", port: 0 };
export const serverPair: KeyPair = { cert: fixture("server.crt"), key: fixture("server.key") };
const trusting = { ca: fixture("authority.crt") };
const maxMessageBytes = 64 * 1024 * 1024;

export const transports: readonly Transport[] = [
  {
    name: "tcp",
    listen: (accept, settings) => listenTcp({ ...place, ...settings }, accept),
    connect: async (address) => new Client(await connectTcp(address)),
  },
  {
    name: "unix",
    listen: (accept, settings) => {
      const path = join(temporaryFolder(), "socket");
      return listenUnix({ path, ...settings }, accept);
    },
    connect: async (address) => new Client(await connectUnix(address)),
  },
  {
    name: "tls",
    listen: (accept, settings) => listenTls({ ...place, ...serverPair, ...settings }, accept),
    connect: async (address) => new Client(await connectTls(address, trusting)),
  },
  {
    name: "ws",
    listen: (accept, settings) => listenWebSocket({ ...place, maxMessageBytes, ...settings }, accept),
    connect: async (address) => await WebSocketClient.open(await connectTcp(address)),
  },
  {
    name: "wss",
    listen: (accept, settings) =>
      listenWebSocket({ ...place, maxMessageBytes, tls: serverPair, ...settings }, accept),
    connect: async (address) => await WebSocketClient.open(await connectTls(address, trusting)),
  },
  ...adoptedTransports(serverPair, trusting),
];

/** Sockets that somebody else opened, as transports for the same suite. */

import net from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { adoptSocket, dropSocket } from "../../src/runtime/tcp/adopt_socket.ts";
import { ignoreErrors } from "../../src/runtime/tcp/guard.ts";
import { ownHandshakes } from "../../src/runtime/pending_handshakes.ts";
import type { AnySocket } from "../../src/runtime/tcp/socket_shapes.ts";
import { type AnySource, sourceAddress, tapSource } from "../../src/runtime/tcp/socket_source.ts";
import type { Accept, Acceptor } from "../../src/runtime/stream.ts";
import { Client, connectTcp, connectTls } from "./client.ts";
import type { Settings, Transport } from "./transports.ts";

const host = "127.0.0.1";

/** The part of Deno's API that is tried here; null on another runtime. */
interface DenoListening {
  listen(options: { hostname: string; port: number }): AnySource;
}
const deno = (globalThis as { Deno?: DenoListening }).Deno ?? null;

export function listening<S extends net.Server>(server: S): Promise<S> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port: 0 }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

/** Takes sockets from the source as the listener does. */
export function adopting(source: AnySource, accept: Accept, settings: Settings = {}): Acceptor {
  const onError = settings.onError ?? ignoreErrors;
  const { lingerMs } = settings;
  const address = sourceAddress(source)!;
  const tap = tapSource(source, {
    beginHandshake: ownHandshakes(),
    closes: true,
    onSocket: (socket) => void adoptSocket(socket, { unknownAddress: "unknown", lingerMs, onError }, accept),
    onLate: dropSocket,
    onEnd: () => {},
    onError,
  });
  return { address, close: () => tap.close() };
}

/** Connections of a server one after the other, each as two web streams. */
async function* webPairs(server: net.Server): AsyncGenerator<AnySocket> {
  const waiting: net.Socket[] = [];
  let wake = (): void => {};
  server.on("connection", (socket) => {
    waiting.push(socket);
    wake();
  });
  while (true) {
    const socket = waiting.shift();
    if (socket === undefined) {
      await new Promise<void>((resolve) => wake = resolve);
      continue;
    }
    const { readable, writable } = Duplex.toWeb(socket);
    yield {
      readable: readable as unknown as ReadableStream<Uint8Array>,
      writable: writable as WritableStream<Uint8Array>,
      remoteAddr: { hostname: socket.remoteAddress!, port: socket.remotePort! },
      close: () => socket.destroy(),
    };
  }
}

export function adoptedTransports(pair: tls.TlsOptions, trusting: tls.ConnectionOptions): Transport[] {
  const connect = async (address: string): Promise<Client> => new Client(await connectTcp(address));
  const kinds: Transport[] = [
    {
      name: "net.Server of the program",
      connect,
      listen: async (accept, settings) => adopting(await listening(net.createServer()), accept, settings),
    },
    {
      name: "net.Server of the program, half open",
      connect,
      listen: async (accept, settings) =>
        adopting(await listening(net.createServer({ allowHalfOpen: true })), accept, settings),
    },
    {
      name: "tls.Server of the program",
      connect: async (address) => new Client(await connectTls(address, trusting)),
      listen: async (accept, settings) => adopting(await listening(tls.createServer(pair)), accept, settings),
    },
    {
      name: "web streams",
      connect,
      listen: async (accept, settings) => {
        const server = await listening(net.createServer({ allowHalfOpen: true }));
        const pairs = webPairs(server);
        const source = {
          addr: { hostname: host, port: (server.address() as net.AddressInfo).port },
          [Symbol.asyncIterator]: () => pairs,
        };
        const acceptor = adopting(source, accept, settings);
        return {
          address: acceptor.address,
          close: async () => {
            server.close();
            await acceptor.close();
          },
        };
      },
    },
  ];
  if (deno === null) return kinds;
  const listen = (accept: Accept, settings?: Settings): Promise<Acceptor> =>
    Promise.resolve(adopting(deno.listen({ hostname: host, port: 0 }), accept, settings));
  return [...kinds, { name: "Deno.listen of the program", connect, listen }];
}

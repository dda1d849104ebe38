/** Connects to a broker, over whatever it listens with. */

import { builtin } from "../runtime/builtin.ts";
import { clearTimeout, setTimeout } from "../runtime/timers.ts";
import { LostError, unreachable } from "./error.ts";
import { isSecure, shownTarget, type Target } from "./target.ts";

import type { Transport, TransportEvents } from "./transport.ts";

type Socket = import("node:net").Socket;

/** How long a connection may take to be made. */
const PATIENCE_MS = 30_000;

/** Rejects with a `LostError`. Nothing is told before the promise is settled. */
export async function openTransport(target: Target, events: TransportEvents): Promise<Transport> {
  const web = target.transport === "ws" || target.transport === "wss" ? await import("./websocket.ts") : null;
  const socket = await openSocket(target);
  return web === null ? new SocketTransport(socket, events) : await web.webSocketOver(socket, target, events);
}

class SocketTransport implements Transport {
  readonly #socket: Socket;

  constructor(socket: Socket, events: TransportEvents) {
    this.#socket = socket;
    let failure: Error | null = null;
    socket.on("error", (error: Error) => failure ??= error);
    socket.on("close", () => events.closed(failure));
    socket.on("drain", () => events.drained());
    socket.on("data", (bytes: Uint8Array) => events.data(bytes));
    socket.resume();
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
    // (What still comes would keep it open.)
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** `localhost` may be ::1 first, where a broker need not listen. */
async function openSocket(target: Target): Promise<Socket> {
  const hosts = target.host === "localhost" ? ["127.0.0.1", "::1"] : [target.host];
  let failure: unknown;
  for (const host of hosts) {
    try {
      return await openOne(target, host);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure instanceof LostError ? failure : unreachable(target, failure);
}

async function openOne(target: Target, host: string): Promise<Socket> {
  const secure = isSecure(target);
  // (Node's modules are memory that a broker without TLS need not pay.)
  const tls = secure ? await import("node:tls") : null;
  const net = builtin("net");
  return await new Promise<Socket>((resolve, reject) => {
    const where = target.transport === "unix" ? { path: target.path } : {
      host,
      port: target.port,
      noDelay: true,
      ...(target.bind === undefined ? {} : { localAddress: target.bind }),
    };
    const socket = tls === null ? net.connect(where) : tls.connect(tlsOptions(target, where));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new LostError(`Cannot connect to ${shownTarget(target)}: nobody answers`));
    }, PATIENCE_MS);
    // (It stays: a socket may complain more than once, and before anybody else listens.)
    socket.on("error", (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    });
    socket.once(secure ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

function tlsOptions(target: Target, where: object): import("node:tls").ConnectionOptions {
  const { ca, cert, key, insecure, version, alpn, ciphers } = target.tls ?? {};
  const isAddress = builtin("net").isIP(target.host) !== 0;
  return {
    ...where,
    ...(isAddress ? {} : { servername: target.host }),
    ...(ca === undefined ? {} : { ca: [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(insecure === true ? { checkServerIdentity: () => undefined } : {}),
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

/** The client's side of a pair in memory as a stream of `node:stream`, which MQTT clients take for a socket. */

import { Duplex } from "node:stream";
import { errorCode } from "./tcp/guard.ts";
import type { MemoryClient } from "./memory_stream.ts";

class MemoryDuplex extends Duplex {
  #client: MemoryClient;

  constructor(client: MemoryClient) {
    // As sockets are: when the broker ends the connection, it ends.
    super({ allowHalfOpen: false });
    this.#client = client;
    client.received = (bytes): void => {
      // A reader that is behind is one the broker has to wait for.
      if (!this.destroyed && !this.push(bytes)) client.pause();
    };
    client.ended = (): void => {
      if (!this.destroyed) this.push(null);
    };
  }

  override _read(): void {
    this.#client.resume();
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (!this.#client.open) {
      return done(broken("EPIPE", "Cannot write: the broker has closed the connection"));
    }
    this.#client.send(bytes);
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#client.close();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (error === null || errorCode(error) === "EPIPE") this.#client.close();
    else this.#client.reset();
    done(error);
  }
}

export function memoryDuplex(client: MemoryClient): Duplex {
  return new MemoryDuplex(client);
}

/** What a client gets that connects where nobody listens: a stream that fails, as a socket does. */
export function refusedDuplex(message: string): Duplex {
  const stream = new Duplex({ read(): void {}, write: (_bytes, _encoding, done): void => done() });
  stream.destroy(broken("ECONNREFUSED", message));
  return stream;
}

function broken(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** The PROXY protocol before byte streams, TCP and Unix sockets: the broker sees where the client is. */

import type { Handshake } from "../pending_handshakes.ts";
import type { Accept, ByteStream, PeerCertificate, StreamHandler } from "../stream.ts";
import { HeaderReader } from "./header_reader.ts";
import { badHeader, endedEarly, lateHeader, notTrusted, type ProxyDoor } from "./proxy_rules.ts";

/** Between what accepts connections and the broker. */
export class ProxyGates {
  readonly accept: Accept;
  readonly #waiting: Set<Gate> = new Set();

  constructor(accept: Accept, door: ProxyDoor) {
    this.accept = (inner) => new Gate(inner, accept, door, this.#waiting);
  }

  /** Whoever has not said yet where it comes from goes: nobody else would close it. */
  close(): void {
    for (const gate of [...this.#waiting]) gate.abandon();
  }
}

class Gate implements StreamHandler {
  readonly #inner: ByteStream;
  readonly #accept: Accept;
  readonly #door: ProxyDoor;
  readonly #waiting: Set<Gate>;
  #reader: HeaderReader | null = null;
  #handshake: Handshake | null = null;
  /** From when the header is complete. */
  #handler: StreamHandler | null = null;

  constructor(inner: ByteStream, accept: Accept, door: ProxyDoor, waiting: Set<Gate>) {
    this.#inner = inner;
    this.#accept = accept;
    this.#door = door;
    this.#waiting = waiting;
    const { remoteAddress } = inner;
    if (!door.trusted().includes(remoteAddress)) {
      // (Bun does not know any more where somebody came from who has gone already.)
      const gone = remoteAddress === "unknown";
      door.refused(gone ? endedEarly(remoteAddress, 0) : notTrusted(remoteAddress));
      inner.destroy();
      return;
    }
    this.#reader = new HeaderReader();
    waiting.add(this);
    this.#handshake = door.beginHandshake(remoteAddress, door.headerMs, (why) => {
      if (why === "late") door.refused(lateHeader(remoteAddress));
      this.abandon();
    });
  }

  data(bytes: Uint8Array, length: number): void {
    if (this.#handler !== null) return this.#handler.data(bytes, length);
    const taken = this.#reader?.take(bytes, length) ?? null;
    if (taken === null) return;
    if ("fault" in taken) {
      this.#door.refused(badHeader(this.#inner.remoteAddress, taken.fault));
      return this.abandon();
    }
    this.#settled();
    const stream = new ProxiedStream(this.#inner, taken.header.source);
    this.#handler = this.#accept(stream);
    if (stream.over || taken.rest === length) return;
    this.#handler.data(bytes.subarray(taken.rest, length), length - taken.rest);
  }

  written(): void {
    this.#handler?.written();
  }

  closed(error: Error | null): void {
    const reader = this.#reader;
    if (reader !== null) this.#door.refused(endedEarly(this.#inner.remoteAddress, reader.length));
    this.#settled();
    this.#handler?.closed(error);
  }

  abandon(): void {
    this.#settled();
    this.#inner.destroy();
  }

  #settled(): void {
    this.#reader = null;
    this.#handshake?.done();
    this.#handshake = null;
    this.#waiting.delete(this);
  }
}

/** The same stream, with the address of the client. */
class ProxiedStream implements ByteStream {
  readonly remoteAddress: string;
  readonly certificate: PeerCertificate | null;
  readonly givesMemory: boolean;
  /** Nothing of what has come is wanted. */
  over = false;
  readonly #inner: ByteStream;

  constructor(inner: ByteStream, source: string | null) {
    this.#inner = inner;
    this.remoteAddress = source ?? inner.remoteAddress;
    this.certificate = inner.certificate;
    this.givesMemory = inner.givesMemory ?? false;
  }

  write(bytes: Uint8Array): boolean {
    return this.#inner.write(bytes);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  end(): void {
    this.over = true;
    this.#inner.end();
  }

  destroy(): void {
    this.over = true;
    this.#inner.destroy();
  }
}

/**
 * The way between the server and a client without a network. What the server writes is taken later, packet by packet,
 * so that a client's code never runs within the server's, and while it takes its time the server sees a slow reader.
 */

import type { ByteStream, StreamHandler } from "../runtime/stream.ts";
import { isPromise } from "../core/maybe_promise.ts";
import { soon } from "../runtime/turn.ts";
import type { Packet, ProtocolVersion } from "../packets/types.ts";
import { LOCAL_LISTENER } from "../hook/client.ts";
import { PacketReader } from "./packet_reader.ts";

/** How long packets may be handed over in one go. */
const SLICE_MS = 4;

/** Who takes the packets. */
export interface PacketSink {
  /** A promise holds back the next one. Does not throw. */
  packet(packet: Packet): void | Promise<void>;
  /** The stream is closed: nothing follows. */
  ended(): void;
}

export class LocalStream implements ByteStream {
  readonly remoteAddress: string = LOCAL_LISTENER;
  readonly certificate: null = null;
  readonly #reader: PacketReader;
  readonly #sink: PacketSink;
  #handler: StreamHandler | null = null;
  /** The server waits until we are done with the bytes in `#reader`. */
  #holding = false;
  #scheduled = false;
  #awaited = false;
  #ending = false;
  #gone = false;

  constructor(version: ProtocolVersion, sink: PacketSink) {
    this.#reader = new PacketReader(version);
    this.#sink = sink;
  }

  /** The server has taken it. */
  start(handler: StreamHandler): void {
    this.#handler = handler;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#gone || bytes.length === 0) return true;
    this.#reader.feed(bytes);
    this.#holding = true;
    this.#later();
    return false;
  }

  // (The client sends nothing by itself that would have to be held back here.)
  pause(): void {}
  resume(): void {}

  end(): void {
    this.#ending = true;
    this.#later();
  }

  destroy(): void {
    this.#finish(null);
  }

  /** The client breaks the connection. */
  abort(): void {
    this.#finish(new Error("The client ended the connection"));
  }

  #later(): void {
    if (this.#scheduled || this.#awaited || this.#gone) return;
    this.#scheduled = true;
    soon(() => {
      this.#scheduled = false;
      this.#take();
    });
  }

  #take(): void {
    const until = performance.now() + SLICE_MS;
    while (!this.#gone) {
      const packet = this.#reader.next();
      if (packet === null) break;
      const answer = this.#sink.packet(packet);
      if (isPromise(answer)) {
        this.#awaited = true;
        void answer.then(() => {
          this.#awaited = false;
          this.#later();
        });
        return;
      }
      if (performance.now() > until) {
        this.#later();
        return;
      }
    }
    if (this.#gone) return;
    this.#reader.keep();
    if (this.#holding) {
      this.#holding = false;
      this.#handler?.written();
    }
    if (this.#ending && !this.#holding) this.#finish(null);
  }

  #finish(error: Error | null): void {
    if (this.#gone) return;
    this.#gone = true;
    soon(() => {
      this.#handler?.closed(error);
      this.#sink.ended();
    });
  }
}

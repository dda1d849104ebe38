/**
 * Cuts packets out of what a connection receives. Complete packets are handled where they lie in the chunk; only
 * an incomplete rest, or what came while the connection has to wait, is copied and kept.
 */

import { textOf } from "../../core/error_text.ts";
import { INCOMPLETE, remainingLength, varintLength } from "../../packets/fixed_header.ts";
import { Reasons } from "../../packets/reason.ts";
import { Queue } from "../../core/queue.ts";
import type { Connection } from "../connection/connection.ts";
import { over } from "../ends/cause.ts";
import { notMqtt } from "../ends/first_bytes.ts";
import { type Intake, PauseReason } from "../connection/pause.ts";
import { clientName } from "../connection/client_name.ts";
import { hotPathWithHooks } from "./publish/hot_path_with_hooks.ts";
import { Injected } from "./injected.ts";
import { hotPath } from "./publish/hot_path.ts";
import { receive } from "./dispatch.ts";
import { CHECK, Slice } from "../../core/slices.ts";

const CONNECT = 0x10;
/** Shorter, fixed header included, is no CONNECT of MQTT 3.1: that may have any flags, and so may the first bytes of TLS. */
const SHORTEST_31 = 17;
/** Bytes of a rest below which the pool is not asked. */
const SHORT = 768;
const PUBLISH_QOS0 = 0x30;

export class Input implements Intake {
  readonly #connection: Connection;
  /** How long its connection is worked for in this turn. */
  readonly slice: Slice = new Slice();
  waitsForSlice = false;
  #holds = 0;
  #tail: Uint8Array | null = null;
  #tailLength = 0;
  /** What came after the tail while it had to wait, where the stream gives its memory away: nothing is copied. */
  #pieces: Queue<Uint8Array> | null = null;
  /** What was kept is being handled. */
  #goesOn = false;
  #injected: Injected | null = null;
  /** The tail while it is being handled again. */
  #spare: Uint8Array | null = null;
  /** The stream is closed: what is to be done when what it brought has been handled. */
  #last: (() => void) | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The memory is the caller's again afterwards. */
  data(bytes: Uint8Array, length: number): void {
    if (this.#holds !== 0 || this.#pieces !== null) {
      this.#put(bytes, length);
      return;
    }
    const { slices } = this.#connection.broker;
    if (slices.exhausted && slices.defers(length)) {
      this.waitForSlice();
      this.#put(bytes, length);
      return;
    }
    this.#take(bytes, length);
  }

  #take(bytes: Uint8Array, length: number): void {
    let at = 0;
    if (this.#tail !== null) {
      at = this.#finishTail(bytes, length);
      if (at < 0) return;
    }
    this.#process(bytes, at, length);
  }

  /** For later. */
  #put(bytes: Uint8Array, length: number): void {
    const { givesMemory = false } = this.#connection.stream;
    if (!givesMemory || (length < SHORT && this.#pieces === null)) this.#keep(bytes, 0, length);
    else (this.#pieces ??= new Queue()).push(bytes);
  }

  #takePieces(): void {
    while (this.#pieces !== null && this.#holds === 0 && !this.#ended()) {
      const piece = this.#pieces.shift();
      if (piece === undefined) this.#pieces = null;
      else this.#take(piece, piece.length);
    }
  }

  /** A whole packet from elsewhere: it leaves what has arrived of the client's next one as it is. */
  inject(packet: Uint8Array): Promise<void> {
    this.#injected ??= new Injected(this.#connection, this);
    return this.#injected.add(packet);
  }

  get held(): boolean {
    return this.#holds !== 0;
  }

  pausedFor(why: number): boolean {
    return (this.#holds & why) !== 0;
  }

  pauseFor(why: number): void {
    if (this.#holds === 0) this.#connection.stream.pause();
    this.#holds |= why;
  }

  /** One reason less to wait; without any, what was kept is handled and reading goes on. */
  release(why: number): void {
    if ((this.#holds & why) === 0 || this.#ended()) return;
    this.#holds &= ~why;
    if (this.#holds !== 0) return;
    // What it said meanwhile is still to be read: its silence begins now.
    const connection = this.#connection;
    if (connection.phase === "open") connection.heardAt = connection.broker.clock.monotonic();
    // (What is handled may hold it and release it at once.)
    if (this.#goesOn) return;
    this.#goesOn = true;
    try {
      if (this.#tail !== null) this.#takeTail(this.#tail);
      this.#takePieces();
    } finally {
      this.#goesOn = false;
    }
    if (this.held || this.#ended()) return;
    if (this.#last !== null) {
      this.#sayLast();
      return;
    }
    this.#injected?.wake();
    connection.stream.resume();
  }

  /** The stream is closed. True: what it brought only waits for its slice; `then` is called when it was handled. */
  finishes(then: () => void): boolean {
    if (!this.pausedFor(PauseReason.SLICE) || this.pausedFor(PauseReason.OUTPUT)) return false;
    this.#last = then;
    return true;
  }

  #sayLast(): void {
    const last = this.#last;
    this.#last = null;
    // (Later: its connection may just be ending.)
    if (last !== null) queueMicrotask(last);
  }

  #takeTail(tail: Uint8Array): void {
    const length = this.#tailLength;
    this.#tail = null;
    this.#tailLength = 0;
    this.#spare = tail;
    this.#process(tail, 0, length);
    this.#spare = null;
    if (this.#tail !== tail) this.#connection.broker.pool.give(tail);
  }

  /** Others have their turn first. */
  waitForSlice(): void {
    this.pauseFor(PauseReason.SLICE);
    this.#connection.broker.slices.wait(this);
  }

  workName(): string {
    return clientName(this.#connection);
  }

  /** Its turn has come. */
  goOn(): void {
    try {
      this.release(PauseReason.SLICE);
    } catch (error) {
      // (As a stream would be destroyed within whose `data` that happened.)
      this.#connection.drop({ code: "internal-error", error: textOf(error) });
      throw error;
    }
  }

  discard(): void {
    this.#sayLast();
    this.#injected?.end();
    if (this.#tail !== null) this.#connection.broker.pool.give(this.#tail);
    this.#tail = null;
    this.#tailLength = 0;
    this.#pieces = null;
  }

  #ended(): boolean {
    return this.#connection.phase === "closed";
  }

  /** Handles all complete packets in `[at, end)` and keeps the rest. */
  #process(bytes: Uint8Array, at: number, end: number): void {
    const connection = this.#connection;
    const { slices } = connection.broker;
    while (at < end) {
      if (bytes[at] === PUBLISH_QOS0 && connection.phase === "open") {
        at = connection.broker.hooks.plain
          ? hotPath(connection, bytes, at, end)
          : hotPathWithHooks(connection, bytes, at, end);
        if (at >= end) return;
        if (this.#holds !== 0) break;
      }
      const rest = remainingLength(bytes, at + 1, end);
      if (rest === INCOMPLETE) {
        if (!this.#acceptable(bytes, at, end, 0)) return;
        break;
      }
      if (rest < 0) {
        this.#badLength();
        return;
      }
      const body = at + 1 + varintLength(rest);
      if (!this.#acceptable(bytes, at, end, body - at + rest)) return;
      if (body + rest > end || !receive(connection, bytes, at, body, body + rest)) break;
      // (Properties, the worst of it, take about a microsecond per 128 bytes.)
      slices.units += 1 + ((body + rest - at) >> 7);
      at = body + rest;
      // (A handler may have ended the connection.)
      if (this.#ended()) return;
      if (this.#holds !== 0) break;
      if (slices.units >= CHECK && slices.overSince(this.slice, connection.heardAt, this) && at < end) {
        this.waitForSlice();
        break;
      }
    }
    if (at < end) this.#keep(bytes, at, end);
  }

  #badLength(): void {
    this.#connection.malformed(
      "the remaining length is not a valid variable byte integer",
      Reasons.malformedPacket,
    );
  }

  /** Refuses a packet by its header alone, before its bytes are kept. */
  #acceptable(bytes: Uint8Array, at: number, end: number, size: number): boolean {
    const connection = this.#connection;
    const { limits, stats } = connection.broker;
    if (connection.phase === "new") {
      // The first packet is CONNECT, or it is not MQTT. [MQTT-3.1.0-1]
      const first = bytes[at]!;
      if (first !== CONNECT && (first >> 4 !== 1 || (size > 0 && size < SHORTEST_31))) {
        stats.refused.malformed++;
        connection.drop(notMqtt(bytes, at, end));
        return false;
      }
    }
    // A stranger has less room, until CONNACK.
    const open = connection.phase === "open";
    if (size <= (open ? limits.packetSize : limits.connectPacketSize)) return true;
    stats.refused.packetTooLarge++;
    const cause = over("packet-too-large", limits, open ? "packetSize" : "connectPacketSize", size);
    connection.disconnect(Reasons.packetTooLarge, cause);
    return false;
  }

  /** Completes the packet that began in earlier bytes; how many of the new ones it took, -1: ended or all. */
  #finishTail(bytes: Uint8Array, length: number): number {
    let at = 0;
    for (;;) {
      const rest = remainingLength(this.#tail!, 1, this.#tailLength);
      if (rest >= 0) {
        const total = 1 + varintLength(rest) + rest;
        if (!this.#acceptable(this.#tail!, 0, this.#tailLength, total)) return -1;
        const missing = total - this.#tailLength;
        if (missing > length - at) {
          this.#keep(bytes, at, length);
          return -1;
        }
        if (missing > 0) this.#keep(bytes, at, at + missing);
        at += Math.max(missing, 0);
        return this.#handleTail(bytes, at, length);
      }
      if (rest !== INCOMPLETE) {
        this.#badLength();
        return -1;
      }
      if (at >= length) return -1;
      this.#keep(bytes, at, at + 1);
      at++;
    }
  }

  /** The tail is whole: handles it, and says where in the new bytes to go on. */
  #handleTail(bytes: Uint8Array, at: number, length: number): number {
    const whole = this.#tail!;
    const end = this.#tailLength;
    this.#tail = null;
    this.#tailLength = 0;
    this.#process(whole, 0, end);
    if (this.#tail !== whole) this.#connection.broker.pool.give(whole);
    if (this.#ended()) return -1;
    if (this.#tail === null && this.#holds === 0) return at;
    this.#keep(bytes, at, length);
    return -1;
  }

  /** A short rest, as every chunk may end with, costs no more than it is; longer ones are lent. */
  #memory(size: number): Uint8Array {
    if (size < SHORT) return new Uint8Array(Math.max(size, 64));
    return this.#connection.broker.pool.take(size);
  }

  /** Copies bytes to the rest that waits; its memory grows with what was received, not with what was announced. */
  #keep(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (size === 0) return;
    if (bytes === this.#spare && (this.#holds !== 0 || size * 2 > bytes.length)) {
      // What was taken up again and not finished stays where it is, unless a short rest would hold on to much.
      bytes.copyWithin(0, start, end);
      this.#tail = bytes;
      this.#tailLength = size;
      return;
    }
    if (this.#tail === null && size >= SHORT && this.#connection.stream.givesMemory === true) {
      // (What waits for others is soon gone; the rest of a packet holds on to no more than twice its size.)
      if (this.#holds !== 0 || size * 2 > bytes.length) {
        if (start > 0) bytes.copyWithin(0, start, end);
        this.#tail = bytes;
        this.#tailLength = size;
        return;
      }
    }
    const need = this.#tailLength + size;
    if (this.#tail === null) this.#tail = this.#memory(need);
    else if (this.#tail.length < need) {
      const bigger = this.#memory(Math.max(need, this.#tail.length * 2));
      bigger.set(this.#tail.subarray(0, this.#tailLength));
      this.#connection.broker.pool.give(this.#tail);
      this.#tail = bigger;
    }
    this.#tail.set(bytes.subarray(start, end), this.#tailLength);
    this.#tailLength = need;
  }
}

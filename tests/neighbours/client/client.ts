/** A client that is as light as a crowd of them has to be: it looks at what it must, and answers QoS 1. */

import type net from "node:net";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { Frames, packetIdOf, payloadOf, u16 } from "./frames.ts";
import { connectBytes, type ConnectOptions, DISCONNECT, type Version } from "./packets.ts";
import { openFrom } from "./socket.ts";

/** How long one waits for CONNACK, in milliseconds. */
const PATIENCE_MS = 20_000;
/** What may wait to be written while more is made, in bytes: who floods does not pause. */
const AHEAD = 128_000;

export interface Where extends ConnectOptions {
  readonly port: number;
  /** The address it comes from. */
  readonly from: string;
}

export class Client {
  readonly version: Version;
  readonly socket: net.Socket;
  /** PUBLISH so far. */
  received = 0;
  ended = false;
  /** The reason code of a DISCONNECT of the broker. */
  reason: number | null = null;
  /** The payload of a PUBLISH, only good until this returns. */
  onMessage: ((payload: Uint8Array) => void) | null = null;
  /** PUBACK. */
  onAcknowledged: ((packetId: number, reasonCode: number) => void) | null = null;
  /** CONNACK, SUBACK and so on: the type, and the last byte, which in many of them is a reason code. */
  onAnswer: ((type: number, code: number) => void) | null = null;
  onEnd: (() => void) | null = null;
  #acks: number[] = [];
  readonly #waiting: Set<() => void> = new Set();

  constructor(socket: net.Socket, version: Version) {
    this.socket = socket;
    this.version = version;
    const frames = new Frames((first, bytes, start, end) => this.#packet(first, bytes, start, end));
    socket.on("data", (chunk: Uint8Array) => {
      frames.feed(chunk);
      this.#answer();
    });
    socket.once("close", () => {
      this.ended = true;
      this.wake();
      this.onEnd?.();
    });
  }

  /** Connects; throws with the reason when it is not let in. */
  static async open(id: string, where: Where): Promise<Client> {
    const startedAt = performance.now();
    const socket = await openFrom(where.from, where.port, PATIENCE_MS);
    const client = new Client(socket, where.version ?? 4);
    const refused = await client.#connected(
      connectBytes(id, where),
      PATIENCE_MS - (performance.now() - startedAt),
    );
    if (refused === null) return client;
    client.reset();
    throw new Error(refused);
  }

  #connected(bytes: Uint8Array, patience: number): Promise<string | null> {
    return new Promise((resolve) => {
      const answer = (refused: string | null): void => {
        clearTimeout(late);
        this.onAnswer = this.onEnd = null;
        resolve(refused);
      };
      const late = setTimeout(() => answer("no CONNACK"), patience);
      this.onAnswer = (type, code): void => answer(type === 2 && code === 0 ? null : `CONNACK ${code}`);
      this.onEnd = (): void => answer("closed");
      this.socket.write(bytes);
    });
  }

  #packet(first: number, bytes: Uint8Array, start: number, end: number): void {
    const type = first >> 4;
    if (type === 3) {
      this.received++;
      if ((first & 0b0110) === 0b0010) this.#acks.push(packetIdOf(bytes, start));
      this.onMessage?.(bytes.subarray(payloadOf(this.version, first, bytes, start), end));
    } else if (type === 4) {
      this.onAcknowledged?.(u16(bytes, start), end - start > 2 ? bytes[start + 2]! : 0);
    } else {
      if (type === 14) this.reason = end > start ? bytes[start]! : 0;
      // (CONNACK has its code in the second byte, whatever follows.)
      this.onAnswer?.(type, type === 2 ? bytes[start + 1]! : bytes[end - 1] ?? 0);
    }
  }

  /** PUBACK for all that came in one piece. */
  #answer(): void {
    if (this.#acks.length === 0) return;
    const bytes = new Uint8Array(4 * this.#acks.length);
    this.#acks.forEach((id, i) => bytes.set([0x40, 2, id >> 8, id & 0xff], 4 * i));
    this.#acks = [];
    this.send(bytes);
  }

  send(bytes: Uint8Array): void {
    if (!this.ended) this.socket.write(bytes);
  }

  /** Sends, and waits until there is room for more. False: the connection or the time (of `performance.now()`) is over. */
  async pour(bytes: Uint8Array, until: number): Promise<boolean> {
    if (this.ended || performance.now() >= until) return false;
    this.socket.write(bytes, () => this.wake());
    // (Where the system takes everything at once nobody else in this process would have a turn.)
    if (this.socket.writableLength <= AHEAD) await new Promise<void>((resolve) => setImmediate(resolve));
    else await this.change(until, () => this.socket.writableLength <= AHEAD);
    return !this.ended && performance.now() < until;
  }

  /** Waits until it is so, the connection has ended or the time is over; `wake` has it looked at, and room to write. */
  change(until: number, ready: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.ended && performance.now() < until && !ready()) return;
        clearTimeout(late);
        this.#waiting.delete(look);
        resolve();
      };
      const late = setTimeout(look, Math.max(0, until - performance.now()) + 1);
      this.#waiting.add(look);
      look();
    });
  }

  /** Something has changed for whom waits in `change`. */
  wake(): void {
    for (const look of this.#waiting) look();
  }

  /** The next SUBACK, PINGRESP and so on; false when none comes. */
  async answered(type: number, patience: number = PATIENCE_MS): Promise<boolean> {
    let there = false;
    this.onAnswer = (came): void => {
      if (came !== type) return;
      there = true;
      this.wake();
    };
    await this.change(performance.now() + patience, () => there);
    this.onAnswer = null;
    return there;
  }

  /** Says that it goes, and goes. */
  leave(): void {
    if (!this.ended) this.socket.end(DISCONNECT);
  }

  /** Goes without a word. */
  close(): void {
    this.socket.destroy();
  }

  /** Breaks the connection. */
  reset(): void {
    if (!this.ended) this.socket.resetAndDestroy();
  }
}

/** What is sent, and those who get it: each message is checked, that it comes once and in order. */

import net from "node:net";
import { once } from "node:events";

export const TOPICS = 100;
export const RUN = 64;
export const PAYLOAD = 16;
/** Messages of one round over all topics. */
export const ROUND: number = TOPICS * RUN;
/** Rounds that may be on their way: enough that the receiver has always something to read. */
export const AHEAD = 4;

const encoder = new TextEncoder();
const CONNECT = 0x10;
const SUBSCRIBE = 0x82;

function text(value: string): number[] {
  const bytes = encoder.encode(value);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}

function packet(first: number, ...body: number[]): Uint8Array {
  return new Uint8Array([first, body.length, ...body]);
}

function topicOf(index: number): string {
  return `bench/${String(index).padStart(3, "0")}`;
}

async function open(port: number): Promise<net.Socket> {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

/** Bytes that come now and have to be these. */
async function expect(socket: net.Socket, what: string, expected: readonly number[]): Promise<void> {
  const [bytes] = await once(socket, "data") as [Uint8Array];
  if (expected.some((byte, i) => bytes[i] !== byte)) throw new Error(`There is no ${what}: ${bytes}`);
}

/** A connected client of MQTT 3.1.1. */
export async function client(port: number, id: string): Promise<net.Socket> {
  const socket = await open(port);
  socket.write(packet(CONNECT, ...text("MQTT"), 4, 2, 0, 0, ...text(id)));
  await expect(socket, "CONNACK", [0x20, 2, 0, 0]);
  return socket;
}

/** The socket of a link: frames from the first byte on. */
export function link(port: number): Promise<net.Socket> {
  return open(port);
}

/** All rounds look the same but for the numbers in their messages. */
export class Rounds {
  readonly #size: number;
  readonly #head: number;
  /** (What is on its way stays as it is.) */
  readonly #buffers: DataView[];
  #next = 0;

  constructor() {
    const body = [...text(topicOf(0)), ...new Uint8Array(PAYLOAD)];
    this.#head = packet(0x30, ...body).length - PAYLOAD;
    this.#size = this.#head + PAYLOAD;
    this.#buffers = Array.from({ length: AHEAD + 2 }, () => this.#make());
  }

  /** Bytes of a message. */
  get size(): number {
    return this.#size;
  }

  #make(): DataView {
    const bytes = new Uint8Array(ROUND * this.#size);
    for (let i = 0; i < ROUND; i++) {
      const body = [...text(topicOf(Math.floor(i / RUN))), ...new Uint8Array(PAYLOAD)];
      bytes.set(packet(0x30, ...body), i * this.#size);
    }
    return new DataView(bytes.buffer);
  }

  next(): Uint8Array {
    const first = this.#next * RUN;
    const view = this.#buffers[this.#next++ % this.#buffers.length]!;
    for (let i = 0; i < ROUND; i++) view.setUint32(i * this.#size + this.#head, first + i % RUN);
    return new Uint8Array(view.buffer);
  }
}

/** One of them has each topic for itself. */
export class Subscribers {
  /** Messages that came, over all. */
  received = 0;
  /** What was wrong; null: nothing. */
  problem: string | null = null;
  /** Called when more has come. */
  progress: () => void = () => {};
  readonly #sockets: net.Socket[] = [];
  readonly #expected = new Uint32Array(TOPICS);

  async connect(port: number, size: number): Promise<void> {
    for (let i = 0; i < TOPICS; i++) {
      const socket = await client(port, `subscriber-${i}`);
      socket.write(packet(SUBSCRIBE, 0, 1, ...text(topicOf(i)), 0));
      await expect(socket, "SUBACK", [0x90, 3, 0, 1, 0]);
      let rest: Uint8Array = new Uint8Array(0);
      socket.on("data", (bytes: Uint8Array) => {
        if (rest.length > 0) {
          const all = new Uint8Array(rest.length + bytes.length);
          all.set(rest);
          all.set(bytes, rest.length);
          bytes = all;
        }
        const whole = bytes.length - bytes.length % size;
        this.#check(i, bytes, whole, size);
        rest = bytes.slice(whole);
      });
      socket.on("error", (error) => this.problem ??= error.message);
      socket.on("close", () => this.problem ??= `subscriber ${i} was disconnected`);
      this.#sockets.push(socket);
    }
  }

  #check(topic: number, bytes: Uint8Array, end: number, size: number): void {
    let expected = this.#expected[topic]!;
    const number = size - PAYLOAD;
    for (let at = 0; at < end; at += size) {
      const i = at + number;
      const got = ((bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!) >>> 0;
      if (got !== expected) this.problem ??= `${topicOf(topic)}: message ${got}, expected ${expected}`;
      expected = got + 1;
    }
    this.#expected[topic] = expected;
    this.received += end / size;
    this.progress();
  }

  close(): void {
    for (const socket of this.#sockets) socket.removeAllListeners("close").destroy();
  }
}

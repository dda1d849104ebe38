/** Just enough MQTT 3.1.1 to fill a broker: sessions that are away, and messages for them. */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

function text(value: string): number[] {
  const bytes = Buffer.from(value);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}

function packet(first: number, body: readonly number[]): Uint8Array {
  const length = body.length < 128 ? [body.length] : [body.length & 127 | 128, body.length >> 7];
  return Uint8Array.from([first, ...length, ...body]);
}

export class BareClient {
  readonly #socket: Socket;
  #rest: Uint8Array = new Uint8Array(0);
  #waiting: ((packet: Uint8Array) => void) | null = null;
  #acknowledged = 0;
  #wake: (() => void) | null = null;
  #failure: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("The broker closed the connection")));
  }

  /** Resolves after CONNACK. */
  static async open(port: number, id: string, clean: boolean): Promise<BareClient> {
    const socket = connect(port, "127.0.0.1");
    const client = new BareClient(socket);
    const answer = await client.#ask(packet(0x10, [...text("MQTT"), 4, clean ? 2 : 0, 0, 0, ...text(id)]));
    if (answer[0] !== 0x20 || answer[3] !== 0) throw new Error(`The broker refused "${id}"`);
    return client;
  }

  async subscribe(filter: string): Promise<void> {
    const answer = await this.#ask(packet(0x82, [0, 1, ...text(filter), 1]));
    if (answer[0] !== 0x90 || answer[4] !== 1) throw new Error(`The broker refused "${filter}"`);
  }

  /** QoS 1, as many as the window allows at once; resolves when all are acknowledged. */
  async publish(count: number, topicOf: (i: number) => string, payload: Uint8Array): Promise<void> {
    const window = 1000;
    this.#acknowledged = 0;
    for (let sent = 0; this.#acknowledged < count;) {
      const batch: Uint8Array[] = [];
      for (; sent < count && sent - this.#acknowledged < window; sent++) {
        const id = sent % 65_535 + 1;
        // (So that no two of them are the same bytes.)
        new DataView(payload.buffer).setUint32(0, sent);
        batch.push(packet(0x32, [...text(topicOf(sent)), id >> 8, id & 255, ...payload]));
      }
      if (batch.length > 0) this.#socket.write(Buffer.concat(batch));
      if (this.#failure !== null) throw this.#failure;
      await new Promise<void>((resolve) => this.#wake = resolve);
      if (this.#failure !== null) throw this.#failure;
    }
  }

  /** The session stays when it is not a clean one. */
  async end(): Promise<void> {
    this.#socket.removeAllListeners("close");
    const closed = new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
    this.#socket.end(Uint8Array.of(0xE0, 0));
    await closed;
  }

  #ask(request: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      this.#waiting = resolve;
      this.#wake = (): void => this.#failure === null ? undefined : reject(this.#failure);
      this.#socket.write(request);
    });
  }

  #read(chunk: Uint8Array): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    // (All packets that come here are shorter than 128 bytes.)
    while (bytes.length >= 2 && bytes.length >= 2 + bytes[1]!) {
      const one = bytes.subarray(0, 2 + bytes[1]!);
      bytes = bytes.subarray(one.length);
      if (one[0] === 0x40) this.#acknowledged++;
      else this.#waiting?.(one);
    }
    this.#rest = bytes;
    this.#wake?.();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }
}

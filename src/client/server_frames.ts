/** WebSocket frames as a server sends them (RFC 6455 section 5): not masked, whole or in fragments. */

export interface ServerFrameEvents {
  /** Of data frames; valid during the call. */
  payload(bytes: Uint8Array): void;
  ping(payload: Uint8Array): void;
  close(): void;
  /** Nothing is read after it. */
  fault(text: string): void;
}

const longestHead = 10;
const longestControl = 125;

export class ServerFrames {
  readonly #events: ServerFrameEvents;
  readonly #head: number[] = [];
  #opcode = 0;
  /** -1: in a head. */
  #remaining = -1;
  #control: number[] = [];
  #ended = false;

  constructor(events: ServerFrameEvents) {
    this.#events = events;
  }

  read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#ended) {
      if (this.#remaining < 0) {
        this.#head.push(bytes[at++]!);
        this.#readHead();
      } else {
        const end = Math.min(bytes.length, at + this.#remaining);
        this.#remaining -= end - at;
        const part = bytes.subarray(at, end);
        if (this.#opcode < 8) this.#events.payload(part);
        else this.#control.push(...part);
        at = end;
      }
      if (this.#remaining === 0) this.#frameEnds();
    }
  }

  #readHead(): void {
    const head = this.#head;
    if (head.length < 2) return;
    const short = head[1]! & 0x7f;
    const size = short < 126 ? 2 : short === 126 ? 4 : longestHead;
    if (head.length < size) return;
    this.#opcode = head[0]! & 0x0f;
    const length = size === 2 ? short : head.slice(2).reduce((value, byte) => value * 256 + byte, 0);
    const masked = head[1]! >= 0x80;
    head.length = 0;
    this.#remaining = length;
    this.#control = [];
    if (masked) this.#fail("The broker masks its WebSocket frames, which servers must not");
    else if (this.#opcode === 1) this.#fail("The broker sends text over WebSocket, expected binary frames"); // [MQTT-6.0.0-1]
    else if (this.#opcode >= 8 && length > longestControl) {
      this.#fail("The broker sends a WebSocket control frame that is too long");
    }
  }

  #frameEnds(): void {
    this.#remaining = -1;
    if (this.#opcode === 9) this.#events.ping(Uint8Array.from(this.#control));
    else if (this.#opcode === 8) {
      this.#ended = true;
      this.#events.close();
    }
  }

  #fail(text: string): void {
    this.#ended = true;
    this.#events.fault(text);
  }
}

/**
 * WebSocket frames (RFC 6455 section 5), server side. MQTT takes the payloads as one stream of bytes
 * [MQTT-6.0.0-2], so no message is ever put together: payload is unmasked in place and handed on as it comes,
 * and a frame or message of any announced size costs no memory. The size limit is checked on the header.
 */

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export const CloseCode = {
  normal: 1000,
  protocolError: 1002,
  unsupportedData: 1003,
  tooLarge: 1009,
} as const;

/** Why a connection must be closed: a close code of RFC 6455 section 7.4.1 and a text for the log. */
export interface FrameFailure {
  readonly code: number;
  readonly text: string;
}

export interface FrameEvents {
  /** Payload of data frames: `bytes[0..length)`, valid during the call. */
  payload(bytes: Uint8Array, length: number): void;
  ping(payload: Uint8Array): void;
  close(payload: Uint8Array): void;
}

const longestControl = 125;
const noMaskAt = 14;
const noBytes = new Uint8Array(0);

const failures = {
  reserved: { code: CloseCode.protocolError, text: "WebSocket frame with a reserved bit set" },
  opcode: { code: CloseCode.protocolError, text: "WebSocket frame with an unknown opcode" },
  unmasked: { code: CloseCode.protocolError, text: "WebSocket frame from a client without a mask" },
  control: { code: CloseCode.protocolError, text: "WebSocket control frame that is fragmented or too long" },
  order: { code: CloseCode.protocolError, text: "WebSocket fragments out of order" },
  text: { code: CloseCode.unsupportedData, text: "WebSocket text frame, only binary frames carry MQTT" }, // [MQTT-6.0.0-1]
  tooLarge: { code: CloseCode.tooLarge, text: "WebSocket message too large" },
} as const satisfies Record<string, FrameFailure>;

export class FrameReader {
  #maxMessageBytes: number;
  /** Behind the longest header, which has 14 bytes, the mask of what is not masked. */
  #head = new Uint8Array(18);
  #headLength = 0;
  #opcode = 0;
  #final = false;
  #remaining = -1; // -1: in a header
  #maskAt = 0;
  #maskPhase = 0;
  #inMessage = false;
  #messageBytes = 0;
  #control: Uint8Array = noBytes;
  #controlLength = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Takes what was received, overwriting it. After a failure nothing more may be fed. */
  read(bytes: Uint8Array, length: number, events: FrameEvents): FrameFailure | null {
    let at = 0;
    let payloadEnd = 0;
    while (at < length) {
      if (this.#remaining < 0) {
        this.#head[this.#headLength++] = bytes[at++]!;
        if (this.#headLength < this.#headSize()) continue;
        const failure = this.#headComplete();
        if (failure !== null) {
          if (payloadEnd > 0) events.payload(bytes, payloadEnd);
          return failure;
        }
      } else {
        const end = Math.min(length, at + this.#remaining);
        this.#remaining -= end - at;
        if (this.#opcode < Opcode.close) {
          payloadEnd = this.#unmask(bytes, at, end, bytes, payloadEnd);
        } else {
          this.#controlLength = this.#unmask(bytes, at, end, this.#control, this.#controlLength);
        }
        at = end;
      }
      if (this.#remaining === 0) {
        if (this.#opcode >= Opcode.close) {
          if (payloadEnd > 0) events.payload(bytes, payloadEnd);
          payloadEnd = 0;
          this.#controlComplete(events);
        } else if (this.#final) {
          this.#inMessage = false;
          this.#messageBytes = 0;
        }
        this.#remaining = -1;
        this.#headLength = 0;
      }
    }
    if (payloadEnd > 0) events.payload(bytes, payloadEnd);
    return null;
  }

  #headSize(): number {
    if (this.#headLength < 2) return 2;
    const short = this.#head[1]! & 0x7F;
    const masked = (this.#head[1]! & 0x80) !== 0 ? 4 : 0;
    return 2 + masked + (short === 126 ? 2 : short === 127 ? 8 : 0);
  }

  #headComplete(): FrameFailure | null {
    const head = this.#head;
    const opcode = head[0]! & 0x0F;
    const final = (head[0]! & 0x80) !== 0;
    if ((head[0]! & 0x70) !== 0) return failures.reserved;
    if (opcode > Opcode.pong || (opcode > Opcode.binary && opcode < Opcode.close)) return failures.opcode;
    const masked = (head[1]! & 0x80) !== 0;
    // (Against RFC 6455 section 5.1, but paho-mqtt in Python answers pings and closes like that, and harms nobody.)
    if (!masked && opcode !== Opcode.pong && opcode !== Opcode.close) return failures.unmasked;
    const size = this.#payloadLength();
    if (opcode >= Opcode.close) {
      if (!final || size > longestControl) return failures.control;
      this.#control = new Uint8Array(size);
      this.#controlLength = 0;
    } else {
      if (opcode === Opcode.text) return failures.text;
      if ((opcode === Opcode.continuation) !== this.#inMessage) return failures.order;
      this.#messageBytes += size;
      if (this.#messageBytes > this.#maxMessageBytes) return failures.tooLarge;
      this.#inMessage = true;
      this.#final = final;
    }
    this.#opcode = opcode;
    this.#remaining = size;
    this.#maskAt = masked ? this.#headLength - 4 : noMaskAt;
    this.#maskPhase = 0;
    return null;
  }

  #payloadLength(): number {
    const short = this.#head[1]! & 0x7F;
    if (short < 126) return short;
    let length = 0;
    const end = short === 126 ? 4 : 10;
    for (let i = 2; i < end; i++) length = length * 256 + this.#head[i]!;
    return length;
  }

  #unmask(from: Uint8Array, at: number, end: number, to: Uint8Array, out: number): number {
    const head = this.#head;
    const maskAt = this.#maskAt;
    let phase = this.#maskPhase;
    while (at < end) {
      to[out++] = from[at++]! ^ head[maskAt + phase]!;
      phase = (phase + 1) & 3;
    }
    this.#maskPhase = phase;
    return out;
  }

  #controlComplete(events: FrameEvents): void {
    const payload = this.#control;
    this.#control = noBytes;
    if (this.#opcode === Opcode.ping) events.ping(payload);
    else if (this.#opcode === Opcode.close) events.close(payload);
  }
}

/** One whole frame, unmasked as servers send it. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const length = payload.length;
  const headLength = length < 126 ? 2 : length < 65536 ? 4 : 10;
  const frame = new Uint8Array(headLength + length);
  frame[0] = 0x80 | opcode;
  frame[1] = headLength === 2 ? length : headLength === 4 ? 126 : 127;
  let rest = length;
  for (let i = headLength - 1; i > 1; i--) {
    frame[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  frame.set(payload, headLength);
  return frame;
}

export function encodeClose(code: number): Uint8Array {
  return encodeFrame(Opcode.close, Uint8Array.of(code >> 8, code & 0xFF));
}

/** The code to answer a close frame with: its own, if it may be sent at all (RFC 6455 section 7.4). */
export function closeReply(payload: Uint8Array): number {
  if (payload.length === 0) return CloseCode.normal;
  const code = (payload[0]! << 8) | (payload[1] ?? 0);
  const registered = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
  return payload.length > 1 && (registered || (code >= 3000 && code < 5000)) ? code : CloseCode.protocolError;
}

/**
 * WebSocket frames (RFC 6455 section 5), server side. MQTT takes the payloads as one stream of bytes
 * [MQTT-6.0.0-2], so no message is ever put together: payload is unmasked in place and handed on as it comes,
 * and a frame or message of any announced size costs no memory. The size limit is checked on the header.
 */

import { Mask } from "./websocket_mask.ts";

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

/**
 * What one chunk of bytes held, told when all of it is read: a chunk full of small frames is one call, and of its
 * pings one is answered.
 */
export interface FrameEvents {
  /** Payload of data frames: `bytes[0..length)`, valid during the call. */
  payload(bytes: Uint8Array, length: number): void;
  /** The last ping, the only one that has to be answered (RFC 6455 section 5.5.3). Valid during the call. */
  ping(payload: Uint8Array): void;
  /** What comes after it is not read, and no ping before it is told. Valid during the call. */
  close(payload: Uint8Array): void;
}

const longestHead = 14;
const longestControl = 125;
/** The first byte of a message in one frame, and of a ping. */
const finalBinary = 0x82;
const finalPing = 0x89;
/** The longest payload of a frame that is taken for one of many. */
const mostSmall = 64;
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
  /** The beginning of a head that was cut; its memory comes with the first one that is. */
  #head: Uint8Array = noBytes;
  #headLength = 0;
  #opcode = 0;
  #final = false;
  /** Payload that is missing; -1: in a head. */
  #remaining = -1;
  readonly #mask: Mask = new Mask();
  /** Of this chunk: where it is put together, from its beginning on. */
  #payloadEnd = 0;
  #inMessage = false;
  #messageBytes = 0;
  /** Room for two control frames: the one that is being read, and the last ping that was. */
  #control: Uint8Array = noBytes;
  #controlAt = 0;
  #controlEnd = 0;
  #pingAt = 0;
  /** -1: there was none. */
  #pingEnd = -1;
  #closed = false;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Takes what was received, overwriting it. After a failure or a close nothing more may be fed. */
  read(bytes: Uint8Array, length: number, events: FrameEvents): FrameFailure | null {
    this.#payloadEnd = 0;
    let at = 0;
    let failure: FrameFailure | null = null;
    while (at < length && failure === null && !this.#closed) {
      if (this.#remaining >= 0) at = this.#payload(bytes, at, length);
      else if (this.#headLength > 0 || at + headSize(bytes, at, length) > length) {
        if (this.#addToHead(bytes[at++]!)) failure = this.#readHead(this.#head, 0);
      } else {
        // What a flood is made of is passed over at once.
        const next = lastPing(bytes, this.#smallFrames(bytes, at, length), length);
        if (next === at) {
          failure = this.#readHead(bytes, at);
          at += headSize(bytes, at, length);
        } else at = next;
      }
      // (A frame without payload ends with its head.)
      if (this.#remaining === 0) this.#frameComplete();
    }
    if (this.#payloadEnd > 0) events.payload(bytes, this.#payloadEnd);
    if (failure === null) this.#tellControl(events);
    return failure;
  }

  /** Of the frame whose head was read. */
  #payload(bytes: Uint8Array, at: number, length: number): number {
    const end = Math.min(length, at + this.#remaining);
    this.#remaining -= end - at;
    if (this.#opcode < Opcode.close) {
      this.#payloadEnd = this.#mask.apply(bytes, at, end, bytes, this.#payloadEnd);
    } else {
      this.#controlEnd = this.#mask.apply(bytes, at, end, this.#control, this.#controlEnd);
    }
    return end;
  }

  /** Takes the payload of messages of a few bytes, a frame each, one after the other; answers where they end. */
  #smallFrames(bytes: Uint8Array, at: number, length: number): number {
    let out = this.#payloadEnd;
    const most = this.#inMessage ? -1 : Math.min(mostSmall, this.#maxMessageBytes);
    while (bytes[at] === finalBinary && at + 6 <= length) {
      const size = bytes[at + 1]! - 0x80;
      let from = at + 6;
      const end = from + size;
      if (size < 0 || size > most || end > length) break;
      const a = bytes[at + 2]!;
      const b = bytes[at + 3]!;
      const c = bytes[at + 4]!;
      const d = bytes[at + 5]!;
      for (; from + 4 <= end; from += 4, out += 4) {
        bytes[out] = bytes[from]! ^ a;
        bytes[out + 1] = bytes[from + 1]! ^ b;
        bytes[out + 2] = bytes[from + 2]! ^ c;
        bytes[out + 3] = bytes[from + 3]! ^ d;
      }
      if (from < end) bytes[out++] = bytes[from++]! ^ a;
      if (from < end) bytes[out++] = bytes[from++]! ^ b;
      if (from < end) bytes[out++] = bytes[from++]! ^ c;
      at = end;
    }
    this.#payloadEnd = out;
    return at;
  }

  #tellControl(events: FrameEvents): void {
    const end = this.#pingEnd;
    this.#pingEnd = -1;
    if (this.#closed) events.close(this.#control.subarray(this.#controlAt, this.#controlEnd));
    else if (end >= 0) events.ping(this.#control.subarray(this.#pingAt, end));
  }

  /** Byte by byte, for a head that comes in pieces. True: it is whole. */
  #addToHead(byte: number): boolean {
    if (this.#head.length === 0) this.#head = new Uint8Array(longestHead);
    this.#head[this.#headLength++] = byte;
    if (this.#headLength < headSize(this.#head, 0, this.#headLength)) return false;
    this.#headLength = 0;
    return true;
  }

  /** Of a frame whose head is whole. */
  #readHead(bytes: Uint8Array, at: number): FrameFailure | null {
    const first = bytes[at]!;
    const opcode = first & 0x0F;
    if ((first & 0x70) !== 0) return failures.reserved;
    if (opcode > Opcode.pong || (opcode > Opcode.binary && opcode < Opcode.close)) return failures.opcode;
    // (Against RFC 6455 section 5.1, but paho-mqtt in Python answers pings and closes like that, and harms nobody.)
    const masked = bytes[at + 1]! >= 0x80;
    if (!masked && opcode !== Opcode.pong && opcode !== Opcode.close) return failures.unmasked;
    const size = payloadLength(bytes, at);
    const failure = opcode < Opcode.close
      ? this.#beginData(opcode, first >= 0x80, size)
      : this.#beginControl(first >= 0x80, size);
    if (failure !== null) return failure;
    this.#opcode = opcode;
    this.#remaining = size;
    if (masked) this.#mask.take(bytes, at + headSize(bytes, at, at + 2) - 4);
    else this.#mask.takeNone();
    return null;
  }

  #beginData(opcode: number, final: boolean, size: number): FrameFailure | null {
    if (opcode === Opcode.text) return failures.text;
    if ((opcode === Opcode.continuation) !== this.#inMessage) return failures.order;
    this.#messageBytes += size;
    if (this.#messageBytes > this.#maxMessageBytes) return failures.tooLarge;
    this.#inMessage = true;
    this.#final = final;
    return null;
  }

  #beginControl(final: boolean, size: number): FrameFailure | null {
    if (!final || size > longestControl) return failures.control;
    if (this.#control.length === 0) this.#control = new Uint8Array(2 * longestControl);
    this.#controlEnd = this.#controlAt;
    return null;
  }

  #frameComplete(): void {
    this.#remaining = -1;
    if (this.#opcode < Opcode.close) {
      if (!this.#final) return;
      this.#inMessage = false;
      this.#messageBytes = 0;
    } else if (this.#opcode === Opcode.ping) {
      this.#pingAt = this.#controlAt;
      this.#pingEnd = this.#controlEnd;
      this.#controlAt = longestControl - this.#controlAt;
    } else if (this.#opcode === Opcode.close) {
      this.#closed = true;
    }
  }
}

/** Bytes of the head that begins at `at`, as far as its first two bytes tell; 2 while they are not there. */
function headSize(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return 2;
  const second = bytes[at + 1]!;
  const short = second & 0x7F;
  return (second < 0x80 ? 2 : 6) + (short < 126 ? 0 : short === 126 ? 2 : 8);
}

/** Of pings one after the other: where the last whole one begins. Here, if none does. */
function lastPing(bytes: Uint8Array, at: number, length: number): number {
  for (let next = at; bytes[next] === finalPing && next + 2 <= length;) {
    const size = bytes[next + 1]! - 0x80;
    if (size < 0 || size > longestControl || next + 6 + size > length) break;
    at = next;
    next += 6 + size;
  }
  return at;
}

function payloadLength(bytes: Uint8Array, at: number): number {
  const short = bytes[at + 1]! & 0x7F;
  if (short < 126) return short;
  let length = 0;
  const end = at + (short === 126 ? 4 : 10);
  for (let i = at + 2; i < end; i++) length = length * 256 + bytes[i]!;
  return length;
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

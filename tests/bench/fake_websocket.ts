/** The broker's side of WebSocket for the fake broker, which makes mistakes on purpose here as well. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import type { Line } from "./fake_broker.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const BINARY = 2;

/** What differs from a good server. */
export interface Habits {
  /** The answer to a handshake instead of the right one. */
  readonly answer?: (good: string) => string;
  /** What is written for a packet, each piece in a turn of its own; one whole frame without it. */
  readonly pieces?: (packet: Uint8Array) => readonly Uint8Array[];
  /** Sees the head of the request. */
  readonly request?: (head: string) => void;
  /** Sees each frame of the client: its key, and its payload without the mask. */
  readonly frame?: (opcode: number, key: number, payload: Uint8Array) => void;
}

/** A frame as servers send it. `first`: its first byte, 0x82 is a whole binary message. */
export function frameOf(first: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const header = length < 126 ? [first, length] : [first, 126, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.from(header), payload]);
}

/** The first frame of a client in these bytes, or `undefined` when it is not whole yet. */
function takeFrame(
  bytes: Buffer,
): { opcode: number; key: number; payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  if ((first & 0x80) === 0 || (second & 0x80) === 0) throw new Error("A frame without FIN or without a mask");
  const short = second & 127;
  const header = short === 127 ? 14 : short === 126 ? 8 : 6;
  if (bytes.length < header) return undefined;
  const length = short === 127
    ? Number(bytes.readBigUInt64BE(2))
    : short === 126
    ? bytes.readUInt16BE(2)
    : short;
  const end = header + length;
  if (bytes.length < end) return undefined;
  const payload = Buffer.from(bytes.subarray(header, end));
  for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (bytes[header - 4 + i % 4] ?? 0);
  return { opcode: first & 15, key: bytes.readUInt32BE(header - 4), payload, rest: bytes.subarray(end) };
}

function answerTo(head: string): string {
  const key = /^Sec-WebSocket-Key: (.*)$/m.exec(head)?.[1]?.trim() ?? "";
  const accept = createHash("sha1").update(key + GUID).digest("base64");
  return "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n" +
    `sec-websocket-accept: ${accept}\r\nsec-websocket-protocol: mqtt\r\n\r\n`;
}

/** Writes each piece in a turn of its own. */
class Trickle {
  readonly #socket: Socket;
  readonly #waiting: Uint8Array[] = [];
  #running = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(pieces: readonly Uint8Array[]): void {
    this.#waiting.push(...pieces);
    if (!this.#running) this.#next();
  }

  #next(): void {
    const piece = this.#waiting.shift();
    this.#running = piece !== undefined && !this.#socket.destroyed;
    if (!this.#running || piece === undefined) return;
    this.#socket.write(piece);
    setImmediate(() => this.#next());
  }
}

/** Puts WebSocket between the fake broker and a socket. */
export function websocketLine(socket: Socket, habits: Habits): Line {
  const trickle = new Trickle(socket);
  let rest: Buffer = Buffer.alloc(0);
  let open = false;
  let handler: (bytes: Uint8Array) => void = (): void => {};
  const begin = (): void => {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = rest.subarray(0, end).toString();
    rest = rest.subarray(end + 4);
    open = true;
    habits.request?.(head);
    const good = answerTo(head);
    socket.write(habits.answer?.(good) ?? good);
  };
  socket.setNoDelay(true);
  socket.on("data", (chunk: Uint8Array) => {
    rest = Buffer.concat([rest, chunk]);
    if (!open) begin();
    for (let frame = takeFrame(rest); open && frame !== undefined; frame = takeFrame(rest)) {
      rest = frame.rest;
      habits.frame?.(frame.opcode, frame.key, frame.payload);
      if (frame.opcode === BINARY) handler(frame.payload);
    }
  });
  return {
    data: (given) => handler = given,
    write: (bytes) => {
      if (habits.pieces !== undefined) trickle.add(habits.pieces(bytes));
      else socket.write(frameOf(0x80 | BINARY, bytes));
    },
  };
}

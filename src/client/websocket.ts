/** MQTT over WebSocket, the client's side: RFC 6455 with the subprotocol `mqtt` [MQTT-6.0.0-3]. */

import { builtin } from "../runtime/builtin.ts";
import { LostError } from "./error.ts";
import { ServerFrames } from "./server_frames.ts";
import { shownTarget, type Target } from "./target.ts";
import type { Transport, TransportEvents } from "./transport.ts";

type Socket = import("node:net").Socket;

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Of the head of an answer. */
const MOST_HEAD = 16_384;
const BINARY = 2;
const CLOSE = 8;
const PONG = 10;

/** Shakes hands. Rejects with a `LostError`. */
export async function webSocketOver(
  socket: Socket,
  target: Target,
  events: TransportEvents,
): Promise<Transport> {
  const key = buffers().from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
  const host = shownTarget(target);
  socket.write(
    `GET ${target.path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`,
  );
  const { head, rest } = await answerOf(socket, target);
  const fault = handshakeFault(head, key);
  if (fault !== null) {
    socket.destroy();
    throw new LostError(`Cannot connect to ${host} over WebSocket: ${fault}`);
  }
  return new WebSocketTransport(socket, events, rest);
}

/** (Taken when it is used: see `builtin`.) */
function buffers(): typeof import("node:buffer").Buffer {
  return builtin("buffer").Buffer;
}

function answerOf(socket: Socket, target: Target): Promise<{ head: string; rest: Uint8Array }> {
  const host = shownTarget(target);
  return new Promise((resolve, reject) => {
    let got: Uint8Array = new Uint8Array(0);
    const end = (run: () => void): void => {
      socket.off("data", take);
      socket.off("close", closed);
      socket.pause();
      run();
    };
    const closed = (): void =>
      end(() => reject(new LostError(`Cannot connect to ${host} over WebSocket: it closes the connection`)));
    const take = (bytes: Uint8Array): void => {
      got = new Uint8Array(buffers().concat([got, bytes]));
      const text = buffers().from(got).toString("latin1");
      const at = text.indexOf("\r\n\r\n");
      if (at >= 0) end(() => resolve({ head: text.slice(0, at), rest: got.subarray(at + 4) }));
      else if (got.length > MOST_HEAD) {
        end(() => reject(new LostError(`Cannot connect to ${host} over WebSocket: it does not speak HTTP`)));
        socket.destroy();
      }
    };
    socket.on("close", closed);
    socket.on("data", take);
  });
}

/** Null: the broker speaks MQTT over it. */
function handshakeFault(head: string, key: string): string | null {
  const [status = "", ...lines] = head.split("\r\n");
  if (!/^HTTP\/1\.1 101(?: |$)/.test(status)) return `it answers ${JSON.stringify(status.slice(0, 80))}`;
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const accept = builtin("crypto").createHash("sha1").update(key + GUID).digest("base64");
  if (headers.get("sec-websocket-accept") !== accept) return "its handshake is not the answer to ours";
  return headers.get("sec-websocket-protocol") === "mqtt" ? null : "it does not offer the subprotocol mqtt";
}

class WebSocketTransport implements Transport {
  readonly #socket: Socket;
  readonly #frames: ServerFrames;
  #ended = false;

  constructor(socket: Socket, events: TransportEvents, rest: Uint8Array) {
    this.#socket = socket;
    let failure: Error | null = null;
    this.#frames = new ServerFrames({
      payload: (bytes) => events.data(bytes),
      ping: (payload) => void socket.write(frameOf(PONG, payload)),
      close: () => this.end(),
      fault: (text) => {
        failure ??= new LostError(text);
        socket.destroy();
      },
    });
    socket.on("error", (error: Error) => failure ??= error);
    socket.on("close", () => events.closed(failure));
    socket.on("drain", () => events.drained());
    socket.on("data", (bytes: Uint8Array) => this.#frames.read(bytes));
    // (What came with the answer is told when its reader is there.)
    queueMicrotask(() => {
      if (rest.length > 0) this.#frames.read(rest);
      socket.resume();
    });
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.write(frameOf(BINARY, bytes));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.write(frameOf(CLOSE, Uint8Array.of(0x03, 0xe8)));
    this.#socket.end();
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** One whole frame, masked as clients have to (RFC 6455 section 5.3). */
export function frameOf(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = new Uint8Array(6 + extra + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
  let rest = length;
  for (let i = 1 + extra; i > 1; i--) {
    frame[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  const at = 6 + extra;
  crypto.getRandomValues(frame.subarray(at - 4, at));
  for (let i = 0; i < length; i++) frame[at + i] = payload[i]! ^ frame[at - 4 + (i & 3)]!;
  return frame;
}

/** A WebSocket client that can also misbehave: every frame is written by hand. */

import type net from "node:net";
import { Client } from "./client.ts";
import { concat } from "./recorder.ts";

export interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

export interface FrameShape {
  final?: boolean;
  masked?: boolean;
  reserved?: number;
  /** What the header says, when it should not be the truth. */
  announced?: number;
}

const mask = Uint8Array.of(0x12, 0x34, 0x56, 0x78);

export function clientFrame(opcode: number, payload: Uint8Array, shape: FrameShape = {}): Uint8Array {
  const { final = true, masked = true, reserved = 0, announced = payload.length } = shape;
  const maskBit = masked ? 0x80 : 0;
  const head = [(final ? 0x80 : 0) | (reserved << 4) | opcode];
  if (announced < 126) head.push(maskBit | announced);
  else if (announced < 65536) head.push(maskBit | 126, announced >> 8, announced & 0xFF);
  else {head.push(
      maskBit | 127,
      0,
      0,
      ...[5, 4, 3, 2, 1, 0].map((i) => Math.floor(announced / 256 ** i) % 256)
        .slice(0, 6),
    );}
  if (!masked) return concat([Uint8Array.from(head), payload]);
  return concat([Uint8Array.from(head), mask, payload.map((byte, i) => byte ^ mask[i & 3]!)]);
}

export function upgradeRequest(path = "/mqtt", headers: string[] = ["Sec-WebSocket-Protocol: mqtt"]): string {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
    "",
    "",
  ].join("\r\n");
}

export class WebSocketClient extends Client {
  /** The answer to the handshake. */
  head = "";
  readonly frames: Frame[] = [];
  #buffer: Uint8Array = new Uint8Array(0);

  /** Sends the handshake and waits for its answer. */
  static async open(socket: net.Socket, request: string = upgradeRequest()): Promise<WebSocketClient> {
    const client = new WebSocketClient(socket);
    socket.write(request);
    await client.until(() => client.head !== "" || client.closed);
    return client;
  }

  override send(bytes: Uint8Array): void {
    this.socket.write(clientFrame(2, bytes));
  }

  get closeCode(): number | null {
    const frame = this.frames.find(({ opcode }) => opcode === 8);
    return frame === undefined ? null : (frame.payload[0]! << 8) | frame.payload[1]!;
  }

  protected override incoming(bytes: Uint8Array): void {
    this.#buffer = concat([this.#buffer, bytes]);
    if (this.head === "") {
      const text = new TextDecoder("latin1").decode(this.#buffer);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.head = text.slice(0, end + 4);
      this.#buffer = this.#buffer.subarray(end + 4);
    }
    if (this.head.startsWith("HTTP/1.1 101")) { while (this.#takeFrame()); }
    this.changed();
  }

  /** What came after the head of an answer that is no 101. */
  body(): string {
    return new TextDecoder().decode(this.#buffer);
  }

  #takeFrame(): boolean {
    const buffer = this.#buffer;
    if (buffer.length < 2) return false;
    const short = buffer[1]! & 0x7F;
    const headLength = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (buffer.length < headLength) return false;
    let length = headLength === 2 ? short : 0;
    for (let i = 2; i < headLength; i++) length = length * 256 + buffer[i]!;
    if (buffer.length < headLength + length) return false;
    const payload = buffer.slice(headLength, headLength + length);
    this.frames.push({ opcode: buffer[0]! & 0x0F, payload });
    this.#buffer = buffer.subarray(headLength + length);
    if ((buffer[0]! & 0x0F) === 2) {
      this.chunks.push(payload);
      this.receivedBytes += length;
    }
    return true;
  }
}

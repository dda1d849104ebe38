/** Packets byte by byte, for what no encoder would write, and the bytes that come back. */

import type { TestClient } from "../../harness/mod.ts";

/** A byte, bytes, or a string that goes with its two length bytes before it. */
export type Part = number | readonly number[] | string;

const encoder = new TextEncoder();

export function u16(value: number): number[] {
  return [value >> 8, value & 255];
}

/** Bytes with their length before them, as a string that may be none. */
export function field(bytes: readonly number[]): number[] {
  return [...u16(bytes.length), ...bytes];
}

function bytesOf(part: Part): readonly number[] {
  if (typeof part === "number") return [part];
  return typeof part === "string" ? field([...encoder.encode(part)]) : part;
}

/** Fixed header with the right length, and the body. */
export function packet(first: number, ...parts: readonly Part[]): Uint8Array {
  const body = parts.flatMap(bytesOf);
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Uint8Array.from([first, ...length, ...body]);
}

export interface RawConnect {
  readonly first?: number;
  readonly name?: Part;
  readonly level?: number;
  readonly flags?: number;
  readonly keepAlive?: number;
  /** Everything behind the keep-alive. Default: the client id "c". */
  readonly payload?: readonly Part[];
}

/** Clean session, level 4, client id "c", unless told otherwise. */
export function connect(options: RawConnect = {}): Uint8Array {
  const { first = 0x10, name = "MQTT", level = 4, flags = 2, keepAlive = 0, payload = ["c"] } = options;
  return packet(first, name, level, flags, u16(keepAlive), ...payload);
}

/** All bytes a client has got since this was called. */
export function record(client: TestClient): { readonly bytes: number[] } {
  const bytes: number[] = [];
  client.tap = (more): void => {
    bytes.push(...more);
  };
  return { bytes };
}

/** Byte sequences that are not UTF-8, and what they are. */
export const illFormed: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["a surrogate", [0x61, 0xed, 0xa0, 0x80]],
  ["a surrogate pair as six bytes", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ["an overlong form", [0xc0, 0xaf]],
  ["an overlong form of three bytes", [0xe0, 0x80, 0xaf]],
  ["a lone continuation byte", [0x61, 0x80]],
  ["an unfinished character", [0x61, 0xe2, 0x82]],
  ["a character above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ["byte FF", [0xff]],
];

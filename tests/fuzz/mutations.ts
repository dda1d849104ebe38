/** Ways to spoil bytes. */

import { PROPERTY_TABLE } from "../../src/packets/property_table.ts";
import type { Random } from "../properties/random.ts";

/** Values at which parsers go wrong. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0x81, 0xc0, 0xfe, 0xff] as const;

export function noise(r: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => r.below(256));
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length - remove + insert.length);
  out.set(bytes.subarray(0, at));
  out.set(insert, at);
  out.set(bytes.subarray(at + remove), at + insert.length);
  return out;
}

type Mutation = (r: Random, bytes: Uint8Array) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  // One bit.
  (r, bytes) => {
    bytes[r.below(bytes.length)]! ^= 1 << r.below(8);
    return bytes;
  },
  // One byte.
  (r, bytes) => {
    bytes[r.below(bytes.length)] = r.oneIn(2) ? r.pick(EDGES) : r.below(256);
    return bytes;
  },
  // The fixed header, where a change changes most.
  (r, bytes) => {
    bytes[0] = r.below(256);
    return bytes;
  },
  // Another length, most of them longer than what follows.
  (r, bytes) => {
    const length = r.pick([
      [0],
      [0x7f],
      [0x80],
      [0x80, 0],
      [0xff, 0x7f],
      [0xff, 0xff, 0x7f],
      [0xff, 0xff, 0xff, 0x7f],
      [0xff, 0xff, 0xff, 0xff],
      [0x80, 0x80, 0x80, 0x80, 0x01],
    ]);
    return splice(bytes, 1, Math.min(1, bytes.length - 1), new Uint8Array(length));
  },
  // The end is missing.
  (r, bytes) => bytes.slice(0, r.between(1, bytes.length)),
  // Something more.
  (r, bytes) => splice(bytes, r.below(bytes.length + 1), 0, noise(r, r.between(1, 8))),
  // Something less in the middle.
  (r, bytes) => {
    const at = r.below(bytes.length);
    return splice(bytes, at, Math.min(r.between(1, 8), bytes.length - at), new Uint8Array(0));
  },
  // A piece twice: a property, a filter, a user property.
  (r, bytes) => {
    const at = r.below(bytes.length);
    const piece = bytes.slice(at, at + r.between(1, 12));
    return splice(bytes, at, 0, piece);
  },
  // A property where there was something else.
  (r, bytes) => {
    const { id } = r.pick(PROPERTY_TABLE);
    const at = r.below(bytes.length);
    return splice(bytes, at, Math.min(2, bytes.length - at), new Uint8Array([id, r.pick(EDGES)]));
  },
];

/** The length at the front is made right again, so that what is wrong is inside. */
function relength(bytes: Uint8Array): Uint8Array {
  let at = 1;
  while (at < bytes.length && at < 5 && bytes[at]! > 127) at++;
  const body = bytes.subarray(Math.min(at + 1, bytes.length));
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push(rest > 127 ? rest & 127 | 128 : rest);
    rest >>>= 7;
  } while (rest > 0);
  const out = new Uint8Array(1 + length.length + body.length);
  out[0] = bytes[0]!;
  out.set(length, 1);
  out.set(body, 1 + length.length);
  return out;
}

/** The same bytes, spoilt in one to three ways. */
export function mutate(r: Random, bytes: Uint8Array): Uint8Array {
  let out: Uint8Array = bytes.slice();
  for (let n = r.pick([1, 1, 2, 3]); n > 0 && out.length > 0; n--) out = r.pick(MUTATIONS)(r, out);
  if (out.length > 1 && r.oneIn(2)) out = relength(out);
  return out;
}

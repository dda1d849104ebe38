/** Keys for what is remembered of strangers: they choose how long their names are, and all of it would be kept. */

import { textKey } from "../../../src/topics/text_key.ts";

/** Characters that are kept as they are. */
const MOST = 64;
/** Nobody else knows it, so nobody can make two long names one. */
const seed = crypto.getRandomValues(new Uint32Array(2));

/** A short name itself, of a long one its length and a digest. */
export function shortKey(name: string): string {
  if (name.length <= MOST) return textKey(name);
  let a = seed[0]!;
  let b = seed[1]!;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9E37_79B1);
    b = Math.imul(b ^ code, 0x5F35_6495);
    a ^= b >>> 15;
    b ^= a >>> 13;
  }
  // (U+0000 is in no name.)
  return `\0${name.length},${a >>> 0},${b >>> 0}`;
}

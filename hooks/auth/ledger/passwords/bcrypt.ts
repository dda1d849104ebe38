/** Checks passwords against bcrypt hashes, as `htpasswd -B` and many databases have them. */

import { timingSafeEqual } from "node:crypto";
import { nativeBcrypt } from "../../../../src/runtime/bcrypt.ts";
import { soon } from "../../../../src/runtime/turn.ts";
import { Blowfish, cycled } from "./blowfish.ts";

export interface BcryptHash {
  readonly text: string;
  readonly cost: number;
  readonly salt: Uint8Array;
  /** 23 bytes. */
  readonly digest: Uint8Array;
}

/** A cost of 14 takes about a second. */
export const bcryptCosts = [4, 14] as const;

const ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** What counts of a password. */
const LONGEST = 72;

/** Null when it is none, or costs too much. */
export function parseBcrypt(text: string): BcryptHash | null {
  const [, cost, salt, digest] = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/.exec(text) ??
    [];
  if (cost === undefined || Number(cost) < bcryptCosts[0] || Number(cost) > bcryptCosts[1]) return null;
  return { text, cost: Number(cost), salt: decode(salt!).slice(0, 16), digest: decode(digest!).slice(0, 23) };
}

function decode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 6 >> 3);
  let value = 0;
  let bits = 0;
  let at = 0;
  for (const letter of text) {
    value = ((value << 6) | ALPHABET.indexOf(letter)) & 0xffff;
    bits += 6;
    if (bits >= 8) bytes[at++] = (value >> (bits -= 8)) & 255;
  }
  return bytes;
}

/** Never holds up the event loop for more than a few milliseconds. */
export async function verifyBcrypt(hash: BcryptHash, password: Uint8Array): Promise<boolean> {
  // In C a password ends at its first zero byte; here `a\0a` would be as good as `a`.
  if (password.includes(0)) return false;
  const counted = password.subarray(0, LONGEST);
  if (nativeBcrypt !== null) return await nativeBcrypt(counted, hash.text);
  return timingSafeEqual(await digestInSlices(hash, counted), hash.digest);
}

/** Milliseconds the event loop is held up at a time. */
const slice = 4;
/** One at a time: two would hold up the loop for two slices. */
let last: Promise<unknown> = Promise.resolve();

/** In JavaScript, for a runtime that has no bcrypt. */
export function digestInSlices(hash: BcryptHash, password: Uint8Array): Promise<Uint8Array> {
  const run = last.then(() => digestOf(hash, password));
  last = run.catch(() => {});
  return run;
}

async function digestOf({ cost, salt }: BcryptHash, password: Uint8Array): Promise<Uint8Array> {
  const key = cycled(new Uint8Array([...password, 0]));
  const saltWords = cycled(salt);
  const cipher = new Blowfish();
  cipher.expand(key, saltWords);
  let until = performance.now() + slice;
  for (let i = 2 ** cost; i > 0; i--) {
    cipher.expand(key);
    cipher.expand(saltWords);
    if (performance.now() < until) continue;
    await new Promise<void>(soon);
    until = performance.now() + slice;
  }
  return finalText(cipher);
}

function finalText(cipher: Blowfish): Uint8Array {
  const text = new TextEncoder().encode("OrpheanBeholderScryDoubt");
  const view = new DataView(text.buffer);
  for (let at = 0; at < text.length; at += 8) {
    cipher.block[0] = view.getInt32(at);
    cipher.block[1] = view.getInt32(at + 4);
    for (let i = 0; i < 64; i++) cipher.encrypt();
    view.setInt32(at, cipher.block[0]!);
    view.setInt32(at + 4, cipher.block[1]!);
  }
  return text.slice(0, 23);
}

/** Checks passwords against bcrypt hashes, as `htpasswd -B` and many databases have them. */

import { timingSafeEqual } from "node:crypto";
import { nativeBcrypt } from "../../../src/runtime/bcrypt.ts";
import { soon } from "../../../src/runtime/turn.ts";
import { bcryptDigest, type BcryptTask } from "./bcrypt_digest.ts";
import { digestInThread, prepareThread } from "./bcrypt_workers.ts";
import type { PasswordHash } from "./hash.ts";

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
export function parseBcrypt(text: string): PasswordHash | null {
  const hash = bcryptParts(text);
  if (hash !== null && nativeBcrypt === null) prepareThread();
  return hash === null
    ? null
    : { kind: "bcrypt", text, slow: true, verify: (password) => verify(hash, password) };
}

/** Null as above. */
export function bcryptParts(text: string): BcryptHash | null {
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

async function verify(hash: BcryptHash, password: Uint8Array): Promise<boolean> {
  // In C a password ends at its first zero byte; here `a\0a` would be as good as `a`.
  if (password.includes(0)) return false;
  const counted = password.subarray(0, LONGEST);
  if (nativeBcrypt !== null) return await nativeBcrypt(counted, hash.text);
  const task = { password: counted, salt: hash.salt, cost: hash.cost };
  const digest = await digestInThread(task) ?? await digestInSlices(task);
  return timingSafeEqual(digest, hash.digest);
}

/** Milliseconds the event loop is held up at a time. */
const slice = 4;
/** One at a time: two would hold up the loop for two slices. */
let last: Promise<unknown> = Promise.resolve();

/** On the event loop, for want of another place. */
export function digestInSlices(task: BcryptTask): Promise<Uint8Array> {
  const run = last.then(() => pieces(bcryptDigest(task)));
  last = run.catch(() => {});
  return run;
}

async function pieces(work: Generator<void, Uint8Array>): Promise<Uint8Array> {
  for (let until = performance.now() + slice;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() < until) continue;
    await new Promise<void>(soon);
    until = performance.now() + slice;
  }
}

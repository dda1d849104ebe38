/** Passwords that were right a while ago, so that a device that comes back is not kept waiting for a slow hash. */

import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";

/** Bytes of a block of SHA-256. */
const BLOCK = 64;

export interface RememberedLimits {
  /** How many; then those that have not come for longest are forgotten. */
  readonly entries: number;
  /** Milliseconds since somebody last came with it; 0: nothing is remembered. */
  readonly time: number;
}

/**
 * What is kept is a digest under a key that this process has made up, never a password. The stored hash is part of what is
 * digested: with another one nothing of what was remembered is found.
 */
export class RememberedPasswords {
  readonly #limits: RememberedLimits;
  readonly #now: () => number;
  /** In the order in which they were last seen; until when each counts. */
  readonly #until: Map<string, number> = new Map();
  #key: Uint8Array | null = null;

  constructor(limits: RememberedLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get size(): number {
    return this.#until.size;
  }

  /** Under which it is remembered that `name` has this password as long as that hash is stored. */
  keyOf(name: string, password: Uint8Array, hash: string): string {
    // (With the lengths before them, nothing of one can be taken for a part of another.)
    const text = Buffer.from(`${name.length},${hash.length},${name}${hash}`);
    return this.#hmac(text, password);
  }

  /**
   * HMAC (RFC 2104), of the two as one. (By hand: on Deno `createHmac` takes three times as long, a tenth of what it takes to let somebody
   * in whose password is remembered.)
   */
  #hmac(text: Uint8Array, password: Uint8Array): string {
    this.#key ??= new Uint8Array(randomBytes(BLOCK));
    const inner = Buffer.allocUnsafe(BLOCK + text.length + password.length);
    const outer = Buffer.allocUnsafe(BLOCK + 32);
    for (let i = 0; i < BLOCK; i++) {
      inner[i] = this.#key[i]! ^ 0x36;
      outer[i] = this.#key[i]! ^ 0x5c;
    }
    inner.set(text, BLOCK);
    inner.set(password, BLOCK + text.length);
    outer.set(createHash("sha256").update(inner).digest(), BLOCK);
    // (It is memory that others are given next.)
    inner.fill(0);
    return createHash("sha256").update(outer).digest("base64");
  }

  has(key: string): boolean {
    const until = this.#until.get(key);
    if (until === undefined) return false;
    this.#until.delete(key);
    if (until <= this.#now()) return false;
    this.#put(key);
    return true;
  }

  add(key: string): void {
    if (this.#limits.time === 0) return;
    this.#until.delete(key);
    this.#put(key);
    for (const oldest of this.#until.keys()) {
      if (this.#until.size <= this.#limits.entries) break;
      this.#until.delete(oldest);
    }
  }

  #put(key: string): void {
    this.#until.set(key, this.#now() + this.#limits.time);
  }
}

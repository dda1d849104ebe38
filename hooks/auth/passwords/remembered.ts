/** Passwords that were right a while ago, so that a device that comes back is not kept waiting for a slow hash. */

import { createHmac, randomBytes } from "node:crypto";

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
    this.#key ??= new Uint8Array(randomBytes(32));
    // (With the lengths before them, nothing of one can be taken for a part of another.)
    return createHmac("sha256", this.#key).update(`${name.length},${hash.length},${name}${hash}`).update(
      password,
    )
      .digest("base64");
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

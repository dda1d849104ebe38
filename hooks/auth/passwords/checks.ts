/** Where passwords are compared with hashes: one place for all hooks of the process, because the processor is one. */

import { isPromise, type MaybePromise } from "../../../src/core/maybe_promise.ts";
import { addressGroup } from "../../../src/runtime/address.ts";
import { coreCount } from "../../../src/runtime/process.ts";
import type { PasswordHash } from "./hash.ts";
import { WorkQueue } from "./queue.ts";
import { RememberedPasswords } from "./remembered.ts";

/** `busy`: too many are being checked, this one was not. */
export type Checked = "right" | "wrong" | "busy";

export interface ChecksLimits {
  /** How many slow hashes are computed at a time. */
  readonly running: number;
  /** How many wait for that, taking turns by where they come from; then the last of those who have the most is told that it is busy. */
  readonly waiting: number;
  /** Milliseconds; who has waited for longer is told the same. */
  readonly patience: number;
  /** How many right passwords are remembered. */
  readonly remembered: number;
  /** Milliseconds for which each is, since somebody last came with it; 0: not at all. */
  readonly rememberFor: number;
}

/** What each may be set to. */
export const checksRanges: { readonly [K in keyof ChecksLimits]: readonly [least: number, most: number] } = {
  running: [1, 64],
  waiting: [0, 100_000],
  patience: [100, 60_000],
  remembered: [0, 1_000_000],
  rememberFor: [0, 86_400_000],
};

/** One processor is for everything else. Hooks are given five seconds for an answer. */
export const defaultChecks: ChecksLimits = {
  running: Math.max(1, coreCount() - 1),
  waiting: 1000,
  patience: 4000,
  remembered: 20_000,
  rememberFor: 3_600_000,
};

export class PasswordChecks {
  /** What was answered. */
  readonly counts: Record<Checked, number> = { right: 0, wrong: 0, busy: 0 };
  readonly #queue: WorkQueue;
  readonly #remembered: RememberedPasswords;
  /** What is being computed or waits for it: many that come with the same are answered together. */
  readonly #open: Map<string, Promise<Checked>> = new Map();

  constructor(limits: Partial<ChecksLimits> = {}, now: () => number = () => performance.now()) {
    const { running, waiting, patience, remembered, rememberFor } = { ...defaultChecks, ...limits };
    this.#queue = new WorkQueue({ running, waiting, patience }, now);
    this.#remembered = new RememberedPasswords({ entries: remembered, time: rememberFor }, now);
  }

  /** How many slow hashes are being computed. */
  get running(): number {
    return this.#queue.running;
  }

  /** How many wait for that. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * Is it the password of `name`? At once for hashes that are not slow, and for what is remembered. `password` is not
   * looked at any more when this returns. Rejects when this runtime cannot say. `address`: of the client, as it has it: those that wait
   * take turns by it.
   */
  check(name: string, password: Uint8Array, hash: PasswordHash, address = ""): MaybePromise<Checked> {
    const answer = this.#check(name, password, hash, address);
    return isPromise(answer) ? answer.then((known) => this.#counted(known)) : this.#counted(answer);
  }

  #counted<T extends Checked>(answer: T): T {
    this.counts[answer]++;
    return answer;
  }

  #check(
    name: string,
    password: Uint8Array,
    hash: PasswordHash,
    address: string,
  ): MaybePromise<Checked> {
    if (!hash.slow) {
      const right = hash.verify(password);
      return isPromise(right) ? right.then(checked) : checked(right);
    }
    const key = this.#remembered.keyOf(name, password, hash.text);
    if (this.#remembered.has(key)) return "right";
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const answer = this.#compute(key, password.slice(), hash, address);
    this.#open.set(key, answer);
    return answer;
  }

  /**
   * Takes as long as a check of that hash, for a name that nobody has: otherwise the time would tell which names there are.
   * At once when the hash is not slow.
   */
  pretend(password: Uint8Array, hash: PasswordHash, address = ""): MaybePromise<"wrong" | "busy"> {
    if (!hash.slow) return this.#counted("wrong");
    const bytes = password.slice();
    return this.#queue.run(async () => await hash.verify(bytes), addressGroup(address)).then((done) =>
      this.#counted(done === null ? "busy" : "wrong")
    );
  }

  async #compute(key: string, password: Uint8Array, hash: PasswordHash, address: string): Promise<Checked> {
    try {
      const right = await this.#queue.run(async () => await hash.verify(password), addressGroup(address));
      if (right === null) return "busy";
      if (right) this.#remembered.add(key);
      return checked(right);
    } finally {
      this.#open.delete(key);
    }
  }
}

function checked(right: boolean): Checked {
  return right ? "right" : "wrong";
}

/** Of this process. */
export const passwordChecks: PasswordChecks = new PasswordChecks();

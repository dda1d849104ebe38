/**
 * From the bytes of a topic name to what is known of the topic, without making a string: a bounded table in
 * which a repeated topic costs a hash and a compare. A million distinct topics pass through it and leave
 * nothing behind.
 */

import { isTopicName, levelCount } from "./names.ts";
import type { StampKey } from "./change_counters.ts";

const FIRST = 1 << 9;
const SEEN = 1 << 14;
const MOST = 1 << 15;

/** What is remembered of one topic. `R` is what the broker computes for it. */
export class TopicEntry<R> implements StampKey {
  readonly hash: number;
  /** One character per byte, to compare with what arrives. */
  readonly raw: string;
  readonly topic: string;
  s1 = 0;
  s2 = 0;
  s3 = 0;
  full = 0;
  /** The stamp at which `routes` was computed; -1: never. */
  stamp = -1;
  routes: R | null = null;
  constructor(hash: number, raw: string, topic: string) {
    this.hash = hash;
    this.raw = raw;
    this.topic = topic;
  }
}

export interface TopicTableOptions {
  /** Most levels a topic may have. */
  readonly maximumLevels: number;
  /** Most bytes. */
  readonly maximumLength: number;
  /** Strict UTF-8 to string; null when invalid. */
  readonly decode: (bytes: Uint8Array, start: number, end: number) => string | null;
  readonly locate: (topic: string, key: StampKey) => void;
}

export class TopicTable<R> {
  #slots: (TopicEntry<R> | null)[] = new Array(FIRST).fill(null);
  #mask = FIRST - 1;
  #used = 0;
  readonly #options: TopicTableOptions;
  /** Hashes asked for lately: when all is full, a topic that comes once moves nobody out. */
  readonly #seen: Int32Array = new Int32Array(SEEN);

  constructor(options: TopicTableOptions) {
    this.#options = options;
  }

  /** Null when the bytes are not a topic name that may be published to. */
  get(bytes: Uint8Array, start: number, end: number): TopicEntry<R> | null {
    let hash = 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + bytes[i]! | 0;
    // Topics that differ in a number only would share their low bits, and with them their places.
    hash = Math.imul(hash ^ hash >>> 15, 0x85ebca6b);
    hash ^= hash >>> 13;
    const at = hash & this.#mask;
    const first = this.#slots[at]!;
    if (first !== null && first.hash === hash && sameBytes(first.raw, bytes, start, end)) return first;
    const second = this.#slots[at ^ 1]!;
    if (second !== null && second.hash === hash && sameBytes(second.raw, bytes, start, end)) return second;
    return this.#create(hash, bytes, start, end);
  }

  /** Forgets everything; what is asked for next is computed anew. */
  clear(): void {
    this.#slots = new Array(FIRST).fill(null);
    this.#mask = FIRST - 1;
    this.#used = 0;
  }

  #create(hash: number, bytes: Uint8Array, start: number, end: number): TopicEntry<R> | null {
    const { maximumLength, maximumLevels, decode, locate } = this.#options;
    if (end - start > maximumLength) return null;
    const topic = decode(bytes, start, end);
    if (topic === null || !isTopicName(topic) || levelCount(topic) > maximumLevels) return null;
    let raw = topic;
    if (topic.length !== end - start) {
      raw = "";
      for (let i = start; i < end; i++) raw += String.fromCharCode(bytes[i]!);
    }
    const entry = new TopicEntry<R>(hash, raw, topic);
    locate(topic, entry);
    // Half full, every fourth entry would have two neighbours in its two places; a quarter full, every twelfth.
    if (this.#used > this.#slots.length >> 2 && this.#slots.length < MOST) this.#grow();
    if (!this.#full(hash) || this.#isBack(hash)) this.#place(entry);
    return entry;
  }

  /** The table does not grow any more and both places are taken. */
  #full(hash: number): boolean {
    const at = hash & this.#mask;
    return this.#slots.length === MOST && this.#slots[at] !== null && this.#slots[at ^ 1] !== null;
  }

  /** It was asked for before, not long ago. */
  #isBack(hash: number): boolean {
    const at = hash & (SEEN - 1);
    if (this.#seen[at] === hash) return true;
    this.#seen[at] = hash;
    return false;
  }

  #place(entry: TopicEntry<R>): void {
    const at = entry.hash & this.#mask;
    const old = this.#slots[at]!;
    if (old === null) this.#used++;
    else {
      if (this.#slots[at ^ 1] === null) this.#used++;
      // The one that was here longest of the two makes room.
      this.#slots[at ^ 1] = old;
    }
    this.#slots[at] = entry;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array(old.length * 2).fill(null);
    this.#mask = old.length * 2 - 1;
    this.#used = 0;
    for (const entry of old) if (entry !== null) this.#place(entry);
  }
}

/** Is `raw` what stands in the bytes? */
export function sameBytes(raw: string, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (raw.length !== length) return false;
  for (let i = 0; i < length; i++) if (raw.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

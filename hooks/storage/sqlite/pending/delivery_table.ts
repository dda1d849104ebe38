/**
 * Deliveries that are told and not in the tables yet, in columns: as objects, each with its place in a map, they
 * would live just long enough for V8 to carry every one of them into its old generation, two hundred bytes a message.
 */

import type { DeliveryRecord } from "../../../../src/storage/records.ts";
import type { PendingMessage } from "./pending_message.ts";

/** No row. */
export const NONE = -1;
const SMALLEST = 256;
/** A table that has grown past so many rows is not used again. */
const LARGEST_KEPT = 1 << 16;
const QOS = 3;
const RETAIN = 4;
const RELEASED = 8;
const AS_PUBLISHED = 16;

/** The deliveries of one session, in the order in which they were told. */
export interface DeliveryList {
  readonly key: number;
  first: number;
  last: number;
}

/** What only few deliveries have. */
interface Extras {
  readonly identifiers: readonly number[] | null;
  readonly group: string | null;
}

export class DeliveryTable {
  #capacity = SMALLEST;
  #keys: Float64Array = new Float64Array(SMALLEST);
  #sequences: Float64Array = new Float64Array(SMALLEST);
  #packetIds: Uint16Array = new Uint16Array(SMALLEST);
  #flags: Uint8Array = new Uint8Array(SMALLEST);
  /** Of the same session; the rows that are free are a list as well. */
  #next: Int32Array = new Int32Array(SMALLEST);
  #previous: Int32Array = new Int32Array(SMALLEST);
  readonly #messages: (PendingMessage | null)[] = [];
  readonly #extras: Map<number, Extras> = new Map();
  /** Rows by session and sequence, by linear probing, at most half full: 0 is empty, else the row and one. */
  #slots: Int32Array = new Int32Array(2 * SMALLEST);
  #used = 0;
  #free: number = NONE;

  /** Rows for deliveries, of which it has made some. */
  get capacity(): number {
    return this.#capacity;
  }

  /** `NONE`: it is not here. */
  find(key: number, sequence: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let i = hash(key, sequence) & mask;; i = i + 1 & mask) {
      const row = slots[i] - 1;
      if (row === NONE || this.#sequences[row] === sequence && this.#keys[row] === key) return row;
    }
  }

  /** At the end of the session's; there is none with that sequence. */
  add(list: DeliveryList, record: DeliveryRecord, message: PendingMessage): void {
    const row = this.#row();
    const { key } = list;
    const { sequence, identifiers, group } = record;
    this.#keys[row] = key;
    this.#sequences[row] = sequence;
    this.#packetIds[row] = record.packetId;
    this.#flags[row] = record.qos | (record.retain ? RETAIN : 0) | (record.released ? RELEASED : 0) |
      (record.asPublished ? AS_PUBLISHED : 0);
    this.#messages[row] = message;
    if (identifiers !== null || group !== null) this.#extras.set(row, { identifiers, group });
    this.#next[row] = NONE;
    this.#previous[row] = list.last;
    if (list.last === NONE) list.first = row;
    else this.#next[list.last] = row;
    list.last = row;
    this.#enter(row);
  }

  remove(list: DeliveryList, row: number): void {
    this.#leave(row);
    const next = this.#next[row];
    const previous = this.#previous[row];
    if (previous === NONE) list.first = next;
    else this.#next[previous] = next;
    if (next === NONE) list.last = previous;
    else this.#previous[next] = previous;
    this.#messages[row] = null;
    this.#extras.delete(row);
    this.#next[row] = this.#free;
    this.#free = row;
  }

  /** For the next generation; false: it is too large to be kept. */
  clear(): boolean {
    if (this.#capacity > LARGEST_KEPT) return false;
    // (With `length` its memory would go as well.)
    this.#messages.fill(null);
    this.#extras.clear();
    this.#slots.fill(0);
    this.#used = 0;
    this.#free = NONE;
    return true;
  }

  // --- one row ---

  /** The one after it of the same session, or `NONE`. */
  next(row: number): number {
    return this.#next[row];
  }

  sequence(row: number): number {
    return this.#sequences[row];
  }

  packetId(row: number): number {
    return this.#packetIds[row];
  }

  qos(row: number): 1 | 2 {
    return (this.#flags[row] & QOS) === 2 ? 2 : 1;
  }

  retain(row: number): boolean {
    return (this.#flags[row] & RETAIN) !== 0;
  }

  asPublished(row: number): boolean {
    return (this.#flags[row] & AS_PUBLISHED) !== 0;
  }

  released(row: number): boolean {
    return (this.#flags[row] & RELEASED) !== 0;
  }

  identifiers(row: number): readonly number[] | null {
    return this.#extras.get(row)?.identifiers ?? null;
  }

  group(row: number): string | null {
    return this.#extras.get(row)?.group ?? null;
  }

  message(row: number): PendingMessage {
    return this.#messages[row]!;
  }

  sent(row: number, packetId: number): void {
    this.#packetIds[row] = packetId;
  }

  release(row: number): void {
    this.#flags[row] |= RELEASED;
  }

  /** `released`: it is by now, whatever the row says. */
  record(row: number, released: boolean): DeliveryRecord {
    return {
      sequence: this.sequence(row),
      packetId: this.packetId(row),
      qos: this.qos(row),
      retain: this.retain(row),
      asPublished: this.asPublished(row),
      released: released || this.released(row),
      identifiers: this.identifiers(row),
      group: this.group(row),
      message: this.message(row).message,
    };
  }

  // --- rows and slots ---

  #row(): number {
    const row = this.#free;
    if (row !== NONE) {
      this.#free = this.#next[row];
      return row;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = this.#capacity;
    this.#keys = enlarged(this.#keys, new Float64Array(grown));
    this.#sequences = enlarged(this.#sequences, new Float64Array(grown));
    this.#packetIds = enlarged(this.#packetIds, new Uint16Array(grown));
    this.#flags = enlarged(this.#flags, new Uint8Array(grown));
    this.#next = enlarged(this.#next, new Int32Array(grown));
    this.#previous = enlarged(this.#previous, new Int32Array(grown));
    this.#slots = new Int32Array(2 * grown);
    // (It grows when every row is taken.)
    for (let row = 0; row < this.#used; row++) this.#enter(row);
  }

  #enter(row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let i = hash(this.#keys[row], this.#sequences[row]) & mask;
    while (slots[i] !== 0) i = i + 1 & mask;
    slots[i] = row + 1;
  }

  /** Closes the gap, so that nothing has to be marked as gone: what follows comes nearer where it may. */
  #leave(row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let gap = hash(this.#keys[row], this.#sequences[row]) & mask;
    while (slots[gap] !== row + 1) gap = gap + 1 & mask;
    for (let i = gap + 1 & mask; slots[i] !== 0; i = i + 1 & mask) {
      const other = slots[i] - 1;
      const home = hash(this.#keys[other], this.#sequences[other]) & mask;
      if ((i - home & mask) < (i - gap & mask)) continue;
      slots[gap] = slots[i];
      gap = i;
    }
    slots[gap] = 0;
  }
}

function enlarged<T extends Float64Array | Int32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Both count up: neighbours go far from each other. */
function hash(key: number, sequence: number): number {
  const mixed = Math.imul(key, 0x9E37_79B1) ^ Math.imul(sequence, 0x85EB_CA6B);
  return mixed ^ mixed >>> 15;
}

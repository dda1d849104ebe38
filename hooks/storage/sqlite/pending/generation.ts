/** What was told and is not in the tables yet. */

import type { QoS } from "../../../../src/packets/types.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../../../src/storage/records.ts";
import type { StoredMessage, StoredSysInfo } from "../../../../src/storage/stored.ts";
import { type DeliveryList, DeliveryTable, NONE } from "./delivery_table.ts";
import type { PendingMessage } from "./pending_message.ts";

/** A session that exists, as the storage knows it. */
export class SessionState {
  /** Its number in the tables and the journal. A client id that begins anew gets another one. */
  readonly key: number;
  readonly id: string;
  /** Its changes in the generation that is told of, and in the one that is being written to the tables. */
  changes: SessionChanges | null = null;
  frozen: SessionChanges | null = null;
  /** It is in the tables, or may be. */
  stored: boolean;
  /** No delivery after this sequence is in the tables or on its way there. */
  storedUpTo: number;
  /** The received packet ids that are in the tables, or may be; null: none. */
  storedReceived: Set<number> | null = null;
  ended = false;

  constructor(key: number, id: string, stored: boolean) {
    this.key = key;
    this.id = id;
    this.stored = stored;
    this.storedUpTo = stored ? Infinity : 0;
  }
}

/** What happened to a delivery that is in the tables. */
export interface DeliveryChange {
  readonly deleted: boolean;
  /** -1: as it was. */
  packetId: number;
  released: boolean;
}

const DELETED: DeliveryChange = Object.freeze({ deleted: true, packetId: -1, released: false });
/** Roughly the memory of a delivery, and of a smaller change. */
const DELIVERY_COST = 64;
const SMALL_COST = 80;

/** Of one session, in one generation. */
export class SessionChanges implements DeliveryList {
  readonly state: SessionState;
  readonly generation: Generation;
  /** That of the session. */
  readonly key: number;
  record: SessionRecord | null = null;
  /** Null: unsubscribed. */
  subscriptions: Map<string, SubscriptionRecord | null> | null = null;
  /** Deliveries, in the table of the generation. */
  first: number = NONE;
  last: number = NONE;
  /** After these come the deliveries: one that is among both is a new one. */
  changed: Map<number, DeliveryChange> | null = null;
  received: Map<number, boolean> | null = null;
  lastSequence = 0;

  constructor(state: SessionState, generation: Generation) {
    this.state = state;
    this.generation = generation;
    this.key = state.key;
  }

  /** Its row among the deliveries of the generation, or `NONE`. */
  find(sequence: number): number {
    return this.first === NONE ? NONE : this.generation.deliveries.find(this.key, sequence);
  }
}

/** What was told between two moments; the journal has it too. */
export class Generation {
  readonly number: number;
  readonly sessions: Set<SessionChanges> = new Set();
  readonly deliveries: DeliveryTable;
  /** The keys of sessions that are over. They come before everything else. */
  readonly ended: number[] = [];
  /** By topic; null: removed. */
  readonly retained: Map<string, StoredMessage | null> = new Map();
  counters: StoredSysInfo | null = null;
  /** Roughly the memory all this costs. */
  cost = 0;

  /** `deliveries`: an empty table of an earlier generation. */
  constructor(number: number, deliveries: DeliveryTable = new DeliveryTable()) {
    this.number = number;
    this.deliveries = deliveries;
  }

  get empty(): boolean {
    return this.sessions.size === 0 && this.ended.length === 0 && this.retained.size === 0 &&
      this.counters === null;
  }

  /** `thorough`: everything may be in the tables although nothing here says so: the journal of an earlier run. */
  endSession(state: SessionState, thorough: boolean): void {
    const { changes } = state;
    state.ended = true;
    if (changes !== null) {
      this.sessions.delete(changes);
      state.changes = null;
      while (changes.first !== NONE) this.#drop(changes, changes.first);
    }
    if (state.stored || thorough) this.ended.push(state.key);
  }

  putSession(state: SessionState, record: SessionRecord): void {
    this.#of(state).record = record;
    this.cost += SMALL_COST;
  }

  subscription(state: SessionState, filter: string, record: SubscriptionRecord | null): void {
    const changes = this.#of(state);
    (changes.subscriptions ??= new Map()).set(filter, record);
    this.cost += SMALL_COST + filter.length;
  }

  putDelivery(state: SessionState, record: DeliveryRecord, message: PendingMessage): void {
    const changes = this.#of(state);
    const { sequence } = record;
    const before = changes.find(sequence);
    if (before !== NONE) this.#drop(changes, before);
    this.deliveries.add(changes, record, message);
    if (sequence > changes.lastSequence) changes.lastSequence = sequence;
    if (message.holders++ === 0) this.cost += message.cost;
    this.cost += DELIVERY_COST;
  }

  sentDelivery(state: SessionState, sequence: number, packetId: number): void {
    const changes = this.#of(state);
    const row = changes.find(sequence);
    if (row !== NONE) this.deliveries.sent(row, packetId);
    else if (sequence <= state.storedUpTo) {
      const change = this.#change(changes, sequence);
      if (change !== null) change.packetId = packetId;
    }
  }

  releasedDelivery(state: SessionState, sequence: number): void {
    const changes = this.#of(state);
    const row = changes.find(sequence);
    if (row !== NONE) this.deliveries.release(row);
    else if (sequence <= state.storedUpTo) {
      const change = this.#change(changes, sequence);
      if (change !== null) change.released = true;
    }
  }

  deleteDelivery(state: SessionState, sequence: number): void {
    const changes = this.#of(state);
    const row = changes.find(sequence);
    if (row !== NONE) this.#drop(changes, row);
    if (sequence > state.storedUpTo) return;
    (changes.changed ??= new Map()).set(sequence, DELETED);
    this.cost += SMALL_COST;
  }

  received(state: SessionState, packetId: number, there: boolean): void {
    const changes = this.#of(state);
    const received = changes.received ??= new Map();
    const mayBeStored = state.storedUpTo === Infinity || state.storedReceived?.has(packetId) === true;
    if (!there && !mayBeStored) received.delete(packetId);
    else {
      received.set(packetId, there);
      this.cost += SMALL_COST;
    }
  }

  retain(topic: string, message: StoredMessage | null): void {
    const before = this.retained.get(topic);
    if (before) this.cost -= before.payload.length;
    if (message !== null) this.cost += message.payload.length;
    if (before === undefined) this.cost += SMALL_COST + topic.length;
    this.retained.set(topic, message);
  }

  /** Nothing is added from here on, all of it goes to the tables. */
  freeze(): void {
    for (const changes of this.sessions) {
      const { state, received } = changes;
      state.changes = null;
      state.frozen = changes;
      if (changes.record !== null) state.stored = true;
      if (changes.lastSequence > state.storedUpTo) state.storedUpTo = changes.lastSequence;
      for (const [packetId, there] of received ?? []) {
        if (there) (state.storedReceived ??= new Set()).add(packetId);
        else state.storedReceived?.delete(packetId);
      }
    }
  }

  /** All of it is in the tables. */
  release(): void {
    for (const changes of this.sessions) {
      changes.state.frozen = null;
      for (let row = changes.first; row !== NONE; row = this.deliveries.next(row)) {
        this.deliveries.message(row).holders--;
      }
    }
  }

  #of(state: SessionState): SessionChanges {
    if (state.changes !== null) return state.changes;
    const changes = new SessionChanges(state, this);
    state.changes = changes;
    this.sessions.add(changes);
    this.cost += SMALL_COST;
    return changes;
  }

  /** Null: it is gone. */
  #change(changes: SessionChanges, sequence: number): DeliveryChange | null {
    const map = changes.changed ??= new Map();
    let change = map.get(sequence);
    if (change === undefined) {
      change = { deleted: false, packetId: -1, released: false };
      map.set(sequence, change);
      this.cost += SMALL_COST;
    }
    return change.deleted ? null : change;
  }

  #drop(changes: SessionChanges, row: number): void {
    const message = this.deliveries.message(row);
    this.deliveries.remove(changes, row);
    if (--message.holders === 0) this.cost -= message.cost;
    this.cost -= DELIVERY_COST;
  }
}

/** 0, 1 or 2; anything else is no QoS. */
export function isQoS(value: number): value is QoS {
  return value === 0 || value === 1 || value === 2;
}

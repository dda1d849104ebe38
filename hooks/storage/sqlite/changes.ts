/** What was told and is not in the tables yet. */

import type { QoS } from "../../../src/packets/types.ts";
import type { SessionRecord, SubscriptionRecord } from "../../../src/storage.ts";
import type { StoredMessage, StoredSysInfo } from "../../../src/stored.ts";

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

/** A message, and what of it was written where. */
export class PendingMessage {
  readonly id: number;
  readonly message: StoredMessage;
  /** Roughly the memory it costs. */
  readonly cost: number;
  /** The number of deliveries that hold it here. */
  holders = 0;
  /** The row of the journal that has it. */
  row = -1;
  /** The generation that put it into the table of shared messages. */
  storedBy = -1;

  constructor(id: number, message: StoredMessage, payloadLength: number) {
    this.id = id;
    this.message = message;
    this.cost = payloadLength + message.topic.length + 150;
  }
}

/** A delivery that is not in the tables. */
export interface PendingDelivery {
  readonly sequence: number;
  packetId: number;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  released: boolean;
  readonly identifiers: readonly number[] | null;
  readonly group: string | null;
  readonly message: PendingMessage;
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
const DELIVERY_COST = 160;
const SMALL_COST = 80;

/** Of one session, in one generation. */
export class SessionChanges {
  readonly state: SessionState;
  record: SessionRecord | null = null;
  /** Null: unsubscribed. */
  subscriptions: Map<string, SubscriptionRecord | null> | null = null;
  deliveries: Map<number, PendingDelivery> | null = null;
  /** After these come `deliveries`: one that is in both is a new one. */
  changed: Map<number, DeliveryChange> | null = null;
  received: Map<number, boolean> | null = null;
  lastSequence = 0;

  constructor(state: SessionState) {
    this.state = state;
  }
}

/** What was told between two moments; the journal has it too. */
export class Generation {
  readonly number: number;
  readonly sessions: Set<SessionChanges> = new Set();
  /** The keys of sessions that are over. They come before everything else. */
  readonly ended: number[] = [];
  /** By topic; null: removed. */
  readonly retained: Map<string, StoredMessage | null> = new Map();
  counters: StoredSysInfo | null = null;
  /** Roughly the memory all this costs. */
  cost = 0;

  constructor(number: number) {
    this.number = number;
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
      for (const delivery of changes.deliveries?.values() ?? []) this.#drop(delivery);
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

  putDelivery(state: SessionState, delivery: PendingDelivery): void {
    const changes = this.#of(state);
    const { sequence, message } = delivery;
    const deliveries = changes.deliveries ??= new Map();
    const before = deliveries.get(sequence);
    if (before !== undefined) this.#drop(before);
    deliveries.set(sequence, delivery);
    if (sequence > changes.lastSequence) changes.lastSequence = sequence;
    if (message.holders++ === 0) this.cost += message.cost;
    this.cost += DELIVERY_COST;
  }

  sentDelivery(state: SessionState, sequence: number, packetId: number): void {
    const changes = this.#of(state);
    const delivery = changes.deliveries?.get(sequence);
    if (delivery !== undefined) delivery.packetId = packetId;
    else if (sequence <= state.storedUpTo) {
      const change = this.#change(changes, sequence);
      if (change !== null) change.packetId = packetId;
    }
  }

  releasedDelivery(state: SessionState, sequence: number): void {
    const changes = this.#of(state);
    const delivery = changes.deliveries?.get(sequence);
    if (delivery !== undefined) delivery.released = true;
    else if (sequence <= state.storedUpTo) {
      const change = this.#change(changes, sequence);
      if (change !== null) change.released = true;
    }
  }

  deleteDelivery(state: SessionState, sequence: number): void {
    const changes = this.#of(state);
    const delivery = changes.deliveries?.get(sequence);
    if (delivery !== undefined) {
      changes.deliveries!.delete(sequence);
      this.#drop(delivery);
    }
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
      for (const delivery of changes.deliveries?.values() ?? []) delivery.message.holders--;
    }
  }

  #of(state: SessionState): SessionChanges {
    if (state.changes !== null) return state.changes;
    const changes = new SessionChanges(state);
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

  #drop(delivery: PendingDelivery): void {
    const { message } = delivery;
    if (--message.holders === 0) this.cost -= message.cost;
    this.cost -= DELIVERY_COST;
  }
}

/** The last few messages: the deliveries of one come one after the other. */
export class RecentMessages {
  readonly #recent: (PendingMessage | null)[] = new Array(8).fill(null);
  #at = 0;
  #lastId: number;

  /** `lastId`: the highest in the tables and the journal. */
  constructor(lastId: number) {
    this.#lastId = lastId;
  }

  of(message: StoredMessage): PendingMessage {
    const recent = this.#recent;
    for (let i = 0; i < recent.length; i++) {
      const one = recent[i];
      if (one !== null && one.message === message) return one;
    }
    const pending = new PendingMessage(++this.#lastId, message, message.payload.length);
    this.#at = this.#at + 1 & 7;
    recent[this.#at] = pending;
    return pending;
  }

  /** Holds on to nothing. */
  forget(): void {
    this.#recent.fill(null);
  }
}

/** 0, 1 or 2; anything else is no QoS. */
export function isQoS(value: number): value is QoS {
  return value === 0 || value === 1 || value === 2;
}

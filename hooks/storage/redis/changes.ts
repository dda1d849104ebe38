/** What was told and is not in Redis yet: the last word on each thing, not each word. */

import type { SessionRecord, SubscriptionRecord } from "../../../src/storage/records.ts";
import type { StoredMessage, StoredSysInfo } from "../../../src/storage/stored.ts";
import type { Delivery } from "./records.ts";

/** A session that exists, as the storage knows it. */
export class SessionState {
  readonly id: string;
  /** It is in Redis, or may be. */
  stored: boolean;
  /** No delivery after this sequence is in Redis. */
  storedUpTo: number;

  constructor(id: string, stored: boolean, storedUpTo: number) {
    this.id = id;
    this.stored = stored;
    this.storedUpTo = storedUpTo;
  }
}

/** A message with its deliveries that are not in Redis yet. */
export interface PendingMessage {
  readonly message: StoredMessage;
  /** Under which several deliveries share it; empty: not chosen yet. */
  id: string;
  /** The deliveries that hold it, in the commit of that number. */
  holders: number;
  commit: number;
}

/** Such a delivery. */
export interface PendingDelivery extends Delivery {
  packetId: number;
  released: boolean;
  readonly message: PendingMessage;
}

/** What happened to a delivery that is in Redis, or may be. */
export interface DeliveryChange {
  readonly deleted: boolean;
  /** -1: as it was. */
  packetId: number;
  released: boolean;
}

const DELETED: DeliveryChange = Object.freeze({ deleted: true, packetId: -1, released: false });

/** Of one client id. */
export class SessionChanges {
  /** What Redis has of it belongs to an earlier session: it goes before everything else. */
  ended = false;
  record: SessionRecord | null = null;
  /** By filter; null: unsubscribed. */
  subscriptions: Map<string, SubscriptionRecord | null> | null = null;
  deliveries: Map<number, PendingDelivery> | null = null;
  /** After these come `deliveries`: one that is in both is a new one. */
  changed: Map<number, DeliveryChange> | null = null;
  received: Map<number, boolean> | null = null;
}

export class Changes {
  readonly sessions: Map<string, SessionChanges> = new Map();
  /** By topic; null: removed. */
  readonly retained: Map<string, StoredMessage | null> = new Map();
  counters: StoredSysInfo | null = null;

  get empty(): boolean {
    return this.sessions.size === 0 && this.retained.size === 0 && this.counters === null;
  }

  of(id: string): SessionChanges {
    let changes = this.sessions.get(id);
    if (changes === undefined) this.sessions.set(id, changes = new SessionChanges());
    return changes;
  }

  endSession(state: SessionState): void {
    const ended = state.stored || this.sessions.get(state.id)?.ended === true;
    this.sessions.delete(state.id);
    if (ended) this.of(state.id).ended = true;
  }

  putDelivery(state: SessionState, delivery: PendingDelivery): void {
    (this.of(state.id).deliveries ??= new Map()).set(delivery.sequence, delivery);
  }

  /** `packetId` -1: as it was; `released` false: as it was. */
  changeDelivery(state: SessionState, sequence: number, packetId: number, released: boolean): void {
    const changes = this.of(state.id);
    const delivery = changes.deliveries?.get(sequence);
    if (delivery !== undefined) {
      if (packetId >= 0) delivery.packetId = packetId;
      if (released) delivery.released = true;
      return;
    }
    if (sequence > state.storedUpTo) return;
    const changed = changes.changed ??= new Map();
    const change = changed.get(sequence);
    if (change === undefined) changed.set(sequence, { deleted: false, packetId, released });
    else if (!change.deleted) {
      if (packetId >= 0) change.packetId = packetId;
      if (released) change.released = true;
    }
  }

  deleteDelivery(state: SessionState, sequence: number): void {
    const changes = this.of(state.id);
    changes.deliveries?.delete(sequence);
    if (sequence <= state.storedUpTo) (changes.changed ??= new Map()).set(sequence, DELETED);
  }

  /** What could not be written comes before what was told since, and both become one. */
  static joined(earlier: Changes, later: Changes, states: ReadonlyMap<string, SessionState>): Changes {
    for (const [id, changes] of later.sessions) {
      const state = states.get(id);
      if (earlier.sessions.has(id) && !changes.ended && state !== undefined) earlier.#join(state, changes);
      else earlier.sessions.set(id, changes);
    }
    for (const [topic, message] of later.retained) earlier.retained.set(topic, message);
    earlier.counters = later.counters ?? earlier.counters;
    return earlier;
  }

  #join(state: SessionState, later: SessionChanges): void {
    const changes = this.of(state.id);
    changes.record = later.record ?? changes.record;
    for (const [filter, record] of later.subscriptions ?? []) {
      (changes.subscriptions ??= new Map()).set(filter, record);
    }
    for (const [packetId, there] of later.received ?? []) {
      (changes.received ??= new Map()).set(packetId, there);
    }
    for (const [sequence, { deleted, packetId, released }] of later.changed ?? []) {
      if (deleted) this.deleteDelivery(state, sequence);
      else this.changeDelivery(state, sequence, packetId, released);
    }
    for (const delivery of later.deliveries?.values() ?? []) this.putDelivery(state, delivery);
  }
}

/** The last few messages: the deliveries of one come one after the other. */
export class RecentMessages {
  readonly #recent: (PendingMessage | null)[] = new Array(8).fill(null);
  #at = 0;

  of(message: StoredMessage): PendingMessage {
    const recent = this.#recent;
    for (let i = 0; i < recent.length; i++) {
      const one = recent[i];
      if (one !== null && one.message === message) return one;
    }
    const pending = { message, id: "", holders: 0, commit: -1 };
    this.#at = this.#at + 1 & 7;
    recent[this.#at] = pending;
    return pending;
  }

  /** Holds on to nothing. */
  forget(): void {
    this.#recent.fill(null);
  }
}

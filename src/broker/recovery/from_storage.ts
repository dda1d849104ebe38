/** At start: sessions and retained messages as the storage has kept them. */

import type { Session } from "../../session/session.ts";
import { LOADED_WHILE_AWAY } from "../../session/delivery_queue.ts";
import type { StoredMessage, StoredSysInfo } from "../../storage/stored.ts";
import type { StorageLoader } from "../../storage/storage.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../storage/records.ts";
import { restoredClient } from "./restored_client.ts";
import type { ClockParts } from "./clock_set.ts";
import { lookAtClock } from "./clock_set.ts";
import { addCounters } from "../durability/kept_counters.ts";
import { PayloadSlabs } from "./payload_slabs.ts";
import type { StorageKeeper } from "../durability/keeper.ts";
import { deliveryOf } from "../durability/records.ts";
import { messageOf } from "../durability/stored_message.ts";
import type { KeptClock } from "../../core/timeline.ts";
import { willDelay } from "../sessions/wills.ts";

/** For clients whose connection ended with the earlier run, before their wills are published. */
const RETURN_MS = 1000;

/** The function that is answered has to be called when the storage may be told of changes. Fails with what it says. */
export async function loadFromStorage(broker: ClockParts, persistence: StorageKeeper): Promise<() => void> {
  const loader = new Loader(broker, persistence);
  await persistence.storage.load(loader, LOADED_WHILE_AWAY);
  return () => loader.end();
}

class Loader implements StorageLoader {
  readonly #slabs: PayloadSlabs = new PayloadSlabs();
  readonly #broker: ClockParts;
  readonly #persistence: StorageKeeper;
  /** Connected when the server ended, and their wills. */
  readonly #cutOff: { readonly session: Session; readonly record: SessionRecord }[] = [];
  /** What the earlier run has kept of its time; null: nothing. */
  #clock: KeptClock | null = null;

  constructor(broker: ClockParts, persistence: StorageKeeper) {
    this.#broker = broker;
    this.#persistence = persistence;
  }

  session(record: SessionRecord): void {
    this.#persistence.fresh = false;
    const session = this.#broker.sessions.restore(record.id, true);
    if (session === null) return;
    session.expiryInterval = record.sessionExpiryInterval;
    session.client = restoredClient(record);
    session.keepIn(this.#persistence);
    session.disconnectedAt = record.disconnectedAt;
    if (record.disconnectedAt === 0) this.#cutOff.push({ session, record });
    else session.pendingWill = record.will;
  }

  subscription(sessionId: string, record: SubscriptionRecord): void {
    const session = this.#broker.sessions.get(sessionId);
    if (session !== undefined) {
      this.#broker.sessions.subscribe(session, record, record.qos, record.identifier);
    }
  }

  delivery(sessionId: string, record: DeliveryRecord): void {
    this.#broker.sessions.get(sessionId)?.restore(deliveryOf(this.#broker, record));
  }

  waiting(sessionId: string, count: number, bytes: number, lastSequence: number): void {
    this.#broker.sessions.get(sessionId)?.restoreWaiting(count, bytes, lastSequence);
  }

  received(sessionId: string, packetId: number): void {
    const session = this.#broker.sessions.get(sessionId);
    if (session !== undefined) (session.received ??= new Set()).add(packetId);
  }

  retained(message: StoredMessage): void {
    this.#persistence.fresh = false;
    this.#broker.retained.restore(this.#slabs.take(messageOf(message)));
  }

  counters(counters: StoredSysInfo): void {
    this.#persistence.fresh = false;
    if (this.#broker.options.restoreCounters) addCounters(this.#broker, counters);
    this.#clock = counters;
  }

  /** Who was connected has lost its connection when the server ended. */
  end(): void {
    const { clock, deadlines, sessions } = this.#broker;
    // (Until here nobody has judged by the time.)
    if (this.#clock !== null) deadlines.sooner(clock.resume(this.#clock), clock.monotonic());
    lookAtClock(this.#broker);
    const now = clock.now();
    // When the earlier run was last known to live.
    const aliveAt = Math.min(now, this.#clock?.at ?? now);
    for (const { session, record } of this.#cutOff) {
      session.disconnectedAt = aliveAt;
      const { will } = record;
      // (It was due already, from a connection before.)
      if (will !== null && will.at > 0) session.pendingWill = will;
      else if (will !== null) {
        const at = aliveAt + willDelay(session, will.will) * 1000;
        // It has a moment to come back, however long we were away.
        session.pendingWill = { will: will.will, at: Math.max(at, now + RETURN_MS) };
      }
      this.#persistence.changed(session);
    }
    for (const session of sessions.all()) sessions.watch(session, now);
  }
}

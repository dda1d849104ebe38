/**
 * What has to outlive the process is told to the storage as it happens, and committed at the end of the turn, before
 * anything that acknowledges it is sent.
 */

import { faultOf } from "../../core/log/fault.ts";
import { clearTimeout, setImmediate, setTimeout } from "../../runtime/timers.ts";
import { errorCodeOf } from "../../core/codes.ts";
import { textOf } from "../../core/error_text.ts";
import type { Client } from "../../hook/client.ts";
import { isPromise, type MaybePromise } from "../../core/maybe_promise.ts";
import type { Delivery } from "../../session/delivery.ts";
import type { DeliveryStore } from "../../session/delivery_store.ts";
import type { Message } from "../../session/message.ts";
import type { Session } from "../../session/session.ts";
import type { Subscription } from "../../session/subscription.ts";
import type { Will } from "../../packets/types.ts";
import type { Storage, StorageStatus } from "../../storage/storage.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../storage/records.ts";
import type { Share } from "../../core/share.ts";
import { StorageError } from "../../storage/error.ts";
import type { Kept } from "./kept.ts";
import { KeptCounters } from "./kept_counters.ts";
import { deliveryOf, recordOf, recordOfDelivery } from "./records.ts";
import { onlyStored, tellAgain, tellAgainOnce } from "./tell_storage_again.ts";
import { StorageRoom, type Telling } from "./room.ts";
import type { Committer } from "../../core/turn.ts";

/** Messages of one queue that are in memory. (64 are a fifth faster when thousands come back at once, and take half as much memory again.) */
const WINDOW = 32;
/** Between two pieces of work that can wait, while there is more of it, and while there is none. */
const BUSY_MS = 4;
const IDLE_MS = 500;
/** Between two tries of a storage that can't be written. */
const RETRY_MS = 500;
/** Between two looks at the counters. */
const TICK_MS = 2500;
/** Sessions and retained messages that are told again between two commits. */
const TOLD_AT_ONCE = 500;

export class StorageKeeper implements DeliveryStore<Session>, Committer, Telling {
  readonly window: number = WINDOW;
  readonly storage: Storage;
  readonly #broker: Kept;
  /** It can't be written: what would have to be acknowledged after a commit is refused. */
  failing = false;
  /** It had nothing when it was loaded: nobody has used it yet. */
  fresh = true;
  /** Why. */
  #fault: string | null = null;
  /** What is still to be told again; null: nothing. */
  #retelling: Iterator<void> | null = null;
  /** Of which sessions all has been told again. */
  readonly #retold: Set<Session> = new Set();
  readonly #counters: KeptCounters;
  /** Their queues could not be read. */
  readonly #stuck: Set<Session> = new Set();
  /** The last queue that was read could not be. */
  #unreadable = false;
  /** What is done after the next commit. */
  #afterCommit: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopTicking: () => void = () => {};
  #closed = false;
  /** How much it may be told by now. */
  readonly #room: StorageRoom;

  constructor(broker: Kept, storage: Storage) {
    this.#broker = broker;
    this.storage = storage;
    this.#room = new StorageRoom(storage, broker.slices, this);
    this.#counters = new KeptCounters(broker);
  }

  get status(): StorageStatus {
    const { name, promise, failing, quarantined, damage = null } = this.storage;
    const fault = this.failing ? this.#fault : failing?.message ?? null;
    return { name, promise, failing: fault, quarantined, ...(damage === null ? {} : { damage }) };
  }

  // --- the end of a turn ---

  /** (While it fails nothing is acknowledged that would have to be committed, so nobody waits for it.) */
  get dirty(): boolean {
    return this.storage.dirty && !this.failing;
  }

  /** Resolves when more may be told; null: now. */
  get room(): Promise<void> | null {
    return this.#room.room;
  }

  /** So many deliveries may be told although there is no room. */
  spares(share: Share, deliveries: number): boolean {
    return this.#room.spares(share, deliveries);
  }

  /** The storage was told more than it can put in order as quickly. */
  get behind(): boolean {
    return this.#room.behind;
  }

  /** What waits in the session's queue is sent when the storage has caught up; false: it is little, and may go now. */
  waitForRoom(session: Session): boolean {
    return this.#room.waitFor(session);
  }

  /** What waits in the session's queue waits for the storage. */
  holds(session: Session): boolean {
    return this.#room.holds(session);
  }

  /** The storage has something to commit that it was not told. */
  noted(): void {
    this.#told();
  }

  commit(): MaybePromise<void> {
    this.#room.make();
    const counters = this.#counters.beside();
    if (counters !== null) this.storage.putCounters(counters);
    const waiting = this.#afterCommit;
    this.#afterCommit = [];
    const committed = this.storage.commit();
    if (waiting.length === 0) return committed;
    return Promise.resolve(committed).then(() => {
      for (const one of waiting) one();
    });
  }

  /** Once, when all is committed that was told so far; never, if that fails: what has ended goes on by itself then. */
  whenCommitted(then: () => void): void {
    this.#afterCommit.push(then);
    this.#told();
  }

  get closed(): boolean {
    return this.#closed;
  }

  failed(error: unknown): void {
    const text = textOf(error);
    const errorCode = errorCodeOf(error) ?? "storage-not-writable";
    this.#broker.events.note("storage-failed", { detail: text, errorCode });
    this.failing = true;
    this.#room.make();
    this.#broker.sessions.handOvers.refuse();
    this.#fault = text;
    this.#noteLoss(error);
    this.#after(RETRY_MS);
  }

  /** What it had is gone: what is in memory is told again, before anything is acknowledged. */
  #noteLoss(error: unknown): void {
    if (!(error instanceof StorageError) || error.fault !== "lost") return;
    const gone = onlyStored(this.#broker);
    this.#broker.events.note(
      "storage-retold",
      gone === 0 ? {} : { detail: `${gone} queued messages were only in it and are gone` },
    );
    this.#retold.clear();
    this.#retelling = tellAgain(this.#broker, this, this.#retold);
    // (With the first of it: the times that are told again mean nothing without.)
    this.storage.putCounters(this.#counters.now());
  }

  async #tellAgain(): Promise<void> {
    while (this.#retelling !== null && !this.#closed) {
      const { done } = this.#tellSome(this.#retelling);
      await this.storage.commit();
      if (done) {
        this.#retelling = null;
        this.#retold.clear();
      } else await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #tellSome(retelling: Iterator<void>): { readonly done: boolean } {
    for (let i = 0; i < TOLD_AT_ONCE; i++) if (retelling.next().done === true) return { done: true };
    return { done: false };
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.storage.commit();
      await this.#tellAgain();
      this.failing = false;
      this.#broker.events.note("storage-recovered", {});
      // What waited for that goes on.
      for (const session of this.#broker.sessions.all()) session.pump();
      this.#broker.sessions.handOvers.goOn();
      this.#after(IDLE_MS);
    } catch (error) {
      this.#noteLoss(error);
      this.#after(RETRY_MS);
    }
  }

  /** Begins with the work that can wait. */
  start(): void {
    this.#stopTicking = this.#broker.clock.every(TICK_MS, () => {
      const counters = this.#counters.alone();
      if (counters === null) return;
      this.storage.putCounters(counters);
      this.#told();
    });
    this.#after(IDLE_MS);
  }

  #after(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(this.#pause, milliseconds);
  }

  #pause = (): void => {
    if (this.failing) {
      void this.#tryAgain();
      return;
    }
    this.#room.hope();
    if (this.#stuck.size > 0) this.#pumpStuck();
    // (It may have noticed something that is to be committed.)
    if (this.storage.dirty) this.#told();
    this.#after(this.storage.idle?.() === true ? BUSY_MS : IDLE_MS);
  };

  /** The machine's clock was set: by how much is kept beside the times. */
  clockSet(): void {
    if (this.#closed) return;
    this.storage.putCounters(this.#counters.now());
    this.#told();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTicking();
    clearTimeout(this.#timer);
    this.storage.putCounters(this.#counters.now());
    try {
      await this.storage.close();
    } catch (error) {
      // (A storage that is closed has nothing to say any more.)
      this.failing = true;
      this.#fault = textOf(error);
      throw error;
    }
  }

  /** Something was told: it is committed at the end of this turn. `affectsOthers`: the answers to others depend on it. */
  #told(affectsOthers: boolean = false): void {
    this.#broker.turn.changed(affectsOthers);
  }

  // --- sessions ---

  /** The session is to outlive its connection: everything of it is kept from now on. */
  keep(session: Session, client: Client | null, will: Will | null): void {
    if (!session.kept) session.keepIn(this);
    this.storage.putSession(recordOf(session, client, will));
    this.#told();
  }

  /** Something in its record has changed. */
  changed(session: Session): void {
    if (!session.kept || session.ended) return;
    this.storage.putSession(recordOf(session, session.client, session.outlet?.will ?? null));
    this.#told();
  }

  /** It has ended, and is there until all that waits in it was passed on: a server that finds it ends it again. */
  ending(record: SessionRecord): void {
    this.storage.putSession(record);
    // (It is subscribed to nothing any more, as if it were gone.)
    this.#told(true);
  }

  /** A delivery of a session that has ended went to somebody else, or nowhere. */
  passedOn(session: Session, delivery: Delivery): void {
    if (delivery.sequence === 0) return;
    this.storage.deleteDelivery(session.clientId, delivery.sequence);
    this.#told();
  }

  /** Nothing of it is needed any more. */
  ended(session: Session): void {
    if (!session.kept) return;
    this.storage.deleteSession(session.clientId);
    this.#told(true);
  }

  subscribed(subscription: Subscription, retainHandling: 0 | 1 | 2): void {
    const { session, filter, qos, noLocal, retainAsPublished, identifier } = subscription;
    if (!session.kept) return;
    const record: SubscriptionRecord = {
      filter,
      qos,
      noLocal,
      retainAsPublished,
      retainHandling,
      identifier,
    };
    this.storage.putSubscription(session.clientId, record);
    this.#told(true);
  }

  unsubscribed(session: Session, filter: string): void {
    // (With its session all of it goes.)
    if (!session.kept || session.ended) return;
    this.storage.deleteSubscription(session.clientId, filter);
    this.#told(true);
  }

  // --- deliveries ---

  put(session: Session, delivery: Delivery): void {
    delivery.message.keep();
    // (A storage that does not know the session would not take it, and it may be in memory no longer when that is told.)
    if (this.#retelling !== null && !session.ended) tellAgainOnce(this, session, this.#retold);
    this.#room.delivery();
    this.storage.putDelivery(session.clientId, recordOfDelivery(delivery));
    this.#told();
  }

  sent(session: Session, delivery: Delivery): void {
    this.storage.sentDelivery(session.clientId, delivery.sequence, delivery.packetId);
    this.#told();
  }

  released(session: Session, delivery: Delivery): void {
    this.storage.releasedDelivery(session.clientId, delivery.sequence);
    this.#told();
  }

  done(session: Session, delivery: Delivery): void {
    if (session.ended) return;
    this.storage.deleteDelivery(session.clientId, delivery.sequence);
    this.#told();
  }

  received(session: Session, packetId: number, open: boolean): void {
    if (open) this.storage.putReceived(session.clientId, packetId);
    else this.storage.deleteReceived(session.clientId, packetId);
    this.#told();
  }

  waiting(session: Session, after: number, limit: number): Delivery[] | Promise<Delivery[]> {
    try {
      const found = this.storage.waiting(session.clientId, after, limit);
      if (!isPromise(found)) return this.#deliveries(found);
      return found.then((later) => this.#deliveries(later), (error: unknown) => this.#unread(session, error));
    } catch (error) {
      return Promise.resolve().then(() => this.#unread(session, error));
    }
  }

  /** It is read again in the next pause. */
  #unread(session: Session, error: unknown): never {
    if (!this.#unreadable && !this.#closed) {
      this.#broker.events.note("storage-unreadable", faultOf(error));
    }
    this.#unreadable = true;
    this.#stuck.add(session);
    throw error;
  }

  #pumpStuck(): void {
    const stuck = [...this.#stuck];
    this.#stuck.clear();
    const { sessions, clock } = this.#broker;
    for (const session of stuck) {
      session.pump();
      if (session.ended) sessions.handOvers.get(session.clientId)?.goOn();
      else if (session.outlet === null) sessions.redispatch(session, clock.now());
    }
  }

  #deliveries(records: readonly DeliveryRecord[]): Delivery[] {
    this.#unreadable = false;
    return records.map((record) => deliveryOf(this.#broker, record));
  }

  // --- retained messages ---

  retained(message: Message): void {
    this.storage.putRetained(message);
    this.#told();
  }

  retainedGone(topic: string): void {
    this.storage.deleteRetained(topic);
    this.#told();
  }

  /** Nothing was there to be removed; that may be true only because of what is not committed yet. */
  retainedNothing(): void {
    this.#broker.turn.changed(false);
  }
}

/**
 * The end of one session: what it owed a shared group goes to another member, and then the storage forgets it. What
 * leaves the one and what enters the other is told in the same turn, so that one commit has both.
 *
 * Where it takes time, because most of a queue is in a storage that is asked over the network or because access control
 * has yet to answer, or a hook about the will, the storage is told first that the session has expired: a server that
 * starts after a crash finds it so, and ends it again with what was not passed on by then. Until nothing is left the
 * client id is not free.
 */

import type { Delivery } from "../../session/delivery.ts";
import type { Session } from "../../session/session.ts";
import type { RouteGroup } from "../../session/route.ts";
import type { SessionRecord } from "../../storage/records.ts";
import type { Durable } from "../durability/durable.ts";
import { deliverAgainNow, membersAsked } from "../delivery/deliver.ts";
import { endingRecord } from "../durability/records.ts";

/** Sessions that end take turns in reading what is left. */
export interface Readers {
  /** It takes time. */
  add(ending: HandOver): void;
  /** It is over. */
  remove(ending: HandOver): void;
  /** May it read? If not, it goes on when others have. `urgent`: somebody waits for it. */
  mayRead(ending: HandOver, urgent: boolean): boolean;
  /** Somebody has read. */
  hasRead(): void;
}

/** Shared subscriptions as they are by now. */
export interface Groups {
  /** Somebody has one. */
  readonly anyGroups: boolean;
  /** The group that has taken its place, if any has. */
  current(group: RouteGroup): RouteGroup | null;
}

export class HandOver {
  readonly session: Session;
  readonly #broker: Durable;
  readonly #readers: Readers;
  readonly #groups: Groups;
  /** How many wait only in the store, as far as is known. */
  left: number;
  /** They come after that sequence. */
  #after: number;
  /** There may be more to read. */
  #more: boolean;
  #reading = false;
  /** It was read, and nothing was there although something should be. */
  #doubtful = false;
  /** Access control is being asked about their groups. */
  readonly #asked: Set<Delivery> = new Set();
  /** Settled in its first turn: the store need not be told of each if all of it goes in that turn. Null: that is over. */
  #settled: Delivery[] | null = [];
  /** As the storage knows it meanwhile. */
  #record: SessionRecord | null = null;
  /** The last page could not be read. */
  #failed = false;
  /** Whoever waits for the client id. */
  #waiter: { readonly promise: Promise<boolean>; readonly resolve: (free: boolean) => void } | null = null;
  #over = false;

  constructor(
    broker: Durable,
    { readers, groups }: { readonly readers: Readers; readonly groups: Groups },
    session: Session,
    shares: boolean,
  ) {
    this.session = session;
    this.#broker = broker;
    this.#readers = readers;
    this.#groups = groups;
    const { waiting } = session;
    this.left = waiting?.stored ?? 0;
    this.#after = waiting?.last ?? 0;
    // (A long queue is not read for nothing: without a group or a hook that wants to see them they are only counted.)
    const shared = shares || waiting?.sharedStored === true ||
      (waiting?.storedUnknown === true && groups.anyGroups);
    const wanted = shared || session.host.qosDropped !== undefined;
    this.#more = this.left > 0 && wanted;
  }

  /** The session is nobody's any more. */
  begin(): void {
    for (const delivery of this.session.drain()) this.#passOn(delivery);
    if (!this.#more) this.#drop(this.left);
    void this.session.dueWill?.decided.then(() => this.#willDecided());
    this.goOn();
    const { persistence } = this.#broker;
    if (this.#over || persistence === null || !this.session.kept) return;
    this.#record = endingRecord(this.session);
    persistence.ending(this.#record);
    for (const delivery of this.#settled!) persistence.passedOn(this.session, delivery);
    this.#settled = null;
    this.#readers.add(this);
  }

  /** What is left is the next server's: nobody answers questions any more. */
  get #left(): boolean {
    const { persistence, hooks } = this.#broker;
    return persistence?.closed === true || (hooks.ended && this.session.kept);
  }

  #willDecided(): void {
    const { persistence } = this.#broker;
    if (persistence!.closed || this.session.dueWill !== null) return;
    this.goOn();
    if (this.#over) return;
    this.#record = { ...this.#record!, will: null };
    persistence!.ending(this.#record);
  }

  /** Reads what is left, a page at a time, and is over when nothing is. */
  goOn(): void {
    const { persistence } = this.#broker;
    if (this.#over || this.#reading || this.#left) return;
    while (this.#more && this.#asked.size === 0) {
      if (!this.#mayRead()) return;
      const page = persistence!.waiting(this.session, this.#after, persistence!.window);
      if (!Array.isArray(page)) {
        this.#reading = true;
        void page.then((later) => this.#read(later), () => this.#unread());
        return;
      }
      this.#failed = false;
      this.#readers.hasRead();
      this.#take(page);
    }
    if (this.#asked.size === 0 && this.session.dueWill === null) this.#end();
  }

  #mayRead(): boolean {
    if (this.#settled === null) {
      const { failing, room } = this.#broker.persistence!;
      if (failing) return false;
      if (room !== null) {
        void room.then(() => this.goOn());
        return false;
      }
    }
    return this.#readers.mayRead(this, this.#waiter !== null);
  }

  #read(page: readonly Delivery[]): void {
    const persistence = this.#broker.persistence!;
    this.#reading = false;
    this.#failed = false;
    this.#readers.hasRead();
    if (this.#left) return;
    if (page.length < persistence.window && page.length < this.left && !this.#doubtful) {
      // The storage may just have come back without what it was told last: a commit notices that, and puts it right.
      this.#doubtful = true;
      persistence.ending(this.#record!);
      persistence.whenCommitted(() => this.goOn());
      return;
    }
    this.#take(page);
    this.goOn();
  }

  /** It is tried again in the next pause. */
  #unread(): void {
    this.#reading = false;
    this.#failed = true;
    this.refuse();
    this.#readers.hasRead();
  }

  #take(page: readonly Delivery[]): void {
    const { session } = this;
    const { window } = this.#broker.persistence!;
    for (const delivery of page) {
      this.#after = delivery.sequence;
      if (this.left > 0) {
        this.left--;
        session.host.countQueued(-1);
      }
      this.#passOn(delivery);
    }
    this.#doubtful = false;
    this.#more = page.length >= window;
    // (Should the store have less than was counted, the count follows it.)
    if (!this.#more) this.#uncount();
  }

  #passOn(delivery: Delivery): void {
    if (this.#left) return;
    const { message } = delivery;
    const group = this.#groupOf(delivery);
    const asked = group === null ? null : membersAsked(this.#broker, message, group);
    if (asked === null) {
      this.#settle(delivery, group);
      return;
    }
    (message.original ?? message).keep();
    this.#asked.add(delivery);
    void asked.then(() => {
      this.#asked.delete(delivery);
      this.#passOn(delivery);
      this.goOn();
    });
  }

  /** The group it goes to: null when it goes to nobody. */
  #groupOf({ group, qos, packetId }: Delivery): RouteGroup | null {
    // A QoS 2 message the client has begun to take belongs to it alone. [MQTT-4.8.2-5]
    if (group === null || (qos === 2 && packetId > 0)) return null;
    return this.#groups.current(group);
  }

  /** It goes to another member, if there is one, and leaves the store. */
  #settle(delivery: Delivery, group: RouteGroup | null): void {
    const { session } = this;
    const { host } = session;
    const expired = group !== null && delivery.message.expiresAt <= host.now();
    if (expired) host.dropped(session, delivery.message, "expired");
    if (expired || group === null || !deliverAgainNow(this.#broker, delivery.message, group)) {
      // (What was sent may well have arrived.)
      if (!expired && (delivery.packetId === 0 || group !== null)) this.#broker.stats.messagesDropped++;
      host.qosDropped?.(session, delivery);
    }
    if (this.#settled !== null) this.#settled.push(delivery);
    else this.#broker.persistence!.passedOn(session, delivery);
  }

  /** They go with the session. */
  #drop(count: number): void {
    this.#broker.stats.messagesDropped += count;
    this.#uncount();
  }

  #uncount(): void {
    if (this.left > 0) this.session.host.countQueued(-this.left);
    this.left = 0;
  }

  #end(): void {
    this.#over = true;
    this.#broker.persistence?.ended(this.session);
    if (this.#settled !== null) return;
    this.#readers.remove(this);
    this.#waiter?.resolve(true);
  }

  /** Resolves when the client id is free, or with false when the storage fails first. */
  free(): Promise<boolean> {
    if (this.#failed || this.#broker.persistence!.failing) return Promise.resolve(false);
    const { promise } = this.#waiter ??= Promise.withResolvers<boolean>();
    this.goOn();
    return promise;
  }

  /** Nobody waits for the client id: it may take any time. */
  refuse(): void {
    this.#waiter?.resolve(false);
    this.#waiter = null;
  }

  /** The storage has lost what it had: only what is in memory can still be passed on. */
  tellAgain(): void {
    const { persistence } = this.#broker;
    persistence!.ending(this.#record!);
    for (const delivery of this.#asked) persistence!.put(this.session, delivery);
  }
}

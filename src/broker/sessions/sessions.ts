/** All sessions: the one place where a client id is claimed, and where a session ends. */

import type { Client } from "../../hook/client.ts";
import { Reasons } from "../../packets/reason.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import type { ProtocolVersion, QoS, SubscribeOptions } from "../../packets/types.ts";
import { NEVER } from "../../session/message.ts";
import type { Outlet } from "../../session/outlet.ts";
import type { RouteGroup } from "../../session/route.ts";
import { Session } from "../../session/session.ts";
import type { PendingWill } from "../../session/will.ts";
import { SharedGroup } from "../../session/shared_group.ts";
import { Subscription } from "../../session/subscription.ts";
import { parseShared } from "../../topics/names.ts";
import { textKey } from "../../topics/text_key.ts";
import { anotherIsThere, deliverAgainNow } from "../delivery/deliver.ts";
import type { SubscriptionIndex } from "../../topics/subscription_index.ts";
import type { Subscriber } from "../delivery/routes.ts";
import type { Durable } from "../durability/durable.ts";
import type { TakeOvers } from "../ends/take_overs.ts";
import type { Sweeper } from "./sweeper.ts";
import type { Wills } from "./wills.ts";
import { HandOvers } from "./hand_overs.ts";
import type { ReceiveRights } from "../../session/receive_rights.ts";

/** Between two looks at a queue for what has expired, at least. */
const SWEEP_MS = 10_000;

/** What sessions need of the broker. */
export interface SessionParts extends Durable {
  readonly subscriptions: SubscriptionIndex<Subscriber>;
  readonly wills: Wills;
  readonly takeOvers: TakeOvers;
  readonly sweeper: Sweeper;
}

/** A connection that takes over a session. */
export interface Attached extends Outlet {
  readonly version: ProtocolVersion;
  /** A 3.x client that calls itself a bridge. */
  readonly bridge: boolean;
}

export interface Claimed {
  readonly session: Session;
  /** It was there before. */
  readonly present: boolean;
  /** The will its client has come back in time for. */
  readonly spared: PendingWill | null;
}

export class Sessions {
  readonly #broker: SessionParts;
  /** By `textKey` of the client id. */
  readonly #byId: Map<string, Session> = new Map();
  /** By `group/filter`. */
  readonly #groups: Map<string, SharedGroup> = new Map();
  /** Those that have ended and are still in the storage. */
  readonly handOvers: HandOvers;

  constructor(broker: SessionParts) {
    this.#broker = broker;
    this.handOvers = new HandOvers(broker, this);
  }

  get size(): number {
    return this.#byId.size;
  }

  get(clientId: string): Session | undefined {
    return this.#byId.get(textKey(clientId));
  }

  all(): IterableIterator<Session> {
    return this.#byId.values();
  }

  /** An id nobody has. [MQTT-3.1.3-6] */
  newClientId(): string {
    return `auto-${crypto.randomUUID()}`;
  }

  /**
   * The client id is the caller's from now on; whoever had it is disconnected [MQTT-3.1.4-3]. Null when
   * there are too many sessions. A promise when the storage still has an earlier session under that id: true when it
   * can be claimed, false when the storage does not let go of it for now.
   */
  claim(client: Client): Claimed | Promise<boolean> | null {
    const { id: clientId, cleanStart } = client;
    const broker = this.#broker;
    const old = this.#byId.get(textKey(clientId))?.outlet;
    if (old) {
      broker.hooks.notify("onTakeOver", old.client!, client);
      broker.takeOvers.note(old.client!, client);
      // A session that was to end with its connection ends here and now.
      old.disconnect(Reasons.sessionTakenOver, { code: "session-taken-over", by: client.remoteAddress });
    }
    let session = this.#byId.get(textKey(clientId));
    if (session !== undefined && cleanStart) {
      // [MQTT-3.1.2-4]
      this.end(session);
      session = undefined;
    }
    if (session !== undefined) {
      // The client is back before its will was due. [MQTT-3.1.3-9]
      const spared = session.pendingWill;
      session.pendingWill = null;
      return { session, present: true, spared };
    }
    const ending = this.handOvers.get(clientId);
    if (ending !== undefined) return ending.free();
    if (this.#byId.size + this.handOvers.size >= broker.limits.sessions) return null;
    session = new Session(clientId, broker.sessionHost);
    this.#byId.set(textKey(clientId), session);
    return { session, present: false, spared: null };
  }

  /**
   * A session of an earlier run, not connected; null when it is there already or there are too many. `promised`: what it
   * has was acknowledged, it is there however many there may be by now.
   */
  restore(clientId: string, promised: boolean): Session | null {
    if (this.#byId.has(textKey(clientId))) return null;
    if (!promised && this.#byId.size >= this.#broker.limits.sessions) return null;
    const session = new Session(clientId, this.#broker.sessionHost);
    this.#byId.set(textKey(clientId), session);
    return session;
  }

  /** After CONNACK: the session sends what it owes. `rights`: to what waits; null: they need not be looked at. */
  attach(session: Session, connection: Attached, receiveMaximum: number, rights: ReceiveRights | null): void {
    const { hooks, subscriptions } = this.#broker;
    const before = session.client;
    session.client = connection.client;
    session.optionsHold = connection.version === 5 || connection.bridge;
    // What it may receive depends on who it is and where it comes from: any of it may have changed.
    const another = before !== null && hooks.on.onAclCheck.length > 0;
    if (another) {
      for (const filter of session.subscriptions.keys()) {
        subscriptions.touch(parseShared(filter)?.filter ?? filter);
      }
    }
    if (rights !== null) {
      session.rights = rights;
      // (What came since they were asked for was allowed when it came.)
      session.withhold((message) => rights.get(message.topic) !== false);
      rights.bound();
      session.allowedAt = rights.generation;
    }
    session.attach(connection, receiveMaximum);
    session.pump();
  }

  subscribe(session: Session, options: SubscribeOptions, qos: QoS, identifier: number): void {
    const { subscriptions, stats } = this.#broker;
    const shared = options.filter.startsWith("$share/") ? parseShared(options.filter) : null;
    // (In 3.x it is the bridge it is for, or a hook, that says so.)
    if (options.noLocal || options.retainAsPublished) session.optionsHold = true;
    const known = session.subscriptions.get(options.filter);
    if (known !== undefined) {
      known.set(options, qos, identifier);
      this.#broker.persistence?.subscribed(known, options.retainHandling);
      subscriptions.touch(shared?.filter ?? options.filter);
      return;
    }
    let group: SharedGroup | null = null;
    if (shared !== null) {
      const key = `${shared.group}/${shared.filter}`;
      group = this.#groups.get(key) ?? null;
      if (group === null) {
        group = new SharedGroup(shared.group, shared.filter);
        this.#groups.set(key, group);
        subscriptions.add(shared.filter, group);
      }
    }
    const subscription = new Subscription(session, options.filter, group);
    subscription.set(options, qos, identifier);
    session.subscriptions.set(options.filter, subscription);
    stats.subscriptions++;
    if (group !== null) stats.sharedSubscriptions++;
    this.#broker.persistence?.subscribed(subscription, options.retainHandling);
    if (group !== null) {
      group.add(subscription);
      // (What was computed for its topics names its members.)
      subscriptions.touch(group.filter);
    } else subscriptions.add(options.filter, subscription);
  }

  /** Somebody has a shared subscription. */
  get anyGroups(): boolean {
    return this.#groups.size > 0;
  }

  /** The group of `$share/group/filter`, when it has members. */
  group(filter: string): SharedGroup | null {
    const shared = parseShared(filter);
    return shared === null ? null : this.#groups.get(`${shared.group}/${shared.filter}`) ?? null;
  }

  /** It may have lost its last member since, and got a new one; null: it has none. */
  current(group: RouteGroup): RouteGroup | null {
    return group.members.length > 0 ? group : this.group(group.key);
  }

  /** How many subscribe to exactly this filter; the size of the group when it is a shared one. */
  subscribers(filter: string): number {
    const shared = parseShared(filter);
    if (shared !== null) return this.#groups.get(`${shared.group}/${shared.filter}`)?.members.length ?? 0;
    return this.#broker.subscriptions.count(filter, (entry) => !(entry instanceof SharedGroup));
  }

  /** False when there was none. */
  unsubscribe(session: Session, filter: string): boolean {
    const subscription = session.subscriptions.get(filter);
    if (subscription === undefined) return false;
    session.subscriptions.delete(filter);
    this.#broker.stats.subscriptions--;
    this.#broker.persistence?.unsubscribed(session, filter);
    const { group } = subscription;
    if (group === null) {
      this.#broker.subscriptions.remove(filter, subscription);
      return true;
    }
    this.#broker.stats.sharedSubscriptions--;
    group.remove(subscription);
    this.#broker.subscriptions.touch(group.filter);
    if (group.members.length === 0) {
      this.#groups.delete(`${group.name}/${group.filter}`);
      this.#broker.subscriptions.remove(group.filter, group);
    }
    return true;
  }

  /** The session is over: its will is due, its subscriptions go, what it owed a shared group goes to another. */
  end(session: Session): void {
    if (session.ended) return;
    session.ended = true;
    this.#byId.delete(textKey(session.clientId));
    const groups = [...session.subscriptions.values()].map(({ group }) => group);
    this.#unsubscribeAll(session);
    const pending = session.pendingWill;
    session.pendingWill = null;
    // [MQTT-3.1.2-10]
    if (pending !== null) void this.#broker.wills.publish(session, pending.will);
    this.handOvers.begin(session, groups.some((group) => group !== null && group.members.length > 0));
    // Remembered routes may name the session for a while; what its client said in CONNECT does not stay with it.
    session.client = null;
    session.received = null;
  }

  #unsubscribeAll(session: Session): void {
    const filters = [...session.subscriptions.keys()];
    for (const filter of filters) this.unsubscribe(session, filter);
    const { hooks } = this.#broker;
    if (filters.length === 0 || hooks.on.onUnsubscribed.length === 0 || session.client === null) return;
    hooks.notify(
      "onUnsubscribed",
      session.client,
      { type: 10, packetId: 0, filters, properties: NO_PROPERTIES },
      filters.map(() => 0),
      filters.map((filter) => this.subscribers(filter)),
    );
  }

  /**
   * The member of a shared subscription is gone for now: what was not sent to it yet goes to another one that is
   * there and may have it. What was sent waits for its return, and so does that about which access control has yet to
   * answer.
   */
  redispatch(session: Session, now: number): void {
    session.waiting?.take(
      ({ group, message }) =>
        // (Where the store takes its time it may be back by now.)
        session.outlet === null && group !== null && message.expiresAt > now &&
        anotherIsThere(this.#broker, message, group, session),
      (delivery) => {
        if (deliverAgainNow(this.#broker, delivery.message, delivery.group!, session)) return;
        this.#broker.stats.messagesDropped++;
        this.#broker.sessionHost.qosDropped?.(session, delivery);
      },
    );
  }

  /** Without a connection: something may be due later. */
  watch(session: Session, now: number): void {
    const next = this.due(session, now);
    if (next > 0) this.#broker.deadlines.add(session, this.#broker.clock.due(next));
  }

  /** When its queue is to be looked at for what has expired; now: it is. */
  #sweepTime(session: Session, now: number): number {
    const expires = session.waiting?.expires ?? NEVER;
    if (expires === NEVER) return NEVER;
    const at = Math.max(expires, session.sweptAt + SWEEP_MS);
    if (at > now) return at;
    session.sweptAt = now;
    this.#broker.sweeper.add(session);
    return now + SWEEP_MS;
  }

  /** Does what is due by now; when to look again, 0: never. */
  due(session: Session, now: number): number {
    if (session.ended || session.outlet !== null) return 0;
    let next = Infinity;
    if (session.expiryInterval !== 0xffffffff) {
      // (One that had ended before this process began has none left, whatever the clock says by now.)
      const left = session.expiryInterval * 1000;
      next = left === 0 ? now : session.disconnectedAt + left;
      if (next <= now) {
        this.end(session);
        this.#broker.stats.sessionsExpired++;
        this.#broker.hooks.notify("onClientExpired", session.clientId);
        return 0;
      }
    }
    if (session.pendingWill !== null) {
      if (session.pendingWill.at <= now) {
        const { will } = session.pendingWill;
        session.pendingWill = null;
        void this.#broker.wills.publish(session, will);
        this.#broker.persistence?.changed(session);
      } else next = Math.min(next, session.pendingWill.at);
    }
    next = Math.min(next, this.#sweepTime(session, now));
    return next === Infinity ? 0 : next;
  }
}

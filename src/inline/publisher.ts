/** Publishes of the program itself: the way of a client's publish without packet, access control and acknowledgement. */

import type { Broker } from "../broker/broker.ts";
import { deliverToOne } from "../broker/delivery/deliver.ts";
import { clientFields } from "../broker/ends/ended.ts";
import { expiryTime } from "../broker/delivery/expiry.ts";
import { forwarded } from "../broker/delivery/forwarded.ts";
import { isServerTopic } from "../broker/access/access.ts";
import { askPublish, isPacket, type PublishOutcome, tellPublished } from "../hook/publish_events.ts";
import { CommitPromise } from "../core/commit_promise.ts";
import { mayReceive } from "../broker/access/receive_rights.ts";
import type { Routes } from "../broker/delivery/routes.ts";
import { type Client, INLINE_CLIENT_ID } from "../hook/client.ts";
import { isPromise, type MaybePromise } from "../core/maybe_promise.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import { publishFlags, PublishView } from "../hook/publish_view.ts";
import { Message } from "../session/message.ts";
import type { Session } from "../session/session.ts";
import type { TopicEntry } from "../topics/topic_table.ts";
import { SerialQueue } from "./serial_queue.ts";
import { own, type PublishRequest } from "./publish_request.ts";
import type { InlineSubscriptions } from "./subscriptions.ts";

export class Publisher {
  readonly #broker: Broker;
  readonly #client: Client;
  readonly #subscriptions: InlineSubscriptions;
  readonly #serial: SerialQueue = new SerialQueue();
  #commitPromise: CommitPromise | null = null;
  /** What waits for the server's data and hooks; null: they are there. */
  #early: PublishRequest[] | null = [];

  constructor(broker: Broker, client: Client, subscriptions: InlineSubscriptions) {
    this.#broker = broker;
    this.#client = client;
    this.#subscriptions = subscriptions;
  }

  publish(request: PublishRequest): Promise<Reason> {
    const { on } = this.#broker.hooks;
    if (this.#early !== null || this.#serial.busy || on.onPublish.length + on.onPublished.length > 0) {
      own(request);
    }
    if (this.#early !== null) {
      this.#early.push(request);
      return Promise.resolve(Reasons.success);
    }
    const answer = this.#serial.run(() => this.#ask(request));
    // (QoS 0 waits for nothing. What comes next is delivered meanwhile: it shares the commit.)
    return request.qos === 0 || this.#broker.persistence === null
      ? answer
      : answer.then((reason) => this.#kept(request, reason));
  }

  /** Once what it has changed is durable. */
  async #kept({ commitPromise }: PublishRequest, reason: Reason): Promise<Reason> {
    return commitPromise === null || await commitPromise.promise ? reason : Reasons.quotaExceeded;
  }

  #cannotKeep({ qos }: PublishRequest): boolean {
    const { overload, persistence, stats } = this.#broker;
    if (qos === 0) return false;
    if (overload.high) stats.refused.memory++;
    return overload.high || persistence?.failing === true;
  }

  /** It was delivered just now: the commit that begins next has it. */
  #settle(request: PublishRequest): void {
    const { turn } = this.#broker;
    if (request.qos === 0 || !turn.uncommitted) return;
    if (this.#commitPromise?.covers(turn) !== true) this.#commitPromise = new CommitPromise(turn);
    request.commitPromise = this.#commitPromise;
  }

  /** The server has its data and its hooks are ready. */
  open(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const request of early) {
      void this.#serial.run(() => this.#ask(request)).then(({ code, text }) => {
        if (code < 0x80) return;
        const reason = { reason: text, reasonCode: code };
        this.#broker.events.tell("early-publish-refused", { topic: request.topic, ...reason });
      });
    }
  }

  #ask(request: PublishRequest): MaybePromise<Reason> {
    const broker = this.#broker;
    const { capabilities, hooks } = broker;
    const { topic, payload, qos, retain, properties } = request;
    broker.stats.messagesReceived++;
    if (qos > capabilities.maximumQos) return this.#refused(Reasons.qosNotSupported);
    if (retain && !capabilities.retainAvailable) return this.#refused(Reasons.retainNotSupported);
    if (hooks.on.onPublish.length + hooks.on.onPublished.length === 0) {
      return this.#deliver(this.#message(request, request.owned), request);
    }
    const flags = publishFlags(qos, retain, false, 0);
    const packet = new PublishView(topic, payload, 0, payload.length, flags, properties);
    const asked = askPublish(broker.hooks, this.#client, packet);
    return isPromise(asked)
      ? asked.then((outcome) => this.#decided(packet, outcome, request))
      : this.#decided(packet, asked, request);
  }

  #refused(reason: Reason): Reason {
    this.#broker.stats.messagesDropped++;
    return reason;
  }

  /** What the hooks decided is done. */
  #decided(packet: PublishView, outcome: PublishOutcome, request: PublishRequest): MaybePromise<Reason> {
    const broker = this.#broker;
    if (outcome === "accept") {
      this.#tell(packet);
      return Reasons.success;
    }
    if (!isPacket(outcome)) return this.#refused(outcome === "drop" ? Reasons.success : outcome);
    const message = this.#message(outcome, true);
    if (message === null) {
      broker.events.tell("hook-failed", {
        ...clientFields(this.#client),
        topic: outcome.topic,
        method: "onPublish",
        detail: "a hook changed a topic into what is none",
      });
      return this.#refused(Reasons.topicNameInvalid);
    }
    const told = (reason: Reason): Reason => {
      this.#tell(outcome);
      return reason;
    };
    const done = this.#deliver(message, request);
    return isPromise(done) ? done.then(told) : told(done);
  }

  #tell(packet: PublishView): void {
    if (!isServerTopic(packet.topic)) tellPublished(this.#broker.hooks, this.#client, packet);
  }

  /** Null: a hook has made the topic one that cannot be published to. */
  #message(from: PublishView | PublishRequest, owned: boolean): Addressed | null {
    const broker = this.#broker;
    const { topic, payload, qos, retain, properties } = from;
    const entry = broker.distributor.topicEntry(topic);
    if (entry === null) return null;
    const message = new Message(
      entry.topic,
      entry.raw,
      payload,
      0,
      payload.length,
      qos,
      retain,
      INLINE_CLIENT_ID,
      owned,
      forwarded(properties),
      expiryTime(broker, properties.messageExpiryInterval),
    );
    return { message, entry };
  }

  #deliver(addressed: Addressed | null, request: PublishRequest): MaybePromise<Reason> {
    const { to } = request;
    if (addressed === null) return this.#refused(Reasons.topicNameInvalid);
    if (to !== null) return this.#deliverTo(addressed.message, this.#broker.sessions.get(to), request);
    const { message, entry } = addressed;
    if (this.#cannotKeep(request)) return this.#refused(Reasons.quotaExceeded);
    const { pending } = this.#broker.distributor.router.of(entry);
    if (pending !== null) {
      // Access control is being asked about a subscriber: the order is kept, so what comes next waits as well.
      message.own();
      return pending.then(() => {
        // (Nobody has answered: it would not reach who may have it.)
        if (this.#broker.hooks.ended) return this.#refused(Reasons.serverShuttingDown);
        return this.#deliver(addressed, request);
      });
    }
    const before = this.#subscriptions.skipped;
    const count = this.#broker.distributor.distribute(message, entry, null);
    this.#settle(request);
    if (count === null) return Reasons.quotaExceeded;
    return count > this.#subscriptions.skipped - before ? Reasons.success : Reasons.noMatchingSubscribers;
  }

  #deliverTo(message: Message, session: Session | undefined, request: PublishRequest): MaybePromise<Reason> {
    const broker = this.#broker;
    if (session === undefined || (message.qos === 0 && session.outlet === null)) {
      return this.#refused(Reasons.noMatchingSubscribers);
    }
    const allowed = mayReceive(broker.hooks, session, message.topic);
    if (isPromise(allowed)) message.own();
    const go = (yes: boolean): MaybePromise<Reason> => {
      if (!yes) return this.#refused(Reasons.notAuthorized);
      if (this.#cannotKeep(request)) return this.#refused(Reasons.quotaExceeded);
      // (It ended while access control was asked. The next one of the client id has nothing of it but its name.)
      if (session.ended) return this.#deliverTo(message, broker.sessions.get(session.clientId), request);
      deliverToOne(broker, session, message);
      this.#settle(request);
      return Reasons.success;
    };
    return isPromise(allowed) ? allowed.then(go) : go(allowed);
  }
}

interface Addressed {
  readonly message: Message;
  readonly entry: TopicEntry<Routes>;
}

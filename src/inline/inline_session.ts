/**
 * One inline subscription as the broker sees it: a session of its own, so that overlapping subscriptions each get
 * their copy, with a bounded queue that a handler empties. It is not among the sessions of clients.
 */

import type { Broker } from "../broker/broker.ts";
import { deliverRetained } from "../broker/delivery/deliver.ts";
import { INLINE_CLIENT_ID } from "../hook/client.ts";
import type { QoS } from "../packets/types.ts";
import { type Message, NEVER } from "../session/message.ts";
import { Queue } from "../core/queue.ts";
import { Retain } from "../session/retain.ts";
import { Session } from "../session/session.ts";
import type { Subscription } from "../session/subscription.ts";
import { InlineOutlet } from "./outlet.ts";
import type { Handle } from "./subscription.ts";

/** With fewer waiting than that retained messages are fetched. */
const FETCH = 64;
/** How often that is tried when a subscription is made. */
const STEPS = 512;

/** What waits for the handler. */
export interface QueuedMessage {
  readonly message: Message;
  readonly retained: boolean;
}

/** What a session tells those that made it. */
export interface InlineSessionHost {
  readonly broker: Broker;
  /** There is something for its handler. */
  wake(session: InlineSession): void;
  /** A message was not for it, because the program published it itself. */
  passedOver(): void;
}

export class InlineSession extends Session {
  /** Whose handler is called. */
  handle: Handle;
  noLocal = false;
  /** The one whose handler's promise is awaited. */
  awaited: Handle | null = null;
  /** It stands among those whose handlers are to be called. */
  ready = false;
  readonly #owner: InlineSessionHost;
  readonly #inlineOutlet: InlineOutlet = new InlineOutlet();
  readonly #waiting: Queue<QueuedMessage> = new Queue();
  #bytes = 0;
  /** Topics whose retained messages are still to come. */
  #replay: Iterator<string, void> | null = null;

  constructor(owner: InlineSessionHost, handle: Handle) {
    super(INLINE_CLIENT_ID, owner.broker.sessionHost);
    this.#owner = owner;
    this.handle = handle;
    this.outlet = this.#inlineOutlet;
  }

  /** What the machine's clock is ahead of the time by which messages expire. */
  get clockOffset(): number {
    return this.#owner.broker.clock.offset;
  }

  override get queuedCount(): number {
    return this.#waiting.length;
  }

  override get filling(): boolean {
    return this.#fuller(2);
  }

  /** The handler still has something to do. */
  get busy(): boolean {
    return this.awaited !== null || this.#waiting.length > 0;
  }

  get subscription(): Subscription | undefined {
    return this.subscriptions.get(this.handle.filter);
  }

  override send(message: Message, retain: Retain): boolean {
    if (this.ended) return true;
    if (this.noLocal && message.publisher === INLINE_CLIENT_ID) this.#owner.passedOver();
    else if (this.#makeRoom(message)) {
      // (Only a retained message for a new subscription comes with the flag: nobody asks for retain as published.)
      message.own();
      this.#waiting.push({ message, retained: retain !== Retain.NO });
      this.#bytes += message.size;
      this.host.countQueued(1);
      if (this.filling) this.#fallBehind();
      this.#owner.wake(this);
    }
    return true;
  }

  override deliver(message: Message, _qos: QoS, retain: Retain): boolean {
    return this.send(message, retain);
  }

  /** False: there is none for it. */
  #makeRoom(message: Message): boolean {
    const { host } = this;
    const { size } = message;
    if (size > host.maximumQueuedBytes) {
      host.dropped(this, message, "queueFull");
      return false;
    }
    while (
      this.#waiting.length >= host.maximumQueuedMessages || this.#bytes + size > host.maximumQueuedBytes
    ) {
      const victim = host.dropOldest ? this.#shift() : undefined;
      host.dropped(this, victim?.message ?? message, "queueFull");
      if (victim === undefined) return false;
    }
    return true;
  }

  /** Fuller than that part of what it may hold. */
  #fuller(part: number): boolean {
    const { maximumQueuedMessages, maximumQueuedBytes } = this.host;
    return this.#waiting.length * part > maximumQueuedMessages || this.#bytes * part > maximumQueuedBytes;
  }

  #fallBehind(): void {
    const alone = (this.subscription?.group ?? null) === null;
    if (!alone) this.#inlineOutlet.congested = true;
    this.host.filling(this.#inlineOutlet);
  }

  /** The retained messages of its filter: a few now, before anything else can come, more as it has room for them. */
  replayRetained(): void {
    this.#replay = this.#owner.broker.retained.match(this.handle.filter);
    for (let i = 0; i < STEPS && this.#replay !== null && this.#waiting.length < FETCH; i++) {
      this.#fetch(this.#replay);
    }
    this.#owner.wake(this);
  }

  /** What of them was not fetched yet does not come any more. */
  endReplay(): void {
    this.#replay = null;
  }

  /** The next one for the handler. `later`: there may be more, but it takes another step to find it. */
  next(): QueuedMessage | "later" | undefined {
    if (this.#replay !== null && this.#waiting.length < FETCH) this.#fetch(this.#replay);
    const next = this.#shift();
    if (next === undefined) return this.#replay === null ? undefined : "later";
    const { expiresAt } = next.message;
    if (expiresAt === NEVER || expiresAt > this.host.now()) return next;
    this.host.dropped(this, next.message, "expired");
    return "later";
  }

  #fetch(topics: Iterator<string, void>): void {
    const { broker } = this.#owner;
    const { subscription } = this;
    const step = topics.next();
    if (step.done === true || subscription === undefined) {
      this.#replay = null;
      return;
    }
    const message = step.value === "" ? undefined : broker.retained.get(step.value);
    if (message !== undefined) deliverRetained(broker, subscription, message);
  }

  #shift(): QueuedMessage | undefined {
    const first = this.#waiting.shift();
    if (first === undefined) return undefined;
    this.#bytes -= first.message.size;
    this.host.countQueued(-1);
    return first;
  }

  /** The handler was called for a while: whoever waits for it may go on when it has caught up. */
  progressed(): void {
    const outlet = this.#inlineOutlet;
    const { backlog } = outlet;
    if (backlog === null) return;
    backlog.progressAt = this.#owner.broker.clock.monotonic();
    if (this.#fuller(8)) return;
    outlet.congested = false;
    if (this.#waiting.length === 0) backlog.slow = false;
    this.#owner.broker.pressure.remove(outlet);
  }

  /** It is over; what was not given to the handler. */
  end(): Message[] {
    this.ended = true;
    this.#replay = null;
    const rest: Message[] = [];
    for (let next = this.#shift(); next !== undefined; next = this.#shift()) rest.push(next.message);
    this.outlet = null;
    this.client = null;
    this.#owner.broker.pressure.remove(this.#inlineOutlet);
    this.#inlineOutlet.backlog = null;
    return rest;
  }
}

/** Retained messages: one per topic, gone when they expire. MQTT 5.0 section 3.3.1.3. */

import { INLINE_CLIENT_ID } from "../../hook/client.ts";
import { type Message, NEVER } from "../../session/message.ts";
import { RetainedIndex } from "../../topics/retained_index.ts";
import type { Durable } from "../durability/durable.ts";
import { isServerTopic } from "../access/access.ts";
import type { Timed } from "../../core/deadlines.ts";
import { shownMessage } from "./shown_message.ts";

export class Retained {
  readonly #broker: Durable;
  readonly #index: RetainedIndex<Message> = new RetainedIndex<Message>();

  /** By topic whose value will expire: one deadline each, however often the value changes. */
  readonly #watched: Map<string, Expiry> = new Map();

  /** How many of them are of the server's own topics. */
  #serverTopics = 0;

  constructor(broker: Durable) {
    this.#broker = broker;
  }

  /** Without what the server says of itself. */
  get size(): number {
    return this.#index.size - this.#serverTopics;
  }

  /** The value of a topic that has not expired. */
  get(topic: string): Message | undefined {
    const message = this.#index.get(topic);
    if (message === undefined || message.expiresAt === NEVER) return message;
    if (message.expiresAt > this.#broker.clock.now()) return message;
    this.#expire(message);
    return undefined;
  }

  match(filter: string): IterableIterator<string, void, void> {
    return this.#index.match(filter);
  }

  /** There is no room for one more topic. What the server says of itself always has some, and takes none from others. */
  full({ topic, payloadLength, publisher }: Message): boolean {
    if (payloadLength === 0 || publisher === "") return false;
    const kept = isServerTopic(topic) ? this.#index.size : this.size;
    return kept >= this.#broker.limits.retained && this.#index.get(topic) === undefined;
  }

  /** It takes more memory than what there is of its topic. */
  grows({ topic, payloadLength, publisher }: Message): boolean {
    return publisher !== "" && payloadLength > (this.#index.get(topic)?.payloadLength ?? 0);
  }

  /** Keeps the message, or removes what is there if it is empty. [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-7] */
  store(message: Message): void {
    const { persistence } = this.#broker;
    if (message.payloadLength === 0) {
      const removed = this.#index.get(message.topic);
      if (removed !== undefined) this.#remove(removed);
      else persistence?.retainedNothing();
      this.#tell(message, removed === undefined ? 0 : -1);
      return;
    }
    message.keepLong();
    if (isKept(message)) persistence?.retained(message);
    else {
      const before = this.#index.get(message.topic);
      if (before !== undefined && isKept(before)) persistence?.retainedGone(message.topic);
    }
    this.#set(message);
    this.#watch(message);
    this.#tell(message, 1);
  }

  #tell(message: Message, change: -1 | 0 | 1): void {
    const { hooks } = this.#broker;
    if (hooks.on.onRetainMessage.length === 0) return;
    hooks.notify("onRetainMessage", shownMessage(this.#broker, message), change);
  }

  /** Those a storage is told of. */
  *kept(): Generator<Message, void, void> {
    for (const message of this.#index.values()) if (isKept(message)) yield message;
  }

  /** A message of an earlier run. */
  restore(message: Message): void {
    this.#set(message);
    this.#watch(message);
  }

  #set(message: Message): void {
    const before = this.#index.get(message.topic);
    this.#index.set(message.topic, message);
    if (before !== undefined && !isKept(before)) this.#serverTopics--;
    if (!isKept(message)) this.#serverTopics++;
  }

  #remove(message: Message): void {
    this.#index.delete(message.topic);
    if (isKept(message)) this.#broker.persistence?.retainedGone(message.topic);
    else this.#serverTopics--;
  }

  #watch(message: Message): void {
    if (message.expiresAt === NEVER) return;
    let expiry = this.#watched.get(message.topic);
    if (expiry === undefined) this.#watched.set(message.topic, expiry = new Expiry(this, message.topic));
    this.#broker.deadlines.add(expiry, this.#broker.clock.due(message.expiresAt));
  }

  /** Removes what has expired at the topic; when to look again, for `Deadlines`, 0: never. */
  check(topic: string): number {
    const { clock } = this.#broker;
    const message = this.#index.get(topic);
    if (message !== undefined && message.expiresAt !== NEVER) {
      if (message.expiresAt > clock.now()) return clock.due(message.expiresAt);
      this.#expire(message);
    }
    this.#watched.delete(topic);
    return 0;
  }

  #expire(message: Message): void {
    this.#remove(message);
    this.#broker.stats.droppedExpired++;
    this.#broker.hooks.notify("onRetainedExpired", message.topic);
  }
}

/** What the server and its program say of themselves under `$SYS` they say again: a storage is not told of it. */
function isKept({ topic, publisher }: Message): boolean {
  return !isServerTopic(topic) || (publisher !== "" && publisher !== INLINE_CLIENT_ID);
}

class Expiry implements Timed {
  dueTick = 0;
  readonly #store: Retained;
  readonly #topic: string;
  constructor(store: Retained, topic: string) {
    this.#store = store;
    this.#topic = topic;
  }
  due(): number {
    return this.#store.check(this.#topic);
  }
}

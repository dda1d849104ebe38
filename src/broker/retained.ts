/** Retained messages: one per topic, gone when they expire. MQTT 5.0 section 3.3.1.3. */

import type { Message } from "../session/message.ts";
import { RetainedIndex } from "../topics/retained_index.ts";
import type { Broker } from "./broker.ts";
import { isServerTopic } from "./permission.ts";
import type { Timed } from "./deadlines.ts";

export class Retained {
  readonly #broker: Broker;
  readonly #index: RetainedIndex<Message> = new RetainedIndex<Message>();

  /** By topic whose value will expire: one deadline each, however often the value changes. */
  readonly #watched: Map<string, Expiry> = new Map();

  /** How many of them are of the server's own topics. */
  #serverTopics = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Without what the server says of itself. */
  get size(): number {
    return this.#index.size - this.#serverTopics;
  }

  /** The value of a topic that has not expired. */
  get(topic: string): Message | undefined {
    const message = this.#index.get(topic);
    if (message === undefined || message.expiresAt > this.#broker.clock.now()) return message;
    this.#expire(message);
    return undefined;
  }

  match(filter: string): Generator<string, void, void> {
    return this.#index.match(filter);
  }

  /** There is no room for one more topic. What the server says of itself always has some, and takes none from others. */
  full({ topic, payloadLength, publisher }: Message): boolean {
    if (payloadLength === 0 || publisher === "") return false;
    const kept = isServerTopic(topic) ? this.#index.size : this.size;
    return kept >= this.#broker.limits.retained && this.#index.get(topic) === undefined;
  }

  /** Keeps the message, or removes what is there if it is empty. [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-7] */
  store(message: Message): void {
    const { hooks } = this.#broker;
    if (message.payloadLength === 0) {
      const removed = this.#delete(message.topic);
      if (removed) this.#gone(message.topic);
      else this.#broker.persistence?.retainedNothing();
      if (hooks.on.onRetainMessage.length > 0) hooks.notify("onRetainMessage", message, removed ? -1 : 0);
      return;
    }
    message.keepLong();
    this.#set(message);
    // (What the server says of itself it says again.)
    if (!isServerTopic(message.topic)) this.#broker.persistence?.retained(message);
    this.#watch(message);
    if (hooks.on.onRetainMessage.length > 0) hooks.notify("onRetainMessage", message, 1);
  }

  /** Those a storage is told of. */
  *kept(): Generator<Message, void, void> {
    for (const message of this.#index.values()) if (!isServerTopic(message.topic)) yield message;
  }

  /** A message of an earlier run. */
  restore(message: Message): void {
    this.#set(message);
    this.#watch(message);
  }

  #set(message: Message): void {
    const before = this.#index.size;
    this.#index.set(message.topic, message);
    if (this.#index.size > before && isServerTopic(message.topic)) this.#serverTopics++;
  }

  /** True when there was one. */
  #delete(topic: string): boolean {
    if (!this.#index.delete(topic)) return false;
    if (isServerTopic(topic)) this.#serverTopics--;
    return true;
  }

  #gone(topic: string): void {
    if (!isServerTopic(topic)) this.#broker.persistence?.retainedGone(topic);
  }

  #watch(message: Message): void {
    if (message.expiresAt === Infinity) return;
    let expiry = this.#watched.get(message.topic);
    if (expiry === undefined) this.#watched.set(message.topic, expiry = new Expiry(this, message.topic));
    this.#broker.deadlines.add(expiry, message.expiresAt);
  }

  /** Removes what has expired at the topic; when to look again, 0: never. */
  check(topic: string, now: number): number {
    const message = this.#index.get(topic);
    if (message !== undefined && message.expiresAt !== Infinity) {
      if (message.expiresAt > now) return message.expiresAt;
      this.#expire(message);
    }
    this.#watched.delete(topic);
    return 0;
  }

  #expire(message: Message): void {
    this.#delete(message.topic);
    this.#gone(message.topic);
    this.#broker.stats.droppedExpired++;
    this.#broker.hooks.notify("onRetainedExpired", message.topic);
  }
}

class Expiry implements Timed {
  dueTick = 0;
  readonly #store: Retained;
  readonly #topic: string;
  constructor(store: Retained, topic: string) {
    this.#store = store;
    this.#topic = topic;
  }
  due(now: number): number {
    return this.#store.check(this.#topic, now);
  }
}

/**
 * The one place where a publish leaves for its subscribers, whoever it comes from: a client, the program, a will, the server
 * itself.
 */

import { decodeUtf8 } from "../../packets/utf8.ts";
import type { Message } from "../../session/message.ts";
import type { Session } from "../../session/session.ts";
import type { SubscriptionIndex } from "../../topics/subscription_index.ts";
import { type TopicEntry, TopicTable } from "../../topics/topic_table.ts";
import type { Core } from "../core.ts";
import { deliverTo } from "./deliver.ts";
import type { Retained } from "./retained.ts";
import { Router, type Routes, type Subscriber } from "./routes.ts";

const encoder = new TextEncoder();

export class Distributor {
  /** What is remembered of topics. */
  readonly topics: TopicTable<Routes>;
  readonly router: Router;
  readonly #core: Core;
  readonly #retained: Retained;
  #scratch = new Uint8Array(1024);

  constructor(core: Core, subscriptions: SubscriptionIndex<Subscriber>, retained: Retained) {
    this.#core = core;
    this.#retained = retained;
    this.router = new Router(subscriptions, core.hooks);
    this.topics = new TopicTable<Routes>({
      maximumLength: core.limits.topicLength,
      maximumLevels: core.limits.topicLevels,
      decode: decodeUtf8,
      locate: (topic, key) => subscriptions.locate(topic, key),
    });
  }

  /** What is remembered of a topic; null when it is not one that may be published to. */
  topicEntry(topic: string): TopicEntry<Routes> | null {
    if (this.#scratch.length < topic.length * 3) this.#scratch = new Uint8Array(topic.length * 3);
    const { written, read } = encoder.encodeInto(topic, this.#scratch);
    return read === topic.length ? this.topics.get(this.#scratch, 0, written) : null;
  }

  /**
   * An accepted message goes where it belongs: retained, and to its subscribers. How many it went to, or null
   * when there is no room to retain it; then it went nowhere.
   */
  distribute(message: Message, entry: TopicEntry<Routes>, origin: Session | null): number | null {
    if (message.retain) {
      const { stats } = this.#core;
      if (this.#retained.full(message)) {
        stats.refused.retained++;
        stats.messagesDropped++;
        return null;
      }
      this.#retained.store(message);
    }
    const routes = this.router.of(entry);
    if (routes.pending === null) return deliverTo(this.#core, message, routes, origin);
    // Access control is still being asked about somebody, and this message's publisher does not wait.
    message.keep();
    this.#distributeLater(message, entry, origin, routes.pending);
    return 1;
  }

  #distributeLater(
    message: Message,
    entry: TopicEntry<Routes>,
    origin: Session | null,
    known: Promise<void>,
  ): void {
    void known.then(() => {
      // (Somebody may have subscribed meanwhile about whom it is asked now.)
      const routes = this.router.of(entry);
      if (routes.pending === null) deliverTo(this.#core, message, routes, origin);
      else this.#distributeLater(message, entry, origin, routes.pending);
    });
  }
}

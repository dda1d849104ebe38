/**
 * Retained messages on their way to a new subscription, a few at a time: a `#` over a million topics neither
 * blocks the loop nor fills the memory, it goes as fast as the client reads.
 */

import { soon } from "../runtime/turn.ts";
import type { Message } from "../session/message.ts";
import type { Subscription } from "../session/subscription.ts";
import type { Connection } from "./connection.ts";

/** Steps in one go, and QoS 1 and 2 messages that may wait in the session meanwhile. */
const STEPS = 512;
const WAITING = 64;

interface Replay {
  readonly topics: Iterator<string, void>;
  readonly subscription: Subscription;
}

export class RetainedBacklog {
  readonly #connection: Connection;
  readonly #replays: Replay[] = [];
  #scheduled = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  add(subscription: Subscription): void {
    this.#replays.push({
      topics: this.#connection.broker.retained.match(subscription.filter),
      subscription,
    });
    this.pump();
  }

  /** Sends until the client has enough; called again when it has taken some. */
  pump(): void {
    const connection = this.#connection;
    let steps = 0;
    while (this.#replays.length > 0) {
      const { session } = connection;
      if (session === null || connection.phase !== "open") return;
      if (connection.congested || session.queuedCount > WAITING) return;
      if (++steps > STEPS) {
        this.#later();
        return;
      }
      const { topics, subscription } = this.#replays[0]!;
      const next = topics.next();
      if (next.done === true) {
        this.#replays.shift();
        continue;
      }
      // Unsubscribed meanwhile.
      if (session.subscriptions.get(subscription.filter) !== subscription) {
        this.#replays.shift();
        continue;
      }
      if (next.value === "") continue;
      const message = connection.broker.retained.get(next.value);
      if (message !== undefined) this.#send(message, subscription);
    }
    if (connection.retained === this) connection.retained = null;
  }

  /** RETAIN is set: it is not a live message. [MQTT-3.3.1-8] */
  #send(message: Message, subscription: Subscription): void {
    const { session } = subscription;
    // Its own, from whichever of its connections. [MQTT-3.8.3-3]
    if (subscription.noLocal && message.publisher === session.clientId) return;
    if (!this.#connection.broker.router.mayReceive(session, message.topic)) return;
    const qos = message.qos < subscription.qos ? message.qos : subscription.qos;
    if (qos === 0) session.send(message, true, subscription.identifiers);
    else session.deliver(message, qos, true, subscription.identifiers, null);
  }

  #later(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    soon(() => {
      this.#scheduled = false;
      this.pump();
    });
  }
}

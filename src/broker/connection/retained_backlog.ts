/**
 * Retained messages on their way to a new subscription, a few at a time: a `#` over a million topics neither
 * blocks the loop nor fills the memory, it goes as fast as the client reads.
 */

import type { Session } from "../../session/session.ts";
import type { Subscription } from "../../session/subscription.ts";
import type { Link } from "./link.ts";
import { clientName } from "./client_name.ts";
import { deliverRetained } from "../delivery/deliver.ts";
import { mayReceive } from "../access/receive_rights.ts";
import { CHECK, type SlicedWork } from "../../core/slices.ts";

/** QoS 1 and 2 messages that may wait in the session meanwhile. */
const WAITING = 64;
/** What a step costs, in units of work. */
const STEP = 3;

interface Replay {
  readonly topics: Iterator<string, void>;
  readonly subscription: Subscription;
}

export class RetainedBacklog implements SlicedWork {
  readonly #connection: Link;
  readonly #replays: Replay[] = [];
  waitsForSlice = false;
  /** Access control takes its time. */
  #waiting = false;

  constructor(connection: Link) {
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
    const { slices } = connection.broker;
    if (this.waitsForSlice) return;
    while (this.#replays.length > 0) {
      const { session } = connection;
      if (session === null || connection.phase !== "open" || this.#waiting) return;
      if (connection.congested || session.queuedCount > WAITING) return;
      slices.units += STEP;
      if (slices.exhausted || (slices.units >= CHECK && slices.over(connection.input.slice))) {
        slices.wait(this);
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
      if (message === undefined) continue;
      // Its own, from whichever of its connections. [MQTT-3.8.3-3]
      if (subscription.noLocal && message.publisher === session.clientId) continue;
      const allowed = mayReceive(connection.broker.hooks, session, message.topic);
      if (allowed === true) deliverRetained(connection.broker, subscription, message);
      else if (allowed !== false) this.#waitFor(allowed, message.topic, session, subscription);
    }
    if (connection.retained === this) connection.retained = null;
  }

  #waitFor(answer: Promise<boolean>, topic: string, session: Session, subscription: Subscription): void {
    this.#waiting = true;
    void answer.then((allowed) => {
      this.#waiting = false;
      const there = session.subscriptions.get(subscription.filter) === subscription;
      // (Another may be there by now, or none.)
      const message = this.#connection.broker.retained.get(topic);
      if (
        allowed && there && session.outlet === this.#connection && message !== undefined &&
        !(subscription.noLocal && message.publisher === session.clientId)
      ) deliverRetained(this.#connection.broker, subscription, message);
      this.pump();
    });
  }

  workName(): string {
    return `retained messages ${clientName(this.#connection)}`;
  }

  goOn(): void {
    this.pump();
  }
}

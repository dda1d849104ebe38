/** Subscribes and unsubscribes, and knows which messages it has to get and which it must not. */

import { setTimeout } from "node:timers";
import type { Packet } from "../../../src/packets/types.ts";
import type { TestClient } from "../../harness/client.ts";
import type { Sent } from "./ledger.ts";
import type { PeerOptions } from "./peer.ts";
import { Subscriber } from "./subscriber.ts";

/** A time in which it was certain. */
interface Span {
  readonly on: boolean;
  readonly from: number;
  to: number;
}

export class Toggler extends Subscriber {
  readonly #filter: string;
  readonly #spans: Span[] = [];
  /** What was asked for last. */
  #on = false;
  #waits = false;
  /** The packet id of what it waits for. */
  #packetId = 0;

  constructor(options: PeerOptions, filter: string) {
    super(options, filter, 2);
    this.#filter = filter;
  }

  /** After everything has come: what should have come, and did not, and the other way round. */
  check(messages: Iterable<Sent>): void {
    for (const message of messages) {
      if (!message.topic.startsWith("toggle/")) continue;
      const span = this.#spans.find(({ from, to }) => from < message.sentAt && message.doneAt < to);
      if (span === undefined || message.doneAt === 0) continue;
      const count = this.countOf(message);
      const name = `${message.publisher} ${message.number}`;
      if (span.on && count === 0) this.violation(`${name} did not come while it was subscribed`);
      if (!span.on && count > 0) this.violation(`${name} came after UNSUBACK`);
    }
  }

  /** Everything that is certain to come has come. */
  complete(messages: Iterable<Sent>): boolean {
    for (const message of messages) {
      if (!message.topic.startsWith("toggle/") || message.refused || this.countOf(message) > 0) continue;
      if (this.#spans.some(({ on, from, to }) => on && from < message.sentAt && message.doneAt < to)) {
        return false;
      }
    }
    return true;
  }

  /** What came before SUBSCRIBE, and after it for a second time. */
  protected override mayComeLate(message: Sent): boolean {
    return message.transmissions > 1;
  }

  protected override begin(client: TestClient): void {
    super.begin(client);
    // Whether the last one was heard nobody knows: it is said again.
    if (!this.subscribed) return;
    if (this.#waits) this.#ask(client);
    else this.#later(client);
  }

  protected override take(client: TestClient, packet: Packet): void {
    if ((packet.type === 9 || packet.type === 11) && this.mayRefuse(packet.reasonCodes[0] ?? 0)) {
      // (It asks again when it is back.)
      return client.reset();
    }
    if (packet.type !== 11) super.take(client, packet);
    else if (this.version === 5 && packet.reasonCodes[0] !== 0 && packet.reasonCodes[0] !== 17) {
      this.violation(`UNSUBSCRIBE was answered ${packet.reasonCodes}`);
    }
    if (packet.type !== 9 && packet.type !== 11) return;
    if (packet.packetId === this.#packetId && this.#on === (packet.type === 9)) this.#answered(client);
    else this.violation(`an answer to what was not asked, packet id ${packet.packetId}`);
  }

  protected override subscribe(client: TestClient, filter: string): number {
    this.#on = true;
    this.#waits = true;
    return this.#packetId = super.subscribe(client, filter);
  }

  #answered(client: TestClient): void {
    this.#spans.push({ on: this.#on, from: this.ledger.tick(), to: Infinity });
    this.#waits = false;
    this.#later(client);
  }

  /** The other way round after a while. */
  #later(client: TestClient): void {
    setTimeout(() => {
      if (this.client !== client || this.#waits || this.steady) return;
      this.#on = !this.#on;
      this.#ask(client);
    }, this.random.below(15));
  }

  #ask(client: TestClient): void {
    this.#waits = true;
    const last = this.#spans.at(-1);
    if (last !== undefined && last.to === Infinity) last.to = this.ledger.tick();
    if (this.#on) {
      this.subscribe(client, this.#filter);
      return;
    }
    this.#packetId = client.id();
    client.send({ type: 10, packetId: this.#packetId, filters: [this.#filter], properties: {} });
  }
}

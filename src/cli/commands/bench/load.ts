/** Sends as fast as it goes, or at a rate, and counts what arrives. */

import { Client } from "../../../client/client.ts";
import type { ClientOptions } from "../../../client/options.ts";
import { CodedError } from "../../../core/errors.ts";
import { quote } from "../../../core/problem.ts";
import type { QoS } from "../../../packets/types.ts";
import { setTimeout } from "../../../runtime/timers.ts";
import { nextTurn } from "../../../runtime/turn.ts";
import { Histogram, type Spread } from "./histogram.ts";
import type { Scenario } from "./scenarios.ts";

export interface Load {
  readonly scenario: Scenario;
  readonly client: ClientOptions;
  readonly clients: number;
  readonly qos: QoS;
  /** Bytes of a payload, 8 at least: the time it was sent is in it. */
  readonly size: number;
  readonly seconds: number;
  /** Messages a second, all publishers together; null: as many as go. */
  readonly rate: number | null;
  readonly prefix: string;
}

export interface Result {
  readonly scenario: string;
  readonly clients: number;
  readonly qos: QoS;
  readonly bytes: number;
  readonly seconds: number;
  readonly connections: number;
  /** Milliseconds until CONNACK. */
  readonly connect: Spread | null;
  readonly connectionsPerSecond: number;
  readonly sent: number;
  readonly sentPerSecond: number;
  readonly received: number;
  readonly receivedPerSecond: number;
  readonly lost: number;
  /** Milliseconds from publish to arrival. */
  readonly latency: Spread | null;
}

export interface Progress {
  readonly seconds: number;
  readonly connections: number;
  readonly sent: number;
  readonly received: number;
}

/** Connections that are made at once. */
const AT_ONCE = 50;
/** Deliveries that may be under way: more would only measure the queues. */
const UNDER_WAY = 20_000;
/** Of one publisher in a turn. */
const BATCH = 64;
/** So long nothing arrives before what is missing counts as lost. */
const SILENCE_MS = 2000;
const LEAVING_MS = 2000;

export class Bench {
  sent = 0;
  received = 0;
  readonly #load: Load;
  readonly #open: Client[] = [];
  readonly #connect = new Histogram();
  readonly #latency = new Histogram();
  #closed = 0;
  #failure: Error | null = null;
  /** Who has to know of a failure. */
  readonly #failed = new Set<(error: Error) => void>();
  #started = performance.now();

  constructor(load: Load) {
    this.#load = load;
  }

  get progress(): Progress {
    const { sent, received } = this;
    return {
      seconds: (performance.now() - this.#started) / 1000,
      connections: this.#open.length,
      sent,
      received,
    };
  }

  /** Rejects when a connection is refused or lost. */
  async run(): Promise<Result> {
    const { scenario, prefix, clients, qos } = this.#load;
    try {
      const layout = scenario.layout?.(prefix, clients) ?? { topics: [], filters: [], copies: 0 };
      const begun = performance.now();
      const subscribers = await this.#clients(scenario.layout === null ? clients : layout.filters.length);
      const publishers = await this.#clients(layout.topics.length);
      const connecting = (performance.now() - begun) / 1000;
      const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
      await Promise.all(layout.filters.map(async (filter, i) => {
        const [code = 0x80] = await this.#unlessLost(
          subscribers[i]!.subscribe([{ filter, qos, ...options }]),
        );
        if (code >= 0x80) {
          throw new CodedError("filter-invalid", `The broker refuses the filter ${quote(filter)}`);
        }
      }));
      this.#started = performance.now();
      const seconds = publishers.length === 0
        ? 0
        : await this.#send(publishers, layout.topics, layout.copies);
      return this.#result(connecting, seconds, layout.copies);
    } finally {
      await this.#leave();
    }
  }

  /** Brokers are told, those that do not close are left. */
  async #leave(): Promise<void> {
    for (const client of this.#open) client.disconnect();
    const end = performance.now() + LEAVING_MS;
    while (this.#closed < this.#open.length && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #clients(count: number): Promise<Client[]> {
    const made: Client[] = [];
    const more = async (): Promise<void> => {
      while (made.length + waiting < count && this.#failure === null) {
        waiting++;
        const begun = performance.now();
        const client = await Client.connect(this.#load.client, {
          message: ({ payload }) => this.#arrived(payload),
          closed: (error) => {
            this.#closed++;
            this.#fail(error);
          },
        });
        this.#connect.add(performance.now() - begun);
        waiting--;
        made.push(client);
        this.#open.push(client);
      }
    };
    let waiting = 0;
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, more));
    if (this.#failure !== null) throw this.#failure;
    return made;
  }

  #arrived(payload: Uint8Array): void {
    this.received++;
    if (payload.length < 8) return;
    const sentAt = new DataView(payload.buffer, payload.byteOffset, 8).getFloat64(0);
    this.#latency.add(performance.now() - sentAt);
  }

  /** Seconds from the first message to the last that arrived. */
  async #send(publishers: readonly Client[], topics: readonly string[], copies: number): Promise<number> {
    const { scenario, seconds, rate } = this.#load;
    const begun = performance.now();
    const most = scenario.oneByOne === true ? 1 : Math.max(UNDER_WAY, copies);
    for (;;) {
      const elapsed = (performance.now() - begun) / 1000;
      if (elapsed >= seconds || this.#failure !== null) break;
      const allowed = rate === null ? Infinity : Math.floor(rate * elapsed) - this.sent;
      const before = this.sent;
      for (const [i, client] of publishers.entries()) {
        this.#batch(client, topics[i]!, { most, copies, until: before + allowed });
      }
      await new Promise<void>((resolve) => nextTurn(resolve));
    }
    const end = await this.#quiet(copies);
    return (end - begun) / 1000;
  }

  #batch(
    client: Client,
    topic: string,
    { most, copies, until }: { readonly most: number; readonly copies: number; readonly until: number },
  ): void {
    const { qos, size } = this.#load;
    const payload = new Uint8Array(size);
    const view = new DataView(payload.buffer);
    for (let i = 0; i < BATCH && this.sent < until; i++) {
      if (client.congested || client.unfinished >= client.options.maxInflight) return;
      if ((this.sent * copies - this.received) + copies > most) return;
      view.setFloat64(0, performance.now());
      this.sent++;
      // (It is written at once: there is room.)
      client.publish({ topic, payload, qos, retain: false, properties: {} });
    }
  }

  /** When the last message came that is going to. */
  async #quiet(copies: number): Promise<number> {
    let last = performance.now();
    let before = this.received;
    while (
      this.received < this.sent * copies && this.#failure === null && performance.now() - last < SILENCE_MS
    ) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (this.received !== before) last = performance.now();
      before = this.received;
    }
    if (this.#failure !== null) throw this.#failure;
    return this.received < this.sent * copies ? last : performance.now();
  }

  /** Rejects when a connection is lost before. */
  async #unlessLost<T>(answer: Promise<T>): Promise<T> {
    const lost = new Promise<never>((_resolve, reject) => this.#failed.add(reject));
    return await Promise.race([answer, lost]);
  }

  #fail(error: Error | null): void {
    if (error === null) return;
    this.#failure ??= error;
    for (const reject of this.#failed) reject(error);
  }

  #result(connecting: number, seconds: number, copies: number): Result {
    const { scenario, clients, qos, size } = this.#load;
    const per = (count: number, time: number): number => time > 0 ? Math.round(count / time) : 0;
    return {
      scenario: scenario.name,
      clients,
      qos,
      bytes: size,
      seconds: Number((seconds > 0 ? seconds : connecting).toFixed(3)),
      connections: this.#open.length,
      connect: this.#connect.spread(),
      connectionsPerSecond: per(this.#open.length, connecting),
      sent: this.sent,
      sentPerSecond: per(this.sent, seconds),
      received: this.received,
      receivedPerSecond: per(this.received, seconds),
      lost: Math.max(0, this.sent * copies - this.received),
      latency: this.#latency.spread(),
    };
  }
}

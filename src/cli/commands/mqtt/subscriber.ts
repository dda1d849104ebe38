/** Subscribes and prints, over as many connections as it takes. */

import { Client, type Received } from "../../../client/client.ts";
import { reasonText } from "../../../packets/reason.ts";
import type { PublishPacket, QoS } from "../../../packets/types.ts";
import { onSignals } from "../../../runtime/signals.ts";
import { clearTimeout, setTimeout } from "../../../runtime/timers.ts";
import { topicMatches } from "../../../topics/match.ts";
import { complain, ExitCode, isLost, traceEnd, tracePacket } from "./command.ts";
import type { Printer } from "./format.ts";
import { Output } from "./output.ts";
import type { SessionChoice } from "./session.ts";

export interface Subscription {
  readonly session: SessionChoice;
  readonly filters: readonly string[];
  /** What is unsubscribed from. */
  readonly leaving: readonly string[];
  readonly qos: QoS;
  /** What is not printed. */
  readonly without: readonly string[];
  /** It ends after so many. */
  readonly count: number | null;
  readonly seconds: number | null;
  /** It ends as soon as it has subscribed. */
  readonly onlySubscribe: boolean;
  readonly retained: "all" | "none" | "only";
  readonly removeRetained: boolean;
  /** So much of the messages is printed, at random. */
  readonly share: number;
  readonly print: Printer;
  readonly quiet: boolean;
  readonly debug: boolean;
}

const AGAIN_MS = 1000;

interface End {
  readonly code: number;
  /** MQTT 5: the will is published. */
  readonly withWill?: boolean;
}

export class Subscriber {
  readonly #subscription: Subscription;
  readonly #received: Received = new Map();
  readonly #output: Output;
  #client: Client | null = null;
  /** Settled when its connection has ended. */
  #over: Promise<void> = Promise.resolve();
  #printed = 0;
  /** What still has to be told to the broker before it ends. */
  #removing = 0;
  #removed: () => void = () => {};
  #end: End | null = null;
  #ended: (end: End) => void = () => {};

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
    this.#output = new Output(() => this.#written());
  }

  async run(): Promise<number> {
    const ended = new Promise<End>((resolve) => this.#ended = resolve);
    const noSignals = onSignals(
      ["SIGINT", "SIGTERM"],
      () => this.#finish({ code: ExitCode.done, withWill: true }),
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await this.#connect();
      const { seconds } = this.#subscription;
      if (seconds !== null) timer = setTimeout(() => this.#timedOut(), seconds * 1000);
      const end = await ended;
      await this.#leave(end);
      return end.code;
    } finally {
      clearTimeout(timer);
      noSignals();
    }
  }

  #timedOut(): void {
    this.#say("Timed out");
    this.#finish({ code: ExitCode.timedOut });
  }

  async #leave({ withWill = false }: End): Promise<void> {
    // (Who does not answer is not waited for: the messages are printed.)
    const late = setTimeout(() => this.#removed(), 5000);
    if (this.#removing > 0) await new Promise<void>((resolve) => this.#removed = resolve);
    clearTimeout(late);
    await this.#output.written();
    const { properties, options } = this.#subscription.session;
    this.#client?.disconnect(withWill && options.version === 5 ? 4 : 0, properties.disconnect);
    // (What was written has to be gone before the process ends.)
    await this.#over;
  }

  /** Throws when there is none to be had. */
  async #connect(): Promise<void> {
    const { session, debug } = this.#subscription;
    let over = false;
    let tell = (): void => {};
    const ended = new Promise<void>((resolve) => tell = resolve);
    const client = await Client.connect(session.options, {
      message: (packet) => this.#message(packet),
      closed: (error) => {
        over = true;
        if (debug) traceEnd();
        tell();
        if (error !== null) this.#again(error);
      },
      ...(debug ? { packet: tracePacket } : {}),
    }, this.#received);
    this.#client = client;
    this.#over = ended;
    if (this.#end !== null) return client.disconnect();
    if (!over) void this.#subscribe(client);
  }

  async #subscribe(client: Client): Promise<void> {
    const { filters, leaving, qos, session: { properties } } = this.#subscription;
    const options = { qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    const wanted = filters.map((filter) => ({ filter, ...options }));
    const granted = wanted.length === 0
      ? Promise.resolve([])
      : client.subscribe(wanted, properties.subscribe);
    const left = leaving.length === 0 ? null : client.unsubscribe([...leaving], properties.unsubscribe);
    const codes = await granted;
    await left;
    const refused = codes.filter((code) => code >= 0x80);
    for (const [at, code] of codes.entries()) {
      if (code >= 0x80) {
        this.#say(`The broker refuses the filter ${JSON.stringify(filters[at])}: ${reasonText(code)}`);
      }
    }
    if (codes.length > 0 && refused.length === codes.length) return this.#finish({ code: refused[0]! });
    if (this.#subscription.onlySubscribe || filters.length === 0) this.#finish({ code: ExitCode.done });
  }

  #again(error: Error): void {
    if (this.#end !== null) return this.#removed();
    this.#say(`${error.message}, connecting again`);
    const attempt = (): void => {
      if (this.#end !== null) return;
      this.#connect().catch((failure: unknown) => {
        if (isLost(failure)) return void setTimeout(attempt, AGAIN_MS);
        this.#say((failure as Error).message);
        this.#finish({ code: (failure as { reasonCode?: number }).reasonCode ?? ExitCode.failed });
      });
    };
    setTimeout(attempt, AGAIN_MS);
  }

  #message(packet: PublishPacket): void {
    const { retained, without, removeRetained, share, print, count } = this.#subscription;
    if (retained === "only" && !packet.retain) return this.#finish({ code: ExitCode.done });
    if (packet.retain && retained === "none") return;
    if (without.some((filter) => topicMatches(filter, packet.topic))) return;
    if (removeRetained && packet.retain) this.#remove(packet.topic);
    if (share === 1 || Math.random() < share) this.#output.write(print(packet));
    if (this.#output.behind) this.#client?.pause();
    this.#printed++;
    if (count !== null && this.#printed >= count) this.#finish({ code: ExitCode.done });
  }

  #remove(topic: string): void {
    this.#removing++;
    const message = { topic, payload: new Uint8Array(0), qos: 1, retain: true, properties: {} } as const;
    this.#client?.publish(message, (code) => {
      if (code >= 0x80) this.#say(`The broker does not remove ${JSON.stringify(topic)}: ${reasonText(code)}`);
      this.#removing--;
      if (this.#removing === 0) this.#removed();
    });
  }

  #written(): void {
    if (this.#output.broken) return this.#finish({ code: ExitCode.failed });
    if (!this.#output.behind) this.#client?.resume();
  }

  #finish(end: End): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#client?.stopListening();
    this.#ended(end);
  }

  #say(text: string): void {
    if (!this.#subscription.quiet) complain(text);
  }
}

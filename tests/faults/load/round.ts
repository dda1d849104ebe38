/** Publishers and subscribers at work while their broker is killed, again and again; then what became of it all. */

import { clearInterval, setInterval } from "node:timers";
import { setTimeout } from "node:timers/promises";
import { Random } from "../../properties/random.ts";
import { RedisServer } from "../../services/redis.ts";
import { Broker, type Runtime, withLog } from "../process.ts";
import { BEAT_MS, Ledger, STALLED_MS } from "./ledger.ts";
import { disturbed } from "./disturbance.ts";
import type { PeerOptions } from "./peer.ts";
import { Publisher } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";
import { Toggler } from "./toggler.ts";

const LEVELS = 3;

export interface RoundOptions {
  readonly seed: number;
  /** How often the broker is killed. */
  readonly kills: number;
  readonly sync: "normal" | "full";
  /** Of the broker. */
  readonly runtime: Runtime;
  /** Default `sqlite`. */
  readonly storage?: "sqlite" | "redis";
  /** With `redis`: it is stopped, killed and cut off as well. */
  readonly disturb?: boolean;
}

export interface RoundResult {
  /** Messages published. */
  readonly messages: number;
  readonly violations: readonly string[];
  /** What the broker said, at its end. */
  readonly log: string;
}

export async function round(options: RoundOptions): Promise<RoundResult> {
  const random = new Random(options.seed);
  const pending = random.oneIn(2) ? { pendingBytes: 1 << 16 } : {};
  const { sync, runtime } = options;
  await using redis = options.storage === "redis" ? await RedisServer.start({ appendonly: "always" }) : null;
  await using broker = new Broker({
    sync,
    runtime,
    ...pending,
    ...(redis === null ? {} : { path: redis.url }),
  });
  const disturb = redis !== null && options.disturb === true;
  const ledger = new Ledger(disturb);
  const clients = new Clients(broker, ledger, random);
  const beat = setInterval(() => ledger.beat(), BEAT_MS);
  try {
    await broker.start();
    await clients.begin();
    for (let i = 0; i < options.kills; i++) {
      // Often when little has happened since it began.
      const moment = ledger.now + random.between(1, random.pick([30, 1000, 6000]));
      if (!await ledger.until(() => ledger.now >= moment)) ledger.violation("nothing happens any more");
      if (disturb) await disturbed(broker, redis, random, () => killed(broker, random));
      else await killed(broker, random);
    }
    await clients.finish();
  } catch (error) {
    await broker.kill();
    throw withLog(error, broker);
  } finally {
    await clients.stop();
    clearInterval(beat);
  }
  const log = broker.everything;
  // (The one that was killed has left its lock in Redis.)
  const said = disturb
    ? /^fatal: .*$/m.exec(log)
    : /^(?:error|warn|fatal): (?!.*: waiting up to \d+ ms whether it is alive \(code=storage-says hook="storage-redis"\)$).*$/m
      .exec(log);
  if (said !== null) ledger.violation(`The broker said: ${said[0]}`);
  return { messages: ledger.count, violations: ledger.violations, log };
}

async function killed(broker: Broker, random: Random): Promise<void> {
  await broker.kill();
  while (random.oneIn(3)) {
    // While it starts: it is at work on what it found.
    broker.spawn();
    await setTimeout(random.below(200));
    await broker.kill();
  }
  await broker.start();
}

class Clients {
  readonly #broker: Broker;
  readonly #ledger: Ledger;
  readonly #publishers: Publisher[] = [];
  readonly #subscribers: Subscriber[] = [];
  readonly #toggler: Toggler;
  readonly #running: Promise<void>[] = [];

  constructor(broker: Broker, ledger: Ledger, random: Random) {
    this.#broker = broker;
    this.#ledger = ledger;
    const options = (id: string): PeerOptions => ({
      id,
      version: random.pick([4, 5] as const),
      broker,
      ledger,
      random: new Random(random.bits()),
    });
    for (let i = 0; i < 3; i++) {
      const topics = Array.from({ length: LEVELS }, (_, level) => `load/${i}/${level}`);
      this.#publishers.push(new Publisher(options(`publisher-${i}`), [...topics, "toggle/it"]));
    }
    for (const [i, qos] of ([1, 2, 2, random.pick([1, 2] as const)] as const).entries()) {
      this.#subscribers.push(new Subscriber(options(`subscriber-${i}`), "load/#", qos));
    }
    this.#toggler = new Toggler(options("toggler"), "toggle/#");
  }

  get #receivers(): Subscriber[] {
    return [...this.#subscribers, this.#toggler];
  }

  async begin(): Promise<void> {
    for (const peer of this.#receivers) this.#running.push(peer.run());
    const there = await this.#ledger.until(() => this.#receivers.every((one) => one.subscribed));
    if (!there) throw new Error("Not everybody got SUBACK");
    for (const peer of this.#publishers) this.#running.push(peer.run());
  }

  /** Everything is acknowledged, and delivered; and nothing comes again. */
  async finish(): Promise<void> {
    const ledger = this.#ledger;
    for (const peer of [...this.#publishers, ...this.#receivers]) peer.steady = true;
    for (const peer of this.#publishers) peer.finish();
    if (!await ledger.until(() => this.#publishers.every(({ open }) => open === 0))) {
      for (const { id, open } of this.#publishers) {
        if (open > 0) ledger.violation(`${id}: ${open} publishes are not acknowledged`);
      }
    }
    await ledger.until(() => this.#missing() === "" && this.#toggler.complete(ledger.messages));
    const missing = this.#missing();
    if (missing !== "") ledger.violation(missing);
    await this.#rest();
    this.#toggler.check(ledger.messages);
    await this.#again();
  }

  /** What an acknowledged message is missing where. */
  #missing(): string {
    for (const subscriber of this.#subscribers) {
      for (const message of this.#ledger.messages) {
        if (!message.topic.startsWith("load/") || message.refused || subscriber.countOf(message) > 0) {
          continue;
        }
        return `${message.publisher} ${message.number} of QoS ${message.qos}, ${
          message.doneAt > 0 ? "acknowledged" : "not acknowledged"
        }, did not come to ${subscriber.id}`;
      }
    }
    return "";
  }

  /** Until everything was handled that was said, and the broker has nothing left to be sent. */
  async #rest(): Promise<void> {
    let packets = -1;
    let movedAt = performance.now();
    for (;;) {
      for (const peer of this.#receivers) peer.ping();
      if (!await this.#ledger.until(() => this.#receivers.every((one) => one.pinged))) {
        this.#ledger.violation("PINGREQ is not answered");
        return;
      }
      // (Asked for even when it does not move: what is only in the storage may take a while.)
      const open = await this.#broker.openMessages();
      const now = this.#receivers.reduce((sum, one) => sum + one.packets, 0);
      if (now !== packets) {
        packets = now;
        movedAt = performance.now();
      } else if (open === 0) return;
      else if (performance.now() - movedAt > STALLED_MS) {
        this.#ledger.violation(`${open} messages are open, and none of them comes`);
        return;
      }
    }
  }

  /** After an end in good order nothing is left to be sent. */
  async #again(): Promise<void> {
    const code = await this.#broker.stop();
    if (code !== 0) this.#ledger.violation(`the broker ended with ${code}`);
    await this.#broker.start();
    const before = this.#receivers.map((one) => one.packets);
    const connections = this.#receivers.map((one) => one.connections);
    await this.#ledger.until(() => this.#receivers.every((one, i) => one.connections > connections[i]!));
    await this.#rest();
    for (const [i, one] of this.#receivers.entries()) {
      const count = one.packets - before[i]!;
      if (count > 0) this.#ledger.violation(`${one.id}: ${count} packets came of what was done`);
    }
  }

  async stop(): Promise<void> {
    for (const peer of [...this.#publishers, ...this.#receivers]) peer.stop();
    await Promise.all(this.#running);
  }
}

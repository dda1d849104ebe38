/** `kill -9` in the middle of a storm of SUBSCRIBE and UNSUBSCRIBE: what was acknowledged holds, and nothing else is there. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PublishPacket, QoS } from "../../src/packets/types.ts";
import { type TestClient, versions } from "../harness/mod.ts";
import { Random } from "../properties/random.ts";
import { Countdown, Possible } from "./possible.ts";
import { type Broker, withBroker } from "./process.ts";

const CLIENTS = 16;
const FILTERS = 10;
/** On their way at a time. */
const WINDOW = 4;

/** As it shows in what is delivered. */
interface Subscribed {
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly identifier: number;
}

class Stormer {
  readonly id: string;
  readonly version: 4 | 5;
  /** Null: not subscribed. */
  readonly filters: Map<string, Possible<Subscribed | null>> = new Map();
  readonly #random: Random;

  constructor(i: number, random: Random) {
    this.id = `client-${i}`;
    this.version = versions[i % 2]!;
    this.#random = random;
    // (The last two are never asked for.)
    for (let n = 0; n < FILTERS; n++) this.filters.set(`storm/${i}/${n}`, new Possible(null));
  }

  /** Asks and asks, until the connection is gone. */
  async storm(client: TestClient, countdown: Countdown): Promise<void> {
    const open = new Map<number, () => void>();
    for (;;) {
      while (open.size < WINDOW) this.#ask(client, open);
      const packet = await client.next().catch(() => null);
      if (packet === null) return;
      assert.ok(packet.type === 9 || packet.type === 11, JSON.stringify(packet));
      open.get(packet.packetId)!();
      open.delete(packet.packetId);
      countdown.count();
    }
  }

  #ask(client: TestClient, open: Map<number, () => void>): void {
    const random = this.#random;
    const [filter, possible] = random.pick([...this.filters].slice(0, -2));
    const packetId = client.id();
    if (random.oneIn(3)) {
      open.set(packetId, possible.ask(null));
      client.send({ type: 10, packetId, filters: [filter], properties: {} });
      return;
    }
    const sometimes = (): boolean => this.version === 5 && random.oneIn(2);
    const wanted: Subscribed = {
      qos: random.below(3) as QoS,
      noLocal: sometimes(),
      retainAsPublished: sometimes(),
      identifier: sometimes() ? random.between(1, 300) : 0,
    };
    open.set(packetId, possible.ask(wanted));
    const { identifier, ...options } = wanted;
    client.send({
      type: 8,
      packetId,
      properties: identifier > 0 ? { subscriptionIdentifiers: [identifier] } : {},
      subscriptions: [{ filter, ...options, retainHandling: 2 }],
    });
  }

  /** Looks at what is delivered of a publish to each filter. */
  async check(broker: Broker, prober: TestClient): Promise<void> {
    const client = await broker.client(this.version, this.id);
    assert.deepEqual(await received(client), [], this.id);
    for (const [filter, possible] of this.filters) {
      assert.equal(await prober.published(filter, "of another", { qos: 2, retain: true }) & 0x80, 0);
      const [packet] = await received(client);
      client.publish(filter, "its own");
      const own = await received(client);
      const expected = possible.toString();
      const found: Subscribed | null = packet === undefined ? null : {
        qos: packet.qos,
        noLocal: own.length === 0,
        retainAsPublished: packet.retain,
        identifier: packet.properties.subscriptionIdentifiers?.[0] ?? 0,
      };
      const text = JSON.stringify(found);
      assert.ok(possible.settle(found), `${this.id}, ${filter}: ${text} where ${expected} belongs`);
      if (found === null) assert.deepEqual(own, []);
      // (A 3.1.1 client would get it with each SUBSCRIBE.)
      await prober.published(filter, "", { qos: 1, retain: true });
      await received(client);
    }
    await client.lose();
  }
}

/** All messages that are on their way to it. */
async function received(client: TestClient): Promise<PublishPacket[]> {
  const found: PublishPacket[] = [];
  client.send({ type: 12 });
  for (let packet = await client.next(); packet.type !== 13; packet = await client.next()) {
    if (packet.type === 3) found.push(packet);
    if (packet.type === 3 && packet.qos > 0) client.ack(packet.qos === 1 ? 4 : 5, packet.packetId);
    if (packet.type === 6) client.ack(7, packet.packetId);
  }
  // (PUBREL of the last one comes after it.)
  return found.some(({ qos }) => qos === 2) ? [...found, ...await received(client)] : found;
}

for (const seed of [1, 2, 3]) {
  test(`kill -9: in a storm of subscribing what was acknowledged holds, and nothing else, seed ${seed}`, () => {
    const random = new Random(seed);
    return withBroker(seed === 2 ? { pendingBytes: 1 << 16 } : {}, async (broker) => {
      const stormers = Array.from({ length: CLIENTS }, (_, i) => new Stormer(i, new Random(random.bits())));
      await broker.start();
      for (let kills = 0; kills < 2; kills++) {
        const countdown = new Countdown(random.between(1, 800));
        const storms = await Promise.all(stormers.map(async (stormer) => {
          const client = await broker.client(stormer.version, stormer.id);
          // (Wrapped, so that its end is not waited for here.)
          return { end: stormer.storm(client, countdown) };
        }));
        await countdown.over;
        await broker.kill();
        for (const { end } of storms) await end;

        await broker.start();
        const prober = await broker.client(5, "prober");
        for (const stormer of stormers) await stormer.check(broker, prober);
        await prober.lose();
      }
    });
  });
}

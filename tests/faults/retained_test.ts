/** `kill -9` while retained messages change: each is the one acknowledged last or a later one, never an older one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type TestClient, versions } from "../harness/mod.ts";
import { Random } from "../properties/random.ts";
import { Countdown, Possible } from "./possible.ts";
import { type Broker, withBroker } from "./process.ts";

const TOPICS = 8;
const WINDOW = 10;

class Writer {
  /** By topic; empty: nothing is retained. */
  readonly topics: Map<string, Possible<string>> = new Map();
  readonly #random: Random;
  #number = 0;

  constructor(random: Random) {
    this.#random = random;
    for (let n = 0; n < TOPICS; n++) this.topics.set(`value/${n}`, new Possible(""));
  }

  /** Publishes and publishes, until the connection is gone. */
  async write(client: TestClient, countdown: Countdown): Promise<void> {
    const open = new Map<number, () => void>();
    for (;;) {
      while (open.size < WINDOW) this.#publish(client, open);
      const packet = await client.next().catch(() => null);
      if (packet === null) return;
      if (packet.type === 5) client.ack(6, packet.packetId);
      if (packet.type === 7) continue;
      assert.ok(packet.type === 4 || packet.type === 5, `packet type ${packet.type}`);
      assert.ok(packet.reasonCode < 0x80, `reason code ${packet.reasonCode}`);
      open.get(packet.packetId)!();
      open.delete(packet.packetId);
      countdown.count();
    }
  }

  #publish(client: TestClient, open: Map<number, () => void>): void {
    const random = this.#random;
    const [topic, possible] = random.pick([...this.topics]);
    const text = random.oneIn(4) ? "" : `${++this.#number} ${"x".repeat(random.below(500))}`;
    const packetId = client.publish(topic, text, { qos: random.oneIn(2) ? 1 : 2, retain: true });
    open.set(packetId, possible.ask(text));
  }

  /** Looks at what a new subscription gets. */
  async check(broker: Broker, version: 4 | 5): Promise<void> {
    const client = await broker.client(version, "reader");
    await client.unsubscribe("value/#");
    await client.subscribe("value/#");
    const found = new Map([...this.topics.keys()].map((topic) => [topic, ""]));
    client.send({ type: 12 });
    for (let packet = await client.next(); packet.type !== 13; packet = await client.next()) {
      assert.ok(packet.type === 3 && packet.retain);
      found.set(packet.topic, new TextDecoder().decode(packet.payload));
    }
    for (const [topic, text] of found) {
      const possible = this.topics.get(topic);
      const expected = String(possible);
      assert.ok(possible?.settle(text), `${topic}: ${JSON.stringify(text)} where ${expected} belongs`);
    }
    await client.lose();
  }
}

for (const version of versions) {
  for (const pendingBytes of [undefined, 1 << 16]) {
    const how = pendingBytes === undefined ? "" : ", tables written all the time";
    test(`kill -9: retained messages are the last acknowledged or later ones, MQTT ${version}${how}`, () =>
      withBroker(pendingBytes === undefined ? {} : { pendingBytes }, async (broker) => {
        const random = new Random(version);
        const writer = new Writer(random);
        await broker.start();
        for (let kills = 0; kills < 4; kills++) {
          const client = await broker.client(version, `writer-${kills}`);
          const countdown = new Countdown(random.between(1, 1000));
          const end = writer.write(client, countdown);
          await countdown.over;
          await broker.kill();
          await end;
          await broker.start();
          await writer.check(broker, version);
        }
      }));
  }
}

/**
 * The power fails: the write-ahead file ends anywhere. With `sync: full` nothing that was acknowledged is missing as long
 * as the end lies behind what was synchronized; wherever it lies, the broker starts with what was true at some time.
 */

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type TestClient, versions } from "../harness/mod.ts";
import { Random } from "../properties/random.ts";
import { Broker, withBroker, withLog } from "./process.ts";

const CUTS = 5;

/** The database and its write-ahead file of so many bytes, elsewhere. */
function copy(broker: Broker, size: number): string {
  const path = join(mkdtempSync(join(broker.folder, "cut-")), "comqtt.db");
  copyFileSync(broker.path, path);
  copyFileSync(`${broker.path}-wal`, `${path}-wal`);
  truncateSync(`${path}-wal`, size);
  return path;
}

interface Found {
  /** What the subscriber gets. */
  readonly texts: string[];
  /** Empty without one. */
  readonly retained: string;
}

/** Starts a broker on it, which has nothing to complain of, and looks what is there. */
async function look(path: string, version: 4 | 5): Promise<Found> {
  await using broker = new Broker({ path, sync: "full" });
  try {
    await broker.start();
    const texts = await everything(await broker.client(version, "subscriber"));
    const reader = await broker.client(version, "reader");
    await reader.subscribe("state", 0);
    const [retained = ""] = await everything(reader);
    assert.doesNotMatch(broker.log, /^(?:warn|error|fatal): /m);
    return { texts, retained };
  } catch (error) {
    throw withLog(error, broker);
  }
}

/** All that waits for it. */
async function everything(client: TestClient): Promise<string[]> {
  const texts: string[] = [];
  client.send({ type: 12 });
  for (let packet = await client.next(); packet.type !== 13; packet = await client.next()) {
    assert.ok(packet.type === 3);
    texts.push(new TextDecoder().decode(packet.payload));
  }
  return texts;
}

/** Publishes one after the other: a message, and its number as a retained one. */
async function publish(client: TestClient, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    await client.published("queue", String(n), { qos: 1 });
    await client.published("state", String(n), { qos: 1, retain: true });
  }
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));

for (const version of versions) {
  test(`power failure: with sync full nothing acknowledged is missing, MQTT ${version}`, () =>
    withBroker({ sync: "full" }, async (broker) => {
      const random = new Random(version);
      await broker.start();
      const subscriber = await broker.client(version, "subscriber");
      await subscriber.subscribe("queue", 1);
      await subscriber.lose();
      const publisher = await broker.client(version, "publisher");
      await publish(publisher, 0, 40);
      const safe = statSync(`${broker.path}-wal`).size;
      await publish(publisher, 40, 80);
      await broker.kill();

      const size = statSync(`${broker.path}-wal`).size;
      assert.ok(size > safe);
      for (const at of [safe, size, ...Array.from({ length: CUTS }, () => random.between(safe, size))]) {
        const { texts, retained } = await look(copy(broker, at), version);
        assert.ok(texts.length >= 40, `cut at ${at} of ${size}, ${safe} were safe: ${texts.length} messages`);
        assert.deepEqual(texts, numbers(texts.length));
        assert.ok(Number(retained) >= 39 && texts.length - Number(retained) <= 2, `${retained} is retained`);
      }
    }));

  test(`power failure: whatever is left of the write-ahead file was true once, MQTT ${version}`, () =>
    withBroker({ sync: "full" }, async (broker) => {
      const random = new Random(version);
      await broker.start();
      const subscriber = await broker.client(version, "subscriber");
      await subscriber.subscribe("queue", 1);
      await subscriber.lose();
      await publish(await broker.client(version, "publisher"), 0, 60);
      await broker.kill();

      // (Nothing was written back yet, so all of it may be missing.)
      const size = statSync(`${broker.path}-wal`).size;
      assert.ok(size < 1000 * 4096, String(size));
      for (const at of [0, 31, ...Array.from({ length: 2 * CUTS }, () => random.below(size + 1))]) {
        const { texts, retained } = await look(copy(broker, at), version);
        assert.deepEqual(texts, numbers(texts.length), `cut at ${at}`);
        const last = retained === "" ? -1 : Number(retained);
        // Each message was acknowledged before its number was published.
        assert.ok(
          last === texts.length - 1 || last === texts.length - 2,
          `cut at ${at}: ${last} is retained`,
        );
      }
    }));
}

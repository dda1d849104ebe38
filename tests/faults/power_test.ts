/**
 * The power fails: the write-ahead file ends anywhere. With `sync: full` nothing is missing that was acknowledged when the
 * disk had so much of it; wherever it ends, the broker starts with what was true at some time.
 */

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, statSync, truncateSync } from "node:fs";
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

/**
 * Publishes one after the other: a message, and its number as a retained one. `acknowledged` is called after each of the
 * two.
 */
async function publish(client: TestClient, count: number, acknowledged = (): void => {}): Promise<void> {
  for (let n = 0; n < count; n++) {
    await client.published("queue", String(n), { qos: 1 });
    acknowledged();
    await client.published("state", String(n), { qos: 1, retain: true });
    acknowledged();
  }
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));

for (const version of versions) {
  test(`power failure: with sync full nothing acknowledged is missing, MQTT ${version}`, () =>
    withBroker({ sync: "full", slow: true }, async (broker) => {
      const random = new Random(version);
      await broker.start();
      const subscriber = await broker.client(version, "subscriber");
      await subscriber.subscribe("queue", 1);
      await subscriber.lose();
      const publisher = await broker.client(version, "publisher");
      /** With each acknowledgement: the bytes that were on the disk. */
      const synced: number[] = [];
      await publish(publisher, 40, () => synced.push(Number(readFileSync(`${broker.path}-synced`, "utf8"))));
      await broker.kill();

      const size = statSync(`${broker.path}-wal`).size;
      assert.ok(synced.at(-1)! <= size && size < 1000 * 4096);
      const cuts = [0, 1, 78, 79, ...Array.from({ length: CUTS }, () => random.below(80))];
      for (const last of cuts) {
        const safe = synced[last]!;
        const at = random.below(3) > 0 ? safe : random.between(safe, size);
        const { texts, retained } = await look(copy(broker, at), version);
        const least = Math.floor(last / 2) + 1;
        assert.ok(
          texts.length >= least,
          `cut at ${at} of ${size}, ${safe} were safe: ${texts.length} of ${least}`,
        );
        assert.deepEqual(texts, numbers(texts.length));
        const state = retained === "" ? -1 : Number(retained);
        assert.ok(
          state >= Math.floor((last - 1) / 2) && texts.length - state <= 2,
          `${retained} is retained`,
        );
      }
    }));

  test(`power failure: whatever is left of the write-ahead file was true once, MQTT ${version}`, () =>
    withBroker({ sync: "full" }, async (broker) => {
      const random = new Random(version);
      await broker.start();
      const subscriber = await broker.client(version, "subscriber");
      await subscriber.subscribe("queue", 1);
      await subscriber.lose();
      await publish(await broker.client(version, "publisher"), 60);
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

/** The disk gets full while the broker runs: nothing wrong is acknowledged, QoS 0 flows, and with room again all goes on. */

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type TestClient, versions } from "../harness/mod.ts";
import { Mount, needsMount } from "./mount.ts";
import { type Broker, withBroker } from "./process.ts";

const ROOM = 3 << 20;
/** (Bringing what waits into the tables needs a few times its room.) */
const BALLAST = 24 << 20;
const FULL =
  /^error: QoS 1 and 2 are refused until the storage can be written: Cannot write to the database ".*comqtt\.db": .*; make room on the disk \(code=storage-failed errorCode=storage-full\)$/m;
const ROOM_AGAIN = /^warn: The storage can be written again \(code=storage-recovered\)$/m;
const QUOTA_EXCEEDED = 0x97;

/** A small file system that is nearly full of something that can be removed. */
class Disk implements Disposable {
  readonly #mount: Mount = new Mount(ROOM + BALLAST);
  readonly path: string = join(this.#mount.folder, "comqtt.db");
  readonly #ballast: string = join(this.#mount.folder, "ballast");

  constructor() {
    writeFileSync(this.#ballast, new Uint8Array(BALLAST));
  }

  makeRoom(): void {
    rmSync(this.#ballast);
  }

  [Symbol.dispose](): void {
    this.#mount[Symbol.dispose]();
  }
}

/** A client without a session that is kept. */
async function passing(broker: Broker, version: 4 | 5): Promise<TestClient> {
  for (;;) {
    const client = await broker.socket(version);
    // (Who was in the commit that failed first is sent away.)
    if ((await client.connect({ cleanStart: true })).reasonCode === 0) return client;
  }
}

/** Publishes until it is not taken any more; answers what was acknowledged. */
async function fill(broker: Broker, version: 4 | 5, topic: string): Promise<string[]> {
  const acknowledged: string[] = [];
  let client = await passing(broker, version);
  const filling = "x".repeat(10_000);
  for (let n = 0; n < 2000; n++) {
    const text = `${n} ${filling}`;
    const reason = await client.published(topic, text, { qos: n % 2 === 0 ? 1 : 2 }).catch(() => null);
    if (reason === 0) acknowledged.push(text);
    else if (reason === QUOTA_EXCEEDED) return acknowledged;
    else {
      assert.equal(reason, null);
      if (version === 4 && FULL.test(broker.log)) return acknowledged;
      client = await passing(broker, version);
    }
  }
  assert.fail("The disk does not get full");
}

/** Refused, as far as the version can say it. */
async function refused(broker: Broker, version: 4 | 5): Promise<void> {
  for (const qos of [1, 2] as const) {
    const client = await passing(broker, version);
    client.publish("refused", "x", { qos });
    if (version === 4) await client.gone();
    else assert.equal((await client.expect(qos === 1 ? 4 : 5)).reasonCode, QUOTA_EXCEEDED);
  }
}

for (const version of versions) {
  test(
    `full disk: QoS 1 and 2 are refused until there is room, nothing is lost, MQTT ${version}`,
    needsMount,
    async () => {
      using disk = new Disk();
      await withBroker({ path: disk.path }, async (broker) => {
        await broker.start();
        const absent = await broker.client(version, "absent");
        await absent.subscribe("fill", 2);
        await absent.subscribe("refused", 2);
        await absent.lose();
        const kept = await broker.client(version, "kept");
        const live = await passing(broker, version);
        await live.subscribe("live", 0);

        const acknowledged = await fill(broker, version, "fill");
        assert.match(broker.log, FULL);
        await refused(broker, version);

        // QoS 0 flows.
        const other = await passing(broker, version);
        other.publish("live", "still");
        assert.deepEqual(await live.texts(1), ["still"]);

        // What would have to be kept is not promised.
        const ack = await kept.subscribe("more", 1);
        assert.deepEqual([...ack.reasonCodes], [version === 5 ? QUOTA_EXCEEDED : 0x80]);
        const late = await broker.socket(version);
        const answer = await late.connect({
          clientId: "late",
          cleanStart: false,
          ...(version === 5 ? { properties: { sessionExpiryInterval: 100 } } : {}),
        });
        assert.equal(answer.reasonCode, version === 5 ? 0x88 : 3);
        assert.equal(broker.log.match(new RegExp(FULL, "gm"))!.length, 1, "it is said once");

        disk.makeRoom();
        await broker.says(ROOM_AGAIN);
        const publisher = await passing(broker, version);
        for (const qos of [1, 2] as const) {
          assert.equal(await publisher.published("fill", `again ${qos}`, { qos }), 0);
          acknowledged.push(`again ${qos}`);
        }
        await broker.kill();

        await broker.start();
        assert.doesNotMatch(broker.log, /^(?:warn|error): /m);
        const back = await broker.client(version, "absent");
        assert.deepEqual(await possiblyMore(back, acknowledged), acknowledged);
      });
    },
  );

  test(
    `full disk: what is killed then has all that was acknowledged, MQTT ${version}`,
    needsMount,
    async () => {
      using disk = new Disk();
      await withBroker({ path: disk.path }, async (broker) => {
        await broker.start();
        const absent = await broker.client(version, "absent");
        await absent.subscribe("fill", 2);
        await absent.lose();
        const acknowledged = await fill(broker, version, "fill");
        await broker.kill();
        disk.makeRoom();
        await broker.start();
        const back = await broker.client(version, "absent");
        assert.deepEqual(await possiblyMore(back, acknowledged), acknowledged);
      });
    },
  );
}

/** The messages of a client, without those of `fill` that were not acknowledged, which may be there. */
async function possiblyMore(client: TestClient, acknowledged: readonly string[]): Promise<string[]> {
  const known = new Set(acknowledged);
  const texts: string[] = [];
  while (texts.length < acknowledged.length) {
    const { text } = await client.message();
    if (known.has(text)) texts.push(text);
    else assert.match(text, /^\d+ x+$/);
  }
  return texts;
}

test(
  "full disk: a queued message that could not be noted as sent is not delivered twice",
  needsMount,
  async () => {
    using disk = new Disk();
    await withBroker({ path: disk.path }, async (broker) => {
      await broker.start();
      const subscriber = await broker.client(5, "subscriber", 1);
      await subscriber.subscribe("a", 2);
      const publisher = await passing(broker, 5);
      await publisher.published("a", "first", { qos: 1 });
      await publisher.published("a", "second", { qos: 2 });
      const first = await subscriber.expect(3);
      const absent = await broker.client(5, "absent");
      await absent.subscribe("fill", 2);
      await absent.lose();
      await fill(broker, 5, "fill");

      // There is room for the next one; but that it was sent cannot be kept.
      subscriber.ack(4, first.packetId);
      subscriber.send({ type: 12 });
      const came: string[] = [];
      for (let packet = await subscriber.next(); packet.type !== 13; packet = await subscriber.next()) {
        if (packet.type === 3) came.push(new TextDecoder().decode(packet.payload));
      }
      assert.deepEqual(came, []);
      disk.makeRoom();
      await broker.says(ROOM_AGAIN);
      assert.deepEqual(await subscriber.texts(1), ["second"]);
      await subscriber.ping();
      assert.deepEqual(subscriber.waiting, []);
    });
  },
);

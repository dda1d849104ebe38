/** The directory of the database is moved away, or removed, while the broker runs: it says so and promises nothing more. */

import assert from "node:assert/strict";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type TestClient, versions } from "../harness/mod.ts";
import { Broker, withLog } from "./process.ts";

const REMOVED =
  /^error: .*Cannot write to the database ".*comqtt\.db": ".*comqtt\.db" was removed while this server has it open; put it back to go on, or restart the server/m;
const AGAIN = /^warn: The storage can be written again \(code=storage-recovered\)$/m;
const QUOTA_EXCEEDED = 0x97;
const SERVER_BUSY = 0x89;

async function inData(body: (broker: Broker, data: string) => Promise<void>): Promise<void> {
  // (Its own folder is removed with it.)
  await using around = new Broker();
  const data = join(around.folder, "data");
  await using broker = new Broker({ path: join(data, "comqtt.db") });
  try {
    await body(broker, data);
  } catch (error) {
    await broker.kill();
    throw withLog(error, broker);
  }
}

/** With a client away whose messages are kept. */
async function prepared(broker: Broker, version: 4 | 5): Promise<void> {
  await broker.start();
  const absent = await broker.client(version, "absent");
  await absent.subscribe("a", 2);
  await absent.lose();
  const publisher = await passing(broker, version);
  for (const qos of [1, 2] as const) {
    assert.equal(await publisher.published("a", `before ${qos}`, { qos }), 0);
  }
}

async function passing(broker: Broker, version: 4 | 5): Promise<TestClient> {
  const client = await broker.socket(version);
  await client.connect({ cleanStart: true });
  return client;
}

/** No publish of QoS 1 or 2 is acknowledged, QoS 0 flows. */
async function promisesNothing(broker: Broker, version: 4 | 5): Promise<void> {
  const live = await passing(broker, version);
  await live.subscribe("live", 0);
  // The first one finds out, and who is in the commit that fails is sent away.
  const first = await passing(broker, version);
  first.publish("a", "refused", { qos: 1 });
  if (version === 5) assert.equal((await first.expect(14)).reasonCode, SERVER_BUSY);
  await first.gone();
  for (const qos of [1, 2] as const) {
    const client = await passing(broker, version);
    client.publish("a", "refused", { qos });
    if (version === 4) await client.gone();
    else assert.equal((await client.expect(qos === 1 ? 4 : 5)).reasonCode, QUOTA_EXCEEDED);
  }
  const other = await passing(broker, version);
  other.publish("live", "still");
  assert.deepEqual(await live.texts(1), ["still"]);
}

for (const version of versions) {
  test(`moved database: nothing is acknowledged until it is back, nothing is lost, MQTT ${version}`, () =>
    inData(async (broker, data) => {
      await prepared(broker, version);
      renameSync(data, `${data}-away`);
      await broker.says(REMOVED);
      await promisesNothing(broker, version);

      renameSync(`${data}-away`, data);
      await broker.says(AGAIN);
      const publisher = await passing(broker, version);
      assert.equal(await publisher.published("a", "after", { qos: 2 }), 0);
      await broker.kill();

      await broker.start();
      assert.doesNotMatch(broker.log, /^(?:warn|error): /m);
      const back = await broker.client(version, "absent");
      // (What was in the commit that failed first was not acknowledged, and is not forgotten.)
      assert.deepEqual(await back.texts(4), ["before 1", "before 2", "refused", "after"]);
    }));

  test(`moved database: what is moved away and killed has all that was acknowledged, MQTT ${version}`, () =>
    inData(async (broker, data) => {
      await prepared(broker, version);
      renameSync(data, `${data}-away`);
      await broker.says(REMOVED);
      await promisesNothing(broker, version);
      await broker.kill();

      renameSync(`${data}-away`, data);
      await broker.start();
      const back = await broker.client(version, "absent");
      assert.deepEqual(await back.texts(2), ["before 1", "before 2"]);
    }));
}

test("moved database: a broker whose directory was removed says so again when it ends, and begins anew", () =>
  inData(async (broker, data) => {
    await prepared(broker, 5);
    rmSync(data, { recursive: true });
    await broker.says(REMOVED);
    await promisesNothing(broker, 5);
    await broker.stop();
    assert.match(broker.log, /^error: The storage could not be closed: .* was removed while/m);
    await broker.start();
    const back = await broker.client(5, "absent");
    await back.ping();
    assert.deepEqual(back.waiting, []);
  }));

/** A damaged database: it is put aside, the broker says so and starts without its data. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { Random } from "../properties/random.ts";
import { type Broker, withBroker } from "./process.ts";

const PAGE = 4096;

/** A database with sessions and retained messages of more than a few pages; the broker is killed or stopped. */
async function filled(broker: Broker, how: "kill" | "stop"): Promise<void> {
  await broker.start();
  const client = await broker.client(5, "client");
  await client.subscribe("queue", 1);
  await client.lose();
  const publisher = await broker.client(5, "publisher");
  for (let i = 0; i < 30; i++) {
    await publisher.published(`retained/${i}`, "x".repeat(2000), { qos: 1, retain: true });
    await publisher.published("queue", "x".repeat(2000), { qos: 1 });
  }
  await publisher.lose();
  await broker[how]();
}

function overwrite(path: string, from: number, to: number): void {
  const bytes = readFileSync(path);
  const random = new Random(1);
  for (let at = from; at < Math.min(to, bytes.length); at++) bytes[at] = random.below(256);
  writeFileSync(path, bytes);
}

const sizeOf = (path: string): number => readFileSync(path).length;

const damages: readonly (readonly [what: string, damage: (path: string) => void])[] = [
  ["random bytes over the header", (path) => overwrite(path, 0, 100)],
  ["random bytes over all of the first page", (path) => overwrite(path, 0, PAGE)],
  ["random bytes over pages in the middle", (path) => overwrite(path, 2 * PAGE, sizeOf(path) / 2)],
  ["random bytes over its last half", (path) => overwrite(path, sizeOf(path) / 2, sizeOf(path))],
  ["half of it", (path) => truncateSync(path, Math.floor(sizeOf(path) / 2))],
  ["its first bytes", (path) => truncateSync(path, 50)],
  ["a text in its place", (path) => writeFileSync(path, "This is no database at all.\n".repeat(1000))],
  ["a short text in its place", (path) => writeFileSync(path, "port: 1883\n")],
  ["zeros in its place", (path) => writeFileSync(path, new Uint8Array(10 * PAGE))],
];

/** It has begun without data, which lie elsewhere now, and says so. */
async function beginsAnew(broker: Broker, before: Uint8Array | null): Promise<void> {
  await broker.start();
  const name = basename(broker.path);
  const aside = readdirSync(dirname(broker.path)).filter((file) =>
    /\.damaged-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/.test(file)
  );
  assert.equal(aside.length, 1, readdirSync(broker.folder).join(", "));
  const [kept] = aside;
  assert.ok(kept!.startsWith(`${name}.damaged-`));
  assert.match(
    broker.log,
    /^error: Hook "storage-sqlite": Cannot .*comqtt\.db.* It is kept as ".*", and this server begins without its data$/m,
  );
  assert.ok(broker.log.includes(`"${join(dirname(broker.path), kept!)}"`));
  if (before !== null) assert.deepEqual(new Uint8Array(readFileSync(join(broker.folder, kept!))), before);

  // It is a broker as any other.
  const client = await broker.socket(5);
  const { sessionPresent } = await client.connect({
    clientId: "client",
    cleanStart: false,
    properties: { sessionExpiryInterval: 1000 },
  });
  assert.equal(sessionPresent, false);
  await client.subscribe("retained/#", 1);
  await client.ping();
  assert.deepEqual(client.waiting, []);
  await client.lose();
  const publisher = await broker.client(5, "publisher");
  await publisher.published("retained/new", "new", { qos: 1, retain: true });
  await broker.kill();
  await broker.start();
  assert.doesNotMatch(broker.log, /^error: /m);
  const back = await broker.client(5, "client");
  assert.deepEqual(await back.texts(1), ["new"]);
}

for (const [what, damage] of damages) {
  test(`damaged database: put aside, and the broker starts without it, ${what}`, () =>
    withBroker({}, async (broker) => {
      await filled(broker, "stop");
      damage(broker.path);
      await beginsAnew(broker, new Uint8Array(readFileSync(broker.path)));
    }));
}

test("damaged database: nothing is left of it but its write-ahead file", () =>
  withBroker({}, async (broker) => {
    await filled(broker, "kill");
    truncateSync(broker.path, 0);
    assert.ok(sizeOf(`${broker.path}-wal`) > 0);
    await beginsAnew(broker, new Uint8Array(0));
    assert.ok(readdirSync(broker.folder).some((file) => /\.damaged-.*-wal$/.test(file)));
  }));

test("damaged database: it was removed, its write-ahead file was not", () =>
  withBroker({}, async (broker) => {
    await filled(broker, "kill");
    rmSync(broker.path);
    await beginsAnew(broker, null);
    assert.ok(readdirSync(broker.folder).some((file) => /\.damaged-.*-wal$/.test(file)));
  }));

test("damaged database: an empty file becomes a database, which is said", () =>
  withBroker({}, async (broker) => {
    await filled(broker, "stop");
    truncateSync(broker.path, 0);
    assert.ok(!existsSync(`${broker.path}-wal`));
    await broker.start();
    assert.match(
      broker.log,
      /^warn: Hook "storage-sqlite": The database ".*comqtt\.db" was an empty file, this server begins without data$/m,
    );
    await broker.stop();
    await broker.start();
    assert.doesNotMatch(broker.log, /^(?:warn|error): /m);
  }));

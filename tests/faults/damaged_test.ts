/** A damaged database, or write-ahead file: it is put aside, the broker says so and starts with what is left. */

import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { Random } from "../properties/random.ts";
import { Broker, withBroker } from "./process.ts";

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
    /^error: Hook "storage-sqlite": Cannot .*comqtt\.db.* It is kept as ".*", and this server begins without its data \(code=storage-says hook="storage-sqlite" errorCode=storage-damaged\)$/m,
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
      /^warn: Hook "storage-sqlite": The database ".*comqtt\.db" was an empty file, this server begins without data \(code=storage-says hook="storage-sqlite"\)$/m,
    );
    await broker.stop();
    await broker.start();
    assert.doesNotMatch(broker.log, /^(?:warn|error): /m);
  }));

// --- the write-ahead file ---

/** Killed with messages in its database and others in its write-ahead file; as many as are acknowledged there. */
async function killed(broker: Broker): Promise<void> {
  await filled(broker, "stop");
  await broker.start();
  const publisher = await broker.client(5, "publisher");
  for (let i = 0; i < AHEAD; i++) {
    await publisher.published(`ahead/${i}`, String(i), { qos: 1, retain: true });
  }
  await publisher.lose();
  await broker.kill();
}

const AHEAD = 20;

/** The retained messages that came last, in order; those before are there, and so is the queue. */
async function ahead(broker: Broker): Promise<string[]> {
  const client = await broker.client(5, "client");
  assert.equal((await client.texts(30)).length, 30);
  const reader = await broker.socket(5);
  await reader.connect({ cleanStart: true });
  const texts = async (filter: string): Promise<string[]> => {
    await reader.subscribe(filter, 0);
    reader.send({ type: 12 });
    const found: string[] = [];
    for (let packet = await reader.next(); packet.type !== 13; packet = await reader.next()) {
      assert.ok(packet.type === 3);
      found.push(new TextDecoder().decode(packet.payload));
    }
    return found;
  };
  assert.equal((await texts("retained/#")).length, 30);
  return (await texts("ahead/#")).sort((a, b) => Number(a) - Number(b));
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));

const aheadDamages:
  readonly (readonly [what: string, damage: (path: string) => void, least: number, outcome: RegExp])[] = [
    [
      "zeros",
      (path) => writeFileSync(path, new Uint8Array(sizeOf(path))),
      0,
      /header is not valid; .* missing/,
    ],
    ["random bytes", (path) => overwrite(path, 0, sizeOf(path)), 0, /header is not valid; .* missing/],
    [
      "another byte in its header",
      (path) => change(path, 17),
      AHEAD,
      /valid; nothing of what was in it is missing/,
    ],
    [
      "another byte in its middle",
      (path) => change(path, sizeOf(path) / 2),
      1,
      /not what was written, and whole/,
    ],
  ];

function change(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[Math.floor(at)]! ^= 0x55;
  writeFileSync(path, bytes);
}

for (const [what, damage, least, outcome] of aheadDamages) {
  test(`damaged write-ahead file: put aside, said, and all that is certain is there, ${what}`, () =>
    withBroker({}, async (broker) => {
      await killed(broker);
      const wal = `${broker.path}-wal`;
      damage(wal);
      const before = readFileSync(wal);
      await broker.start();
      const aside = readdirSync(broker.folder).filter((name) =>
        /^comqtt\.db-wal\.damaged-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/.test(name)
      );
      assert.equal(aside.length, 1, readdirSync(broker.folder).join(", "));
      assert.deepEqual(readFileSync(join(broker.folder, aside[0]!)), before);
      assert.match(
        broker.log,
        /^error: Hook "storage-sqlite": The write-ahead file ".*comqtt\.db-wal" is damaged: .* It is kept as ".*" \(code=storage-says hook="storage-sqlite" errorCode=storage-damaged\)$/m,
      );
      assert.match(broker.log, outcome);
      const found = await ahead(broker);
      assert.deepEqual(found, numbers(found.length));
      assert.ok(found.length >= least, `${found.length} of ${least}`);

      // It is a broker as any other.
      const publisher = await broker.client(5, "publisher");
      await publisher.published("ahead/0", "0", { qos: 1, retain: true });
      await broker.kill();
      await broker.start();
      assert.doesNotMatch(broker.log, /^(?:warn|error): /m);
    }));
}

test("damaged write-ahead file: that it was removed after a kill is said", () =>
  withBroker({}, async (broker) => {
    await killed(broker);
    rmSync(`${broker.path}-wal`);
    await broker.start();
    assert.match(
      broker.log,
      /^error: Hook "storage-sqlite": The write-ahead file ".*comqtt\.db-wal" is gone, though the database was not closed: what was acknowledged last and was not in the database yet is missing \(code=storage-says hook="storage-sqlite" errorCode=storage-lost\)$/m,
    );
    assert.deepEqual(await ahead(broker), []);
    await broker.stop();
    await broker.start();
    assert.doesNotMatch(broker.log, /^(?:warn|error): /m);
  }));

test("damaged write-ahead file: its end is cut off silently, wherever", () =>
  withBroker({}, async (broker) => {
    await killed(broker);
    const size = sizeOf(`${broker.path}-wal`);
    const random = new Random(9);
    for (const cut of [0, 1, 31, 32, 33, 55, 56, size - 1, ...[1, 2, 3, 4].map(() => random.below(size))]) {
      const path = join(mkdtempSync(join(broker.folder, "cut-")), "comqtt.db");
      for (const end of ["", "-shm", "-lock", "-lock-journal"]) copyFileSync(broker.path + end, path + end);
      writeFileSync(`${path}-wal`, readFileSync(`${broker.path}-wal`).subarray(0, cut));
      await using other = new Broker({ path });
      await other.start();
      assert.doesNotMatch(other.log, /^(?:warn|error): /m, `cut at ${cut}`);
      const found = await ahead(other);
      assert.deepEqual(found, numbers(found.length));
    }
  }));

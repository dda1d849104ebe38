/** What of the SQLite storage shows in its files and tables. */

import assert from "node:assert/strict";
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { SqliteDriver } from "../../hooks/storage/sqlite/work/driver.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { delivery, EVERY_PROPERTY, message, session, subscription } from "./samples.ts";
import { loaded } from "./snapshot.ts";
import { SqliteBench } from "./sqlite_bench.ts";

function rows(storage: Storage, sql: string): Record<string, unknown>[] {
  return (storage as SqliteDriver).database!.prepare(sql).all().map((row) => ({ ...row }));
}

function count(storage: Storage, table: string): unknown {
  return rows(storage, `SELECT count(*) AS n FROM ${table}`)[0].n;
}

/** Everything that was told is in the tables afterwards. */
async function settled(bench: SqliteBench, storage: Storage): Promise<void> {
  await storage.commit();
  bench.host.clock.advance(5000);
  while (storage.idle!());
}

test("sqlite: files are for their owner only, and so is the directory that is made", async () => {
  await using bench = new SqliteBench();
  const path = bench.path("deep/data/comqtt.db");
  const storage = await bench.openAt(path);
  storage.putSession(session("one"));
  await storage.commit();
  for (const file of ["", "-wal", "-shm", "-lock"]) {
    assert.equal(statSync(path + file).mode & 0o777, 0o600, file);
  }
  assert.equal(statSync(bench.path("deep")).mode & 0o777, 0o700);
  assert.equal(statSync(bench.path("deep/data")).mode & 0o777, 0o700);
});

test("sqlite: a file that others may read is made private", async () => {
  await using bench = new SqliteBench();
  writeFileSync(bench.path(), "");
  chmodSync(bench.path(), 0o644);
  await bench.open();
  assert.equal(statSync(bench.path()).mode & 0o777, 0o600);
});

test("sqlite: what came and went never reaches the tables, and its journal goes", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putSession(session("one"));
  await storage.commit();
  for (let i = 1; i <= 100; i++) {
    storage.putDelivery("one", delivery(i));
    storage.putReceived("one", i);
    await storage.commit();
    storage.sentDelivery("one", i, i);
    await storage.commit();
    storage.deleteDelivery("one", i);
    storage.deleteReceived("one", i);
    await storage.commit();
  }
  const { database } = storage as SqliteDriver;
  database!.exec(
    "CREATE TEMP TABLE touched (n INTEGER); " +
      "CREATE TEMP TRIGGER a BEFORE INSERT ON deliveries BEGIN INSERT INTO touched VALUES (1); END; " +
      "CREATE TEMP TRIGGER b BEFORE INSERT ON received BEGIN INSERT INTO touched VALUES (2); END",
  );
  assert.equal(count(storage, "journal"), 301);
  await settled(bench, storage);
  assert.equal(count(storage, "journal"), 0);
  assert.equal(count(storage, "sessions"), 1);
  assert.equal(count(storage, "touched"), 0);
});

test("sqlite: a message for a thousand sessions is stored once, and goes with the last of them", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  const shared = message({ payload: new Uint8Array(1000) });
  for (let i = 0; i < 1000; i++) storage.putSession(session(`s${i}`));
  for (let i = 0; i < 1000; i++) storage.putDelivery(`s${i}`, delivery(1, { message: shared }));
  storage.putDelivery("s0", delivery(2));
  await settled(bench, storage);
  assert.equal(count(storage, "messages"), 1);
  assert.equal(count(storage, "deliveries WHERE payload IS NOT NULL"), 1);
  const again = await bench.reopen(storage, "died");
  assert.equal(
    new Set([...(await loaded(again)).sessions.values()].map((one) => one.deliveries.get(1)!.message)).size,
    1,
  );
  for (const kept of [storage, again]) {
    for (let i = 0; i < 500; i++) kept.deleteDelivery(`s${i}`, 1);
    for (let i = 500; i < 999; i++) kept.deleteSession(`s${i}`);
    await settled(bench, kept);
    assert.equal(count(kept, "messages"), 1);
    assert.deepEqual((await kept.waiting("s999", 0, 5)).map((one) => one.message), [shared]);
    kept.deleteDelivery("s999", 1);
    await settled(bench, kept);
    kept.putRetained(message());
    await settled(bench, kept);
    assert.equal(count(kept, "messages"), 0);
    assert.equal(count(kept, "deliveries"), 1);
  }
});

test("sqlite: a message that nobody has any more is removed after a start", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putSession(session("one"));
  storage.putSession(session("two"));
  const shared = message();
  storage.putDelivery("one", delivery(1, { message: shared }));
  storage.putDelivery("two", delivery(1, { message: shared }));
  await settled(bench, storage);
  (storage as SqliteDriver).database!.exec("DELETE FROM deliveries");
  const again = await bench.reopen(storage, "died");
  await loaded(again);
  again.putRetained(message());
  await settled(bench, again);
  assert.equal(count(again, "messages"), 0);
});

test("sqlite: room that is not needed any more is given back", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  for (let i = 0; i < 3000; i++) {
    storage.putRetained(message({ topic: String(i), payload: new Uint8Array(10_000) }));
    await storage.commit();
  }
  await settled(bench, storage);
  const pages = (): number => Number(rows(storage, "PRAGMA page_count")[0].page_count);
  assert.ok(pages() > 7000, String(pages()));
  for (let i = 0; i < 3000; i++) storage.deleteRetained(String(i));
  await settled(bench, storage);
  assert.ok(pages() < 2200, String(pages()));
});

test("sqlite: with sync off a commit is written at the end of its window, or at a proper end", async () => {
  await using bench = new SqliteBench({ sync: "off", window: 500 });
  const storage = await bench.open();
  assert.match(storage.promise, /up to 500 ms later/);
  storage.putSession(session("one"));
  await storage.commit();
  assert.equal(storage.dirty, false);
  assert.equal((await loaded(await bench.reopen(storage, "died"))).sessions.size, 0);
  bench.host.clock.advance(500);
  assert.equal((await loaded(await bench.reopen(storage, "died"))).sessions.size, 1);
  storage.putSession(session("two"));
  await storage.commit();
  assert.equal((await loaded(await bench.reopen(storage, "closed"))).sessions.size, 2);
});

test("sqlite: the tables say what they hold", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  const published = message({ topic: "a", properties: EVERY_PROPERTY, expiresAt: 1_700_000_000_000.5 });
  storage.putSession(session("one", { username: "anna" }));
  storage.putSubscription("one", subscription("a/#"));
  storage.putDelivery("one", delivery(1, { identifiers: [7], message: published }));
  await settled(bench, storage);
  assert.deepEqual(
    rows(
      storage,
      "SELECT username, filter, d.topic, identifiers, d.expires_at, properties ->> 'contentType' AS type, " +
        "properties ->> 'correlationData' AS correlation " +
        "FROM sessions JOIN subscriptions USING (session) JOIN deliveries d USING (session)",
    ),
    [{
      username: "anna",
      filter: "a/#",
      topic: "a",
      identifiers: "[7]",
      expires_at: 1_700_000_000_001,
      type: EVERY_PROPERTY.contentType,
      correlation: "00ff80010a",
    }],
  );
});

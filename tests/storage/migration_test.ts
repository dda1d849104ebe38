/** Databases of every version there was become ones of this version, and nothing is lost on the way. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import {
  migrate,
  MIGRATIONS,
  SCHEMA_VERSION,
  schemaVersion,
} from "../../hooks/storage/sqlite/tables/schema.ts";
import { delivery, message, session, subscription } from "./samples.ts";
import { loaded } from "./snapshot.ts";
import { SqliteBench } from "./sqlite_bench.ts";

/** As that version left it, with rows in all tables and in the journal. */
function fixture(version: number): string {
  return readFileSync(new URL(`./fixtures/version_${version}.sql`, import.meta.url), "utf8");
}

function made(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function schema(database: DatabaseSync): unknown {
  return database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").all()
    .map((row) => ({ ...row, sql: row.sql === null ? null : String(row.sql).replace(/\s+/g, " ") }));
}

for (let version = 1; version <= SCHEMA_VERSION; version++) {
  test(`migration: a database of version ${version} is read`, async () => {
    await using bench = new SqliteBench();
    made(bench.path(), fixture(version));
    const storage = await bench.openAt(bench.path());
    const found = await loaded(storage);
    const will = {
      topic: "gone",
      payload: new Uint8Array([1, 2]),
      qos: 1,
      retain: true,
      properties: { willDelayInterval: 9 },
    } as const;
    const shared = message({
      topic: "shared",
      properties: { correlationData: new Uint8Array([0, 255]), userProperties: [["k", "v"]] },
      expiresAt: 1_900_000_000_000,
    });
    assert.deepEqual([...found.sessions.keys()], ["first", "second", "third"]);
    const { record, subscriptions, deliveries, received } = found.sessions.get("first")!;
    assert.deepEqual(
      record,
      session("first", { username: "anna", disconnectedAt: 5, will: { will, at: 77 } }),
    );
    assert.deepEqual([...subscriptions.values()], [
      subscription("a/#", { qos: 2, noLocal: true, identifier: 4 }),
    ]);
    assert.deepEqual([...deliveries.values()], [
      delivery(1, { packetId: 3, qos: 2, released: true, message: shared }),
      delivery(2, { identifiers: [4], group: "$share/g/a", message: message() }),
    ]);
    assert.deepEqual([...received], [12]);
    assert.deepEqual([...found.sessions.get("second")!.deliveries.values()], [
      delivery(1, { message: shared }),
    ]);
    assert.equal(found.sessions.get("second")!.deliveries.get(1)!.message, deliveries.get(1)!.message);
    assert.deepEqual([...found.retainedMessages.values()], [message({ topic: "kept", retain: true })]);
    assert.deepEqual(found.sysInfo, { bytesSent: 10 });
    // The journal had these.
    assert.deepEqual(found.sessions.get("third")!.record, session("third"));
    assert.deepEqual([...found.sessions.get("third")!.deliveries.values()], [delivery(1)]);
  });

  test(`migration: a database of version ${version} has the tables of a new one afterwards`, () => {
    const old = new DatabaseSync(":memory:");
    const fresh = new DatabaseSync(":memory:");
    old.exec(fixture(version));
    assert.equal(schemaVersion(old), version);
    migrate(old);
    migrate(fresh);
    assert.deepEqual(schema(old), schema(fresh));
  });
}

test("migration: each step is taken once, in order", () => {
  const database = new DatabaseSync(":memory:");
  const taken: number[] = [];
  const chain = [...MIGRATIONS];
  for (let i = 0; i < 2; i++) {
    const version = chain.length + 1;
    chain.push((one) => {
      taken.push(version);
      one.exec(`ALTER TABLE sessions ADD COLUMN of_version_${version} INTEGER`);
    });
  }
  migrate(database);
  migrate(database, chain);
  migrate(database, chain);
  assert.deepEqual(taken, [SCHEMA_VERSION + 1, SCHEMA_VERSION + 2]);
  assert.equal(schemaVersion(database), SCHEMA_VERSION + 2);
});

test("migration: a step that fails leaves the version before it", () => {
  const database = new DatabaseSync(":memory:");
  migrate(database);
  const before = schema(database);
  assert.throws(() =>
    migrate(database, [...MIGRATIONS, (one) => {
      one.exec("ALTER TABLE sessions ADD COLUMN half INTEGER");
      throw new Error("no room");
    }]), /no room/);
  assert.equal(schemaVersion(database), SCHEMA_VERSION);
  assert.deepEqual(schema(database), before);
});

/** `sync: full`: a commit has ended when the system has brought it to the disk, which it does beside the event loop. */

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SqliteDriver } from "../../hooks/storage/sqlite/driver.ts";
import { settingsOf, type SqliteSync } from "../../hooks/storage/sqlite/options.ts";
import { StorageError } from "../../src/storage.ts";
import { TestHost } from "./host.ts";
import { delivery, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";

interface Bench extends AsyncDisposable {
  readonly path: string;
  readonly driver: SqliteDriver;
  /** Ends of what was begun, and how long the write-ahead file was then. */
  readonly begun: { readonly end: (error: Error | null) => void; readonly size: number }[];
}

async function opened(sync: SqliteSync): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "comqtt-durable-"));
  const path = join(folder, "a.db");
  const begun: Bench["begun"] = [];
  const driver = new SqliteDriver(settingsOf({ path, sync }), (_descriptor, end) => {
    begun.push({ end, size: statSync(`${path}-wal`).size });
  });
  await driver.open(new TestHost());
  await loaded(driver);
  return {
    path,
    driver,
    begun,
    async [Symbol.asyncDispose](): Promise<void> {
      await driver.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What is there when only these files are left, as after a power failure. */
async function left(path: string, ...files: string[]): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), "comqtt-left-"));
  const copy = join(folder, "a.db");
  for (const suffix of ["", ...files]) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
  const driver = new SqliteDriver(settingsOf({ path: copy }));
  await driver.open(new TestHost());
  const found = await loaded(driver);
  driver.close();
  rmSync(folder, { recursive: true });
  return [...found.sessions.get("one")?.deliveries.keys() ?? []];
}

/** Whether it has ended by now. */
async function ended(commit: void | Promise<void>): Promise<boolean> {
  return await Promise.race([Promise.resolve(commit).then(() => true), Promise.resolve().then(() => false)]);
}

const lost = Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });

test("sqlite: with sync full a commit ends when what it wrote is on the disk, and not before", async () => {
  await using bench = await opened("full");
  const { driver, begun } = bench;
  driver.putSession(session("one"));
  driver.putDelivery("one", delivery(1));
  const first = driver.commit();
  assert.equal(begun.length, 1);
  // (What is to be brought to the disk was written before.)
  assert.ok(begun[0]!.size > 0);
  assert.equal(await ended(first), false);
  assert.deepEqual([driver.dirty, driver.failing], [false, null]);

  driver.putDelivery("one", delivery(2));
  assert.equal(driver.dirty, true, "it belongs to the next commit");
  begun[0]!.end(null);
  await first;
  const second = driver.commit();
  assert.equal(begun.length, 2);
  assert.ok(begun[1]!.size > begun[0]!.size);
  begun[1]!.end(null);
  await second;
  assert.deepEqual(await left(bench.path, "-wal"), [1, 2]);
});

for (const sync of ["normal", "off"] as const) {
  test(`sqlite: with sync ${sync} no commit waits for the disk`, async () => {
    await using bench = await opened(sync);
    bench.driver.putSession(session("one"));
    assert.equal(bench.driver.commit(), undefined);
    assert.equal(bench.begun.length, 0);
  });
}

test("sqlite: what the system could not bring to the disk is brought there in another way by the next commit", async () => {
  await using bench = await opened("full");
  const { driver, begun, path } = bench;
  driver.putSession(session("one"));
  driver.putDelivery("one", delivery(1));
  const first = driver.commit();
  begun[0]!.end(lost);
  await assert.rejects(
    async () => await first,
    (error: StorageError) =>
      error instanceof StorageError && error.fault === "input/output" &&
      /^Cannot bring to the disk what was written to ".*a\.db": EIO: .*; look at the disk/.test(
        error.message,
      ),
  );
  assert.equal(driver.failing?.fault, "input/output");
  assert.equal(driver.dirty, true);

  // (A second try of the same would succeed whether or not it is there.)
  driver.putDelivery("one", delivery(2));
  await driver.commit();
  assert.equal(begun.length, 1);
  assert.deepEqual([driver.dirty, driver.failing], [false, null]);
  assert.deepEqual(await left(path), [1, 2], "it is in the database itself");

  driver.putDelivery("one", delivery(3));
  const third = driver.commit();
  begun[1]!.end(null);
  await third;
  assert.deepEqual(await left(path, "-wal"), [1, 2, 3]);
});

test("sqlite: after a failed sync nothing is acknowledged while a reader keeps the database from taking it", async () => {
  await using bench = await opened("full");
  const { driver, begun, path } = bench;
  driver.putSession(session("one"));
  const before = driver.commit();
  begun[0]!.end(null);
  await before;
  const reader = new DatabaseSync(path);
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM sessions").get();
  driver.putDelivery("one", delivery(1));
  const commit = driver.commit();
  begun[1]!.end(lost);
  await assert.rejects(async () => await commit);
  assert.throws(() => driver.commit(), /^StorageError: Cannot bring to the disk/);
  assert.equal(driver.failing?.fault, "input/output");
  reader.exec("COMMIT");
  reader.close();
  await driver.commit();
  assert.equal(driver.failing, null);
  assert.deepEqual(await left(path), [1]);
});

test("sqlite: it may be closed while the disk is waited for", async () => {
  await using bench = await opened("full");
  const { driver, begun, path } = bench;
  driver.putSession(session("one"));
  driver.putDelivery("one", delivery(1));
  const commit = driver.commit();
  driver.close();
  assert.deepEqual(await left(path), [1]);
  begun[0]!.end(null);
  await commit;
});

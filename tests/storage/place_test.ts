/** Somebody removes or replaces the files of a database that is open: nothing is acknowledged that a restart does not find. */

import assert from "node:assert/strict";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { backupDatabase } from "../../hooks/storage/sqlite/tools/backup.ts";
import { inspectDatabase } from "../../hooks/storage/sqlite/tools/inspect.ts";
import { restoreDatabase } from "../../hooks/storage/sqlite/tools/restore.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { StorageError } from "../../src/storage/error.ts";
import { delivery, message, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";
import { SqliteBench } from "./sqlite_bench.ts";

/** How long what was seen is believed: milliseconds. */
const TRUST = 50;
const FILES = ["", "-wal", "-shm", "-lock"];

async function prepared(bench: SqliteBench): Promise<Storage> {
  const storage = await bench.open();
  storage.putSession(session("one"));
  storage.putDelivery("one", delivery(1));
  await storage.commit();
  return storage;
}

/** What a server finds there that starts after this one was killed. */
async function left(bench: SqliteBench, path: string): Promise<number[]> {
  const { sessions } = await loaded(await bench.openAt(bench.copy(path)));
  return [...sessions.get("one")?.deliveries.keys() ?? []];
}

/** The next commit is refused. */
async function refuses(bench: SqliteBench, storage: Storage, why: RegExp): Promise<void> {
  bench.host.clock.advance(TRUST);
  await assert.rejects(async () => await storage.commit(), (error: unknown) => {
    assert.ok(error instanceof StorageError);
    assert.equal(error.fault, "unusable");
    assert.match(error.message, why);
    assert.match(
      error.message,
      /^Cannot write to the database ".*comqtt\.db": .*; put it back to go on, or restart/,
    );
    assert.equal(storage.failing, error);
    return true;
  });
  assert.equal(storage.dirty, true);
}

for (const sync of ["normal", "full", "off"] as const) {
  test(`sqlite ${sync}: a database that was moved away takes nothing more, is whole, and goes on when it is back`, async () => {
    await using bench = new SqliteBench({ sync });
    const storage = await prepared(bench);
    if (sync === "off") bench.host.clock.advance(1000);
    mkdirSync(bench.path("away"));
    const away = bench.path("away/comqtt.db");
    for (const end of FILES) renameSync(bench.path() + end, away + end);
    storage.putDelivery("one", delivery(2));
    if (sync === "off") {
      // (It is written later, and then it is seen.)
      await storage.commit();
      bench.host.clock.advance(1000);
      assert.match(storage.failing?.message ?? "", /was removed/);
    }
    storage.putDelivery("one", delivery(3));
    await refuses(bench, storage, /"[^"]*comqtt\.db" was removed while this server has it open/);
    // A second time as well.
    await refuses(bench, storage, /was removed/);
    assert.deepEqual(await left(bench, away), [1]);

    for (const end of FILES) renameSync(away + end, bench.path() + end);
    await storage.commit();
    if (sync === "off") bench.host.clock.advance(1000);
    assert.equal(storage.failing, null);
    assert.deepEqual(await left(bench, bench.path()), [1, 2, 3]);
    bench.host.clock.advance(5000);
    while (storage.idle!());
    assert.deepEqual(await left(bench, bench.path()), [1, 2, 3]);
  });
}

test("sqlite: a database in whose place there is another takes nothing more, and the other stays what it is", async () => {
  await using bench = new SqliteBench();
  const other = await bench.openAt(bench.path("other.db"));
  other.putRetained(message({ topic: "other" }));
  await other.close();
  const storage = await prepared(bench);
  linkSync(bench.path(), bench.path("kept.db"));
  renameSync(bench.path("other.db"), bench.path());
  storage.putDelivery("one", delivery(2));
  await refuses(bench, storage, /"[^"]*comqtt\.db" was replaced while this server has it open/);

  // The old one has everything in it, and nothing of it is left beside the new one.
  assert.deepEqual(await left(bench, bench.path("kept.db")), [1]);
  for (const how of ["died", "closed"]) {
    if (how === "closed") await assert.rejects(async () => await storage.close(), /was replaced/);
    const found = await loaded(await bench.openAt(bench.copy(bench.path())));
    assert.deepEqual([...found.retainedMessages.keys()], ["other"], how);
    assert.equal(found.sessions.size, 0, how);
  }
});

test("sqlite: without its write-ahead file a database takes nothing more and has everything", async () => {
  await using bench = new SqliteBench();
  const storage = await prepared(bench);
  rmSync(bench.path("comqtt.db-wal"));
  storage.putDelivery("one", delivery(2));
  await refuses(bench, storage, /"[^"]*comqtt\.db-wal" was removed while this server has it open/);
  assert.deepEqual(await left(bench, bench.path()), [1]);
  await assert.rejects(async () => await storage.close(), /was removed/);
});

test("sqlite: without the file of its lock a server takes nothing more, so a second one does no harm", async () => {
  await using bench = new SqliteBench();
  const storage = await prepared(bench);
  rmSync(bench.path("comqtt.db-lock"));
  bench.host.clock.advance(TRUST);
  const second = await bench.openAt(bench.path());
  await loaded(second);
  second.putDelivery("one", delivery(2));
  await second.commit();
  storage.putDelivery("one", delivery(3));
  await refuses(bench, storage, /"[^"]*comqtt\.db-lock" was replaced while this server has it open/);
  assert.deepEqual(await left(bench, bench.path()), [1, 2]);
  await assert.rejects(async () => await storage.close(), /was replaced/);
});

test("sqlite: that the database was removed is seen and said while nothing is to be written", async () => {
  await using bench = new SqliteBench();
  const storage = await prepared(bench);
  const away = bench.path("away.db");
  renameSync(bench.path(), away);
  bench.host.clock.advance(TRUST);
  assert.equal(storage.idle!(), false);
  assert.equal(storage.idle!(), false);
  assert.match(storage.failing?.message ?? "", /was removed/);
  assert.equal(bench.host.logged.length, 1);
  assert.match(bench.host.logged[0]!, /^error: Cannot write to the database ".*" was removed while/);

  renameSync(away, bench.path());
  storage.idle!();
  assert.equal(storage.failing, null);
  assert.match(bench.host.logged[1]!, /^warn: The database ".*comqtt\.db" is in its place again$/);
});

test("sqlite: what was moved away is not brought into the tables of nothing", async () => {
  await using bench = new SqliteBench();
  const storage = await prepared(bench);
  rmSync(bench.path());
  bench.host.clock.advance(60_000);
  assert.equal(storage.idle!(), false);
  storage.close();
  assert.equal(existsSync(bench.path()), false);
});

// --- links ---

for (const sync of ["normal", "full"] as const) {
  test(`sqlite ${sync}: a link to a database is the database, for a second server as well`, async () => {
    await using bench = new SqliteBench({ sync });
    mkdirSync(bench.path("data"));
    // To a file that is not there yet, and over another link.
    symlinkSync("data/real.db", bench.path("first.db"));
    symlinkSync("first.db", bench.path());
    const storage = await prepared(bench);
    assert.ok(existsSync(bench.path("data/real.db-wal")));
    for (const path of [bench.path("data/real.db"), bench.path("first.db"), bench.path()]) {
      await assert.rejects(bench.openAt(path), /another server has it open/, path);
    }
    assert.equal(
      inspectDatabase(bench.path()).aheadBytes,
      readFileSync(bench.path("data/real.db-wal")).length,
    );
    await backupDatabase(bench.path(), bench.path("backup.db"));
    await assert.rejects(
      restoreDatabase(bench.path("backup.db"), bench.path()),
      /another server has it open/,
    );
    storage.putDelivery("one", delivery(2));
    await storage.commit();
    await storage.close();

    // The link stays one.
    const aside = await restoreDatabase(bench.path("backup.db"), bench.path());
    assert.match(aside ?? "", /data\/real\.db\.replaced-/);
    assert.deepEqual(await left(bench, bench.path("data/real.db")), [1]);
    assert.deepEqual(await left(bench, aside!), [1, 2]);
  });
}

test("sqlite: a link that leads to itself is said, what one leads to is made", async () => {
  await using bench = new SqliteBench();
  symlinkSync("comqtt.db", bench.path());
  await assert.rejects(
    bench.openAt(bench.path()),
    /^StorageError: Cannot follow the link ".*comqtt\.db": it leads to itself; it has to be a file/,
  );
  symlinkSync(bench.path("missing/real.db"), bench.path("new.db"));
  await bench.openAt(bench.path("new.db"));
  assert.ok(existsSync(bench.path("missing/real.db-lock")));
});

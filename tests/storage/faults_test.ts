/** What goes wrong with files and disks: a clear message, nothing lost that was promised, nothing touched that is not ours. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { SqliteDriver } from "../../hooks/storage/sqlite/work/driver.ts";
import { SqliteStorage } from "../../hooks/storage/sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { StorageError } from "../../src/storage/error.ts";
import { holdInAnotherProcess } from "./holder.ts";
import { delivery, message, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";
import { SqliteBench } from "./sqlite_bench.ts";

/** The pages a database may have from here on. */
function limitPages(storage: Storage, more: number): void {
  const { database } = storage as SqliteDriver;
  const pages = Number(database!.prepare("PRAGMA page_count").get()!.page_count);
  database!.exec(`PRAGMA max_page_count = ${pages + more}`);
}

/** A database with one retained message; the answer is its path. */
async function prepared(bench: SqliteBench): Promise<string> {
  const storage = await bench.open();
  storage.putRetained(message({ topic: "kept" }));
  await storage.close();
  return bench.path();
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

async function refused(bench: SqliteBench, path: string, what: RegExp, fault: string): Promise<void> {
  await assert.rejects(bench.openAt(path), (error: unknown) => {
    assert.ok(error instanceof StorageError);
    assert.match(error.message, what);
    assert.equal(error.fault, fault);
    return true;
  });
}

test("sqlite: a directory that cannot be made is named", async () => {
  await using bench = new SqliteBench();
  writeFileSync(bench.path("file"), "");
  await refused(
    bench,
    bench.path("file/data/comqtt.db"),
    /^Cannot use ".*file\/data" as a directory: it is a file, or in its path is one$/,
    "unusable",
  );
});

test("sqlite: a directory that is a file is named", async () => {
  await using bench = new SqliteBench();
  writeFileSync(bench.path("file"), "");
  await refused(
    bench,
    bench.path("file/comqtt.db"),
    /^Cannot use ".*file" as a directory: it is a file/,
    "unusable",
  );
});

test(
  "sqlite: a directory where no file can be made is refused",
  { skip: !existsSync("/proc/self") },
  async () => {
    await using bench = new SqliteBench();
    await refused(bench, "/proc/comqtt.db", /^Cannot make the file "\/proc\/comqtt.db-lock": /, "unusable");
  },
);

test("sqlite: a directory in the place of the database is refused", async () => {
  await using bench = new SqliteBench();
  mkdirSync(bench.path());
  await refused(bench, bench.path(), /^Cannot use ".*" as a database: it is not a file$/, "unusable");
});

test("sqlite: a second server on the same database is refused, in the same process", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  for (let i = 0; i < 2; i++) {
    await refused(
      bench,
      bench.path(),
      /^Cannot open the database ".*": another server has it open; stop/,
      "in use",
    );
  }
  storage.putSession(session("one"));
  await storage.commit();
  await storage.close();
  assert.equal((await loaded(await bench.openAt(bench.path()))).sessions.size, 1);
});

test("sqlite: another process has the database until it dies, and what it committed is there", async () => {
  await using bench = new SqliteBench();
  const holder = await holdInAnotherProcess(bench.path());
  try {
    await refused(bench, bench.path(), /another server has it open/, "in use");
    // Reading is possible meanwhile.
    const reader = new DatabaseSync(bench.path(), { readOnly: true });
    assert.equal(reader.prepare("SELECT count(*) AS n FROM journal").get()!.n, 1);
    reader.close();
  } finally {
    await holder.kill();
  }
  const found = await loaded(await bench.openAt(bench.path()));
  assert.deepEqual([...found.sessions.keys()], ["held"]);
  assert.deepEqual([...found.retainedMessages.keys()], ["held"]);
});

const damages: readonly (readonly [what: string, damage: (path: string) => void])[] = [
  ["a text", (path) => writeFileSync(path, "This is no database at all. ".repeat(400))],
  ["zeros", (path) => writeFileSync(path, new Uint8Array(40_960))],
  ["a damaged header", (path) => overwrite(path, 20, 40)],
  ["damaged pages", (path) => overwrite(path, 4096, readFileSync(path).length)],
  ["half of the file", (path) => writeFileSync(path, readFileSync(path).subarray(0, 3 * 4096 + 100))],
  [
    "a row of the journal of an unknown format",
    (path) => change(path, "INSERT INTO journal VALUES (900, x'09')"),
  ],
  [
    "a row of the journal that ends too early",
    (path) => change(path, "INSERT INTO journal VALUES (900, x'01000000020701')"),
  ],
];

function overwrite(path: string, from: number, to: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xA5, from, to);
  writeFileSync(path, bytes);
}

for (const [what, damage] of damages) {
  test(`sqlite: a damaged database is put aside and a fresh one made, ${what}`, async () => {
    await using bench = new SqliteBench();
    const path = await prepared(bench);
    damage(path);
    const bytes = readFileSync(path);
    const storage = await bench.openAt(path);
    const found = await loaded(storage);
    assert.equal(found.retainedMessages.size, 0);
    assert.equal(storage.quarantined, `${path}.damaged-2023-11-14T22-13-20Z`);
    assert.deepEqual(readFileSync(storage.quarantined!), bytes);
    assert.equal(bench.host.logged.length, 1);
    assert.match(bench.host.logged[0], /^error: Cannot .*comqtt\.db.* It is kept as ".*damaged-2023/);
    storage.putSession(session("new"));
    const again = await bench.reopen(storage, "closed");
    assert.deepEqual([...(await loaded(again)).sessions.keys()], ["new"]);
    assert.equal(again.quarantined, null);
  });
}

test("sqlite: a second damaged database of the same second gets a name of its own", async () => {
  await using bench = new SqliteBench();
  for (let i = 0; i < 2; i++) {
    writeFileSync(bench.path(), "This is no database at all. ".repeat(400));
    await (await bench.openAt(bench.path())).close();
  }
  const aside = readdirSync(bench.directory).filter((name) => name.includes("damaged")).sort();
  assert.deepEqual(aside, [
    "comqtt.db.damaged-2023-11-14T22-13-20Z",
    "comqtt.db.damaged-2023-11-14T22-13-20Z-2",
  ]);
});

test("sqlite: a database of a later version is left as it is", async () => {
  await using bench = new SqliteBench();
  const path = await prepared(bench);
  change(path, "PRAGMA user_version = 99");
  const bytes = readFileSync(path);
  await refused(
    bench,
    path,
    /it is of version 99, this program knows versions up to \d+; use the version/,
    "newer",
  );
  assert.deepEqual(readFileSync(path), bytes);
});

test("sqlite: a database of another program is left as it is", async () => {
  await using bench = new SqliteBench();
  change(bench.path(), "CREATE TABLE accounts (name TEXT); INSERT INTO accounts VALUES ('x')");
  const bytes = readFileSync(bench.path());
  await refused(
    bench,
    bench.path(),
    /another program made it; give each program a file of its own$/,
    "unusable",
  );
  assert.deepEqual(readFileSync(bench.path()), bytes);
});

test("sqlite: an empty file becomes a database", async () => {
  await using bench = new SqliteBench();
  writeFileSync(bench.path(), "");
  assert.equal((await loaded(await bench.openAt(bench.path()))).sessions.size, 0);
  assert.equal(bench.host.logged.length, 1);
  assert.match(bench.host.logged[0], /^warn: The database ".*" was an empty file, .* without data$/);
});

test("sqlite: a write-ahead file without its database is kept, not removed", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putRetained(message({ topic: "kept" }));
  await storage.commit();
  const copy = bench.copy(bench.path());
  const left = readFileSync(`${copy}-wal`);
  assert.ok(left.length > 0);
  for (const damage of [(): void => writeFileSync(copy, ""), (): void => rmSync(copy)]) {
    damage();
    writeFileSync(`${copy}-wal`, left);
    const fresh = await bench.openAt(copy);
    assert.equal((await loaded(fresh)).retainedMessages.size, 0);
    assert.deepEqual(readFileSync(`${fresh.quarantined}-wal`), left);
    assert.match(bench.host.logged.pop()!, /^error: Cannot .* its write-ahead file is not; .* kept as/);
    await fresh.close();
  }
});

test("sqlite: rows that cannot be read are left out and said", async () => {
  await using bench = new SqliteBench();
  const path = await prepared(bench);
  change(
    path,
    "INSERT INTO retained VALUES ('bad', x'00', 3, 1, '', NULL, NULL), ('worse', x'00', 1, 1, '', '{', NULL)",
  );
  const found = await loaded(await bench.openAt(path));
  assert.deepEqual([...found.retainedMessages.keys()], ["kept"]);
  assert.equal(bench.host.logged.length, 1);
  assert.match(
    bench.host.logged[0],
    /^error: Cannot read 2 rows .* left out: retained: 3 where 0, 1 or 2 belongs$/,
  );
});

test("sqlite: while the disk is full a commit fails, and the next one takes everything", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putSession(session("one"));
  await storage.commit();
  limitPages(storage, 2);
  for (let i = 1; i <= 3; i++) {
    storage.putDelivery("one", delivery(i, { message: message({ payload: new Uint8Array(50_000) }) }));
    assert.throws(
      () => storage.commit(),
      /^StorageError: Cannot write to the database ".*": .*full; make room on the disk$/,
    );
    assert.equal(storage.failing?.fault, "full");
    assert.equal(storage.dirty, true);
    assert.equal((await storage.waiting("one", 0, 10)).length, i);
  }
  const died = await loaded(await bench.reopen(storage, "died"));
  assert.deepEqual([...died.sessions.get("one")!.deliveries], []);
  limitPages(storage, 1000);
  await storage.commit();
  assert.equal(storage.failing, null);
  const found = await loaded(await bench.reopen(storage, "died"));
  assert.deepEqual([...found.sessions.get("one")!.deliveries.keys()], [1, 2, 3]);
});

test("sqlite: when the tables cannot be written in a pause it is said once and tried again", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putSession(session("one"));
  for (let i = 1; i <= 50; i++) {
    storage.putDelivery("one", delivery(i, { message: message({ payload: new Uint8Array(3000) }) }));
  }
  await storage.commit();
  limitPages(storage, 0);
  for (let i = 0; i < 3; i++) {
    bench.host.clock.advance(5000);
    while (storage.idle!());
  }
  assert.equal(bench.host.logged.length, 1);
  assert.match(bench.host.logged[0], /^error: Cannot write to the tables of the database ".*full; make room/);
  assert.equal((await storage.waiting("one", 0, 100)).length, 50);
  limitPages(storage, 1000);
  bench.host.clock.advance(5000);
  while (storage.idle!());
  const { database } = storage as SqliteDriver;
  assert.equal(database!.prepare("SELECT count(*) AS n FROM deliveries").get()!.n, 50);
  assert.equal(database!.prepare("SELECT count(*) AS n FROM journal").get()!.n, 0);
  assert.equal((await storage.waiting("one", 0, 100)).length, 50);
});

test("sqlite: while somebody else writes a commit fails, and the next one takes everything", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putSession(session("one"));
  await storage.commit();
  const other = new DatabaseSync(bench.path());
  other.exec("BEGIN IMMEDIATE");
  storage.putDelivery("one", delivery(1));
  assert.throws(() => storage.commit(), /database is locked; stop the other program/);
  other.exec("ROLLBACK");
  other.close();
  await storage.commit();
  assert.equal(storage.failing, null);
  const found = await loaded(await bench.reopen(storage, "died"));
  assert.deepEqual([...found.sessions.get("one")!.deliveries.keys()], [1]);
});

test("sqlite: far too much in memory is refused while the tables cannot be written", async () => {
  await using bench = new SqliteBench({ pendingBytes: 65_536 });
  const storage = await bench.open();
  storage.putSession(session("one"));
  await storage.commit();
  // Only the tables: the journal has room.
  const { database } = storage as SqliteDriver;
  database!.exec(
    "CREATE TEMP TRIGGER broken BEFORE INSERT ON deliveries BEGIN SELECT raise(FAIL, 'broken'); END",
  );
  let told = 0;
  const tellMore = (): void => {
    storage.putDelivery("one", delivery(++told, { message: message({ payload: new Uint8Array(10_000) }) }));
    storage.commit();
  };
  assert.throws(() => {
    for (let i = 0; i < 1000; i++) tellMore();
  }, /^StorageError: Cannot write to the tables of the database .*broken/);
  assert.ok(told > 20 && told < 40, String(told));
  assert.notEqual(storage.failing, null);
  database!.exec("DROP TRIGGER broken");
  bench.host.clock.advance(1000);
  while (storage.idle!());
  assert.equal(storage.failing, null);
  await storage.commit();
  assert.equal((await storage.waiting("one", 0, 100)).length, told);
});

test("sqlite: options that make no sense are refused", () => {
  assert.throws(() => new SqliteStorage({ path: "" }), /Cannot use "" as the path of a database/);
  assert.throws(() => new SqliteStorage({ path: ":memory:" }), /the name of a file on disk is needed/);
  assert.throws(
    () => new SqliteStorage({ path: "x", sync: "extra" as "full" }),
    /"normal", "full" or "off" is needed/,
  );
  assert.throws(() => new SqliteStorage({ path: "x", window: 0 }), /1 to 60000 milliseconds/);
  assert.throws(() => new SqliteStorage({ path: "x", pendingBytes: 1 }), /65536 to 1073741824/);
});

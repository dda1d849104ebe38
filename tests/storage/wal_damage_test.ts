/** A write-ahead file that is not what was written: it is kept, said, and used as far as is certain. */

import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { backupDatabase } from "../../hooks/storage/sqlite/tools/backup.ts";
import type { SqliteDriver } from "../../hooks/storage/sqlite/work/driver.ts";
import { inspectDatabase } from "../../hooks/storage/sqlite/tools/inspect.ts";
import { restoreDatabase } from "../../hooks/storage/sqlite/tools/restore.ts";
import { FILE_HEADER, FRAME_HEADER } from "../../hooks/storage/sqlite/wal/format.ts";
import { surveyWal } from "../../hooks/storage/sqlite/wal/survey.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { StorageError } from "../../src/storage/error.ts";
import { Random } from "./random.ts";
import { message } from "./samples.ts";
import { loaded } from "./snapshot.ts";
import { SqliteBench } from "./sqlite_bench.ts";

const PAGE = 4096;
const FRAME = FRAME_HEADER + PAGE;
const COMMITS = 12;
const ASIDE = /^comqtt\.db-wal\.damaged-2023-11-14T22-13-20Z$/;

/** What a process has left that was killed: "old" is in the database, numbers are in the write-ahead file, in order. */
class Left implements AsyncDisposable {
  readonly bench: SqliteBench = new SqliteBench();
  #storage: Storage | null = null;
  #copies = 0;

  static async make(commits = COMMITS): Promise<Left> {
    const left = new Left();
    const first = await left.bench.open();
    first.putRetained(message({ topic: "old" }));
    await first.close();
    const storage = left.#storage = await left.bench.open();
    for (let i = 0; i < commits; i++) await commit(storage, i);
    return left;
  }

  get database(): DatabaseSync {
    return (this.#storage as SqliteDriver).database!;
  }

  get storage(): Storage {
    return this.#storage!;
  }

  get wal(): Uint8Array {
    return new Uint8Array(readFileSync(`${this.bench.path()}-wal`));
  }

  /** Its files as they are now, elsewhere, with another write-ahead file; null: with none. */
  copy(wal: Uint8Array | null, beside: readonly string[] = ["-shm", "-lock", "-lock-journal"]): string {
    const directory = this.bench.path(`left-${++this.#copies}`);
    mkdirSync(directory);
    const path = `${directory}/comqtt.db`;
    for (const end of ["", ...beside]) copyFileSync(this.bench.path() + end, path + end);
    if (wal !== null) writeFileSync(`${path}-wal`, wal);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
  }
}

async function commit(storage: Storage, i: number): Promise<void> {
  storage.putRetained(message({ topic: String(i), payload: new Uint8Array(900).fill(i) }));
  await storage.commit();
}

interface Found {
  readonly storage: Storage;
  /** Without "old", which is always there. */
  readonly topics: readonly string[];
  readonly logged: readonly string[];
}

async function start(left: Left, path: string): Promise<Found> {
  const { host } = left.bench;
  host.logged.length = 0;
  const storage = await left.bench.openAt(path);
  const topics = [...(await loaded(storage)).retainedMessages.keys()];
  assert.ok(topics.includes("old"));
  await storage.close();
  return { storage, topics: topics.filter((topic) => topic !== "old"), logged: [...host.logged] };
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

/** The first ones, whatever their order. */
function assertFirst(topics: readonly string[], least = 0): void {
  assert.deepEqual([...topics].sort((a, b) => Number(a) - Number(b)), numbers(topics.length));
  assert.ok(topics.length >= least, `${topics.length} of ${least}`);
}

/** The damaged file is kept as it was, and that is said. */
function assertSaid({ storage, logged }: Found, path: string, wal: Uint8Array, outcome: RegExp): void {
  const aside = readdirSync(dirname(path)).filter((name) => ASIDE.test(name));
  assert.equal(aside.length, 1, readdirSync(dirname(path)).join(", "));
  assert.equal(storage.quarantined, `${dirname(path)}/${aside[0]}`);
  assert.deepEqual(new Uint8Array(readFileSync(storage.quarantined)), wal);
  assert.equal(logged.length, 1, logged.join("\n"));
  assert.match(logged[0]!, /^error: The write-ahead file ".*comqtt\.db-wal" is damaged: /);
  assert.ok(logged[0]!.endsWith(`. It is kept as "${storage.quarantined}"`));
  assert.match(storage.damage!, outcome);
  assert.ok(logged[0]!.includes(storage.damage!));
  assert.deepEqual(readdirSync(dirname(path)).filter((name) => name.includes("mending")), []);
}

function assertSilent({ storage, logged }: Found): void {
  assert.deepEqual(logged, []);
  assert.equal(storage.quarantined, null);
  assert.equal(storage.damage, null);
}

const overwritten: readonly (readonly [string, (size: number) => Uint8Array])[] = [
  ["zeros", (size) => new Uint8Array(size)],
  ["random bytes", (size) => {
    const random = new Random(7);
    return Uint8Array.from({ length: size }, () => random.below(256));
  }],
  ["a short text", () => new TextEncoder().encode("hello\n")],
  ["a few zeros", () => new Uint8Array(20)],
];

for (const [what, make] of overwritten) {
  test(`write-ahead file: overwritten with ${what} it is put aside, and what is in the database is there`, async () => {
    await using left = await Left.make();
    for (const beside of [undefined, []]) {
      const wal = make(left.wal.length);
      const path = left.copy(wal, beside);
      const found = await start(left, path);
      assert.deepEqual(found.topics, []);
      assertSaid(
        found,
        path,
        wal,
        /: its header is not valid; what was acknowledged last and was not in the database yet is missing$/,
      );
      assertSilent(await start(left, path));
    }
  });
}

test("write-ahead file: with any byte of its header another one nothing of it is missing", async () => {
  await using left = await Left.make();
  for (let at = 0; at < FILE_HEADER; at++) {
    const wal = left.wal;
    wal[at]! ^= 0x41;
    const path = left.copy(wal);
    const found = await start(left, path);
    assertFirst(found.topics, COMMITS);
    assertSaid(found, path, wal, /: its header is not valid; nothing of what was in it is missing$/);
  }
});

test("write-ahead file: a byte in the middle that is another one is said, and what came before it is there", async () => {
  await using left = await Left.make();
  const whole = left.wal;
  const { last } = surveyWal(`${left.bench.path()}-wal`, PAGE);
  const commits = commitsOf(whole);
  const random = new Random(11);
  for (let n = 0; n < 60; n++) {
    const wal = Uint8Array.from(whole);
    const frame = random.below(last - 1);
    // (A third of them in the header of the frame.)
    const within = random.below(3) === 0 ? random.below(FRAME_HEADER) : random.below(FRAME);
    wal[FILE_HEADER + frame * FRAME + within]! ^= 1 + random.below(255);
    const path = left.copy(wal);
    const found = await start(left, path);
    const before = commits.filter((end) => end <= frame).length - (commits.length - COMMITS);
    assertFirst(found.topics, Math.max(0, before));
    assertSaid(
      found,
      path,
      wal,
      / is not what was written, and whole ones follow; (?:what was acknowledged after that|nothing of what was in it) is missing$/,
    );
    if (/nothing/.test(found.storage.damage!)) assertFirst(found.topics, COMMITS);
  }
});

/** How many frames there are when a transaction ends. */
function commitsOf(wal: Uint8Array): number[] {
  const view = new DataView(wal.buffer);
  const ends: number[] = [];
  for (let n = 1; FILE_HEADER + n * FRAME <= wal.length; n++) {
    if (view.getUint32(FILE_HEADER + (n - 1) * FRAME + 4) !== 0) ends.push(n);
  }
  return ends;
}

test("write-ahead file: random bytes over several frames are said, and what came before them is there", async () => {
  await using left = await Left.make();
  const random = new Random(3);
  for (const count of [1, 2, 5]) {
    const wal = left.wal;
    const from = FILE_HEADER + 12 * FRAME;
    for (let at = from; at < from + count * FRAME; at++) wal[at] = random.below(256);
    const path = left.copy(wal);
    const found = await start(left, path);
    assertFirst(found.topics);
    assertSaid(found, path, wal, /: frame 13 of it, at byte 49472, is not what was written/);
  }
});

test("write-ahead file: cut at any byte it is used as far as it goes, and nothing is said", async () => {
  await using left = await Left.make();
  const whole = left.wal;
  const cuts = new Set<number>(Array.from({ length: FILE_HEADER + FRAME_HEADER + 2 }, (_, at) => at));
  const random = new Random(5);
  for (let at = FILE_HEADER; at <= whole.length; at += FRAME) {
    for (const cut of [at - 1, at, at + 1, at + random.below(FRAME)]) cuts.add(Math.min(cut, whole.length));
  }
  let most = 0;
  for (const cut of cuts) {
    const path = left.copy(whole.subarray(0, cut));
    const found = await start(left, path);
    assertFirst(found.topics);
    assertSilent(found);
    most = Math.max(most, found.topics.length);
  }
  assert.equal(most, COMMITS);
});

test("write-ahead file: a last frame that was not written wholly is left out, and nothing is said", async () => {
  await using left = await Left.make();
  const whole = left.wal;
  for (const zeros of [1, 100, FRAME - 1]) {
    const wal = Uint8Array.from(whole).fill(0, whole.length - zeros);
    wal[whole.length - zeros]! ^= 0x80;
    const found = await start(left, left.copy(wal));
    assertFirst(found.topics, COMMITS - 1);
    assertSilent(found);
  }
});

test("write-ahead file: what an earlier run through it has left is no damage", async () => {
  await using left = await Left.make();
  left.database.exec("PRAGMA wal_checkpoint(RESTART)");
  await commit(left.storage, COMMITS);
  const found = await start(left, left.copy(left.wal));
  assertFirst(found.topics, COMMITS + 1);
  assertSilent(found);
});

test("write-ahead file: what a transaction has left that was never committed is no damage", async () => {
  await using left = await Left.make();
  const before = left.wal.length;
  // (With so few pages in memory the others are written before their time.)
  left.database.exec("PRAGMA cache_size = 1; BEGIN IMMEDIATE");
  const insert = left.database.prepare("INSERT INTO journal (position, changes) VALUES (?, ?)");
  for (let i = 0; i < 60; i++) insert.run(1_000_000 + i, new Uint8Array(PAGE).fill(i));
  left.database.exec("ROLLBACK");
  assert.ok(left.wal.length > before + 20 * FRAME);
  await commit(left.storage, COMMITS);
  const found = await start(left, left.copy(left.wal));
  assertFirst(found.topics, COMMITS + 1);
  assertSilent(found);
});

test("write-ahead file: what is in the database already is not undone by what comes before a damage", async () => {
  await using left = await Left.make();
  left.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  const whole = left.wal;
  const { last } = surveyWal(`${left.bench.path()}-wal`, PAGE);
  // (With its index, which says how much is in the database, and without.)
  for (const beside of [undefined, []]) {
    for (let frame = 0; frame < last - 1; frame++) {
      const wal = Uint8Array.from(whole);
      wal[FILE_HEADER + frame * FRAME + 2000]! ^= 0x20;
      const path = left.copy(wal, beside);
      const found = await start(left, path);
      assertFirst(found.topics, COMMITS);
      assertSaid(
        found,
        path,
        wal,
        /; nothing of what was in it is missing$|; what stood there may be missing/,
      );
    }
  }
});

test("write-ahead file: one that ends before what is in the database is not used", async () => {
  await using left = await Left.make();
  left.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  const wal = left.wal.subarray(0, FILE_HEADER + 10 * FRAME);
  const path = left.copy(wal);
  const found = await start(left, path);
  assertFirst(found.topics, COMMITS);
  assertSaid(found, path, wal, /: it ends before what was copied from it into the database; /);
});

test("write-ahead file: a large one is looked at in a moment", async () => {
  await using left = await Left.make(0);
  left.database.exec("PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE");
  const insert = left.database.prepare("INSERT INTO journal (position, changes) VALUES (?, ?)");
  for (let i = 0; i < 8500; i++) insert.run(1_000_000 + i, new Uint8Array(4000));
  left.database.exec("COMMIT");
  const path = `${left.bench.path()}-wal`;
  assert.ok(left.wal.length > 1 << 25);
  const begun = performance.now();
  assert.equal(surveyWal(path, PAGE).wrong, null);
  // (A tenth of that without other work on the machine.)
  assert.ok(performance.now() - begun < 3000, `${performance.now() - begun} ms`);
});

// --- without one ---

test("write-ahead file: that it was removed after a crash is said, and what is in the database is there", async () => {
  await using left = await Left.make();
  const cases: readonly (readonly [readonly string[], RegExp | null])[] = [
    [
      ["-shm", "-lock", "-lock-journal"],
      /what was acknowledged last and was not in the database yet is missing$/,
    ],
    [["-shm"], /what was acknowledged last and was not in the database yet is missing$/],
    [["-lock", "-lock-journal"], /what was acknowledged last may be missing$/],
    // (That is a copy of the database alone.)
    [[], null],
  ];
  for (const [beside, outcome] of cases) {
    const path = left.copy(null, beside);
    const found = await start(left, path);
    assert.deepEqual(found.topics, []);
    if (outcome === null) {
      assertSilent(found);
      continue;
    }
    assert.equal(found.storage.quarantined, null);
    assert.match(
      found.storage.damage!,
      /^The write-ahead file ".*-wal" is gone, though the database was not/,
    );
    assert.match(found.storage.damage!, outcome);
    assert.deepEqual(found.logged, [`error: ${found.storage.damage}`]);
    assertSilent(await start(left, path));
  }
});

test("write-ahead file: that it was removed is not said when everything is in the database", async () => {
  await using left = await Left.make();
  left.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  const found = await start(left, left.copy(null));
  assertFirst(found.topics, COMMITS);
  assertSilent(found);
});

test("write-ahead file: a backup that was put in the place of a database that was killed has none", async () => {
  await using left = await Left.make();
  await backupDatabase(left.bench.path(), left.bench.path("backup.db"));
  const path = left.copy(null);
  copyFileSync(left.bench.path("backup.db"), path);
  const found = await start(left, path);
  assertFirst(found.topics, COMMITS);
  assertSilent(found);
});

// --- what is not ours, or beyond help ---

test("write-ahead file: that of another program is left as it is", async () => {
  await using left = await Left.make(0);
  const path = left.bench.path("other.db");
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE a (b); INSERT INTO a VALUES (1)");
  copyFileSync(path, left.bench.path("copy.db"));
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  const wal = new Uint8Array(10_000);
  writeFileSync(`${path}-wal`, wal);
  await assert.rejects(left.bench.openAt(path), /another program made it/);
  assert.deepEqual(readdirSync(left.bench.directory).filter((name) => name.includes("damaged")), []);
});

test("write-ahead file: when the database is not whole without it both are put aside", async () => {
  await using left = await Left.make();
  const wal = left.wal.fill(0, 0, FILE_HEADER + FRAME);
  const path = left.copy(wal);
  const database = new Uint8Array(readFileSync(path));
  database.fill(0x5a, PAGE + 100);
  writeFileSync(path, database);
  left.bench.host.logged.length = 0;
  const storage = await left.bench.openAt(path);
  assert.deepEqual([...(await loaded(storage)).retainedMessages.keys()], []);
  assert.equal(storage.quarantined, `${path}.damaged-2023-11-14T22-13-20Z`);
  assert.deepEqual(new Uint8Array(readFileSync(storage.quarantined)), database);
  assert.deepEqual(new Uint8Array(readFileSync(`${storage.quarantined}-wal`)), wal);
  assert.equal(left.bench.host.logged.length, 1);
  assert.match(
    storage.damage!,
    /^Cannot read the database ".*": its write-ahead file is damaged \(its header is not valid\), and without it/,
  );
});

// --- who only reads ---

test("write-ahead file: a damaged one is not passed over by who counts, copies or restores, and nothing is changed", async () => {
  await using left = await Left.make();
  const damaged = left.copy(new Uint8Array(left.wal.length));
  const gone = left.copy(null);
  for (
    const [path, why] of [[damaged, /is damaged: its header/], [gone, /is gone, though it was not/]] as const
  ) {
    const before = filesIn(dirname(path));
    const ways = [
      // deno-lint-ignore require-await -- what it throws is to be a rejection
      async (): Promise<unknown> => inspectDatabase(path),
      (): Promise<unknown> => backupDatabase(path, left.bench.path("copy.db")),
      (): Promise<unknown> => restoreDatabase(path, left.bench.path("restored/comqtt.db")),
    ];
    for (const way of ways) {
      await assert.rejects(way, (error: unknown) => {
        assert.ok(error instanceof StorageError);
        assert.equal(error.fault, "damaged");
        assert.match(error.message, /^Cannot read the database ".*comqtt\.db": its write-ahead file /);
        assert.match(error.message, why);
        assert.match(error.message, /start the server, which /);
        return true;
      });
      assert.deepEqual(filesIn(dirname(path)), before);
    }
    assert.equal(existsSync(left.bench.path("copy.db")), false);
    // Whoever starts a server hears it all the same, and can count then.
    assert.notEqual((await start(left, path)).storage.damage, null);
    assert.equal(inspectDatabase(path).retained, 1);
  }
});

test("write-ahead file: one that is damaged is kept beside a database that a backup replaces", async () => {
  await using left = await Left.make();
  await backupDatabase(left.bench.path(), left.bench.path("backup.db"));
  const wal = new Uint8Array(left.wal.length);
  const path = left.copy(wal);
  const aside = await restoreDatabase(left.bench.path("backup.db"), path);
  assert.deepEqual(new Uint8Array(readFileSync(`${aside}-wal`)), wal);
  const found = await start(left, path);
  assertFirst(found.topics, COMMITS);
  assertSilent(found);
});

test("write-ahead file: one that a server is writing is looked at by nobody else", async () => {
  await using left = await Left.make();
  writeFileSync(`${left.bench.path()}-wal`, left.wal.fill(0, 0, 4));
  assert.equal(inspectDatabase(left.bench.path()).retained, 1 + COMMITS);
});

function filesIn(directory: string): unknown {
  return readdirSync(directory).sort().map((name) => [name, readFileSync(`${directory}/${name}`, "base64")]);
}

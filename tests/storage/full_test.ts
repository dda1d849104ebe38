/** `sync: full`: a commit is done when it is on the disk, whatever the disk does; and everybody else goes on meanwhile. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { SqliteDriver } from "../../hooks/storage/sqlite/work/driver.ts";
import { settingsOf } from "../../hooks/storage/sqlite/options.ts";
import type { WalAccess } from "../../hooks/storage/sqlite/wal/file.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { StorageError } from "../../src/storage/error.ts";
import { delivery, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";
import { SqliteBench } from "./sqlite_bench.ts";
import { ModelDisk } from "./model_disk.ts";

class DiskBench extends SqliteBench {
  readonly disk: ModelDisk = new ModelDisk(this.path());

  /** Of which everything is on the disk. */
  async opened(access: WalAccess = this.disk): Promise<SqliteDriver> {
    const storage = new SqliteDriver(settingsOf({ path: this.path(), sync: "full" }), access);
    await storage.open(this.host);
    await loaded(storage);
    return storage;
  }

  /** The deliveries of "one" that are there after a power failure now. */
  async left(): Promise<number[]> {
    const copy = this.copy(this.path());
    this.disk.leave(copy);
    const found = await loaded(await this.openAt(copy));
    return [...found.sessions.get("one")?.deliveries.keys() ?? []];
  }
}

/** With a session "one" that is on the disk. */
async function prepared(bench: DiskBench): Promise<SqliteDriver> {
  const storage = await bench.opened();
  storage.putSession(session("one"));
  await storage.commit();
  return storage;
}

function failure(code: "EIO" | "ENOSPC"): Error {
  return Object.assign(new Error(`${code}: that is all, fdatasync`), { code });
}

/** Whatever is to happen at once has happened. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function waitingOf(storage: Storage): Promise<number[]> {
  return (await storage.waiting("one", 0, 100)).map((one) => one.sequence);
}

test("sqlite full: what was committed is on the disk, after each commit", async () => {
  await using bench = new DiskBench();
  const storage = await prepared(bench);
  for (let i = 1; i <= 20; i++) {
    storage.putDelivery("one", delivery(i));
    await storage.commit();
    assert.deepEqual(await bench.left(), Array.from({ length: i }, (_, n) => n + 1));
  }
  await storage.close();
});

test("sqlite full: a commit takes as long as its sync, and what is told meanwhile is part of the next", async () => {
  await using bench = new DiskBench();
  const storage = await prepared(bench);
  bench.disk.holds = true;
  let done = 0;
  storage.putDelivery("one", delivery(1));
  const first = Promise.resolve(storage.commit()).then(() => done++);
  assert.equal(bench.disk.held, 1);
  assert.equal(storage.dirty, false);

  storage.putDelivery("one", delivery(2));
  assert.equal(storage.dirty, true);
  assert.deepEqual(await waitingOf(storage), [1, 2]);
  bench.host.clock.advance(5000);
  for (let i = 0; i < 10; i++) storage.idle();
  await turns();
  assert.equal(done, 0);
  assert.deepEqual(await bench.left(), []);

  bench.disk.release();
  await first;
  assert.deepEqual(await bench.left(), [1]);
  const second = storage.commit();
  assert.equal(storage.dirty, false);
  bench.disk.release();
  await second;
  assert.deepEqual(await bench.left(), [1, 2]);
  bench.disk.holds = false;
  await storage.close();
});

test("sqlite full: the tables are written while a sync is under way", async () => {
  await using bench = new DiskBench();
  const storage = await prepared(bench);
  for (let i = 1; i <= 10; i++) storage.putDelivery("one", delivery(i));
  await storage.commit();
  bench.disk.holds = true;
  storage.putDelivery("one", delivery(11));
  const commit = storage.commit();
  bench.host.clock.advance(5000);
  while (storage.idle());
  assert.equal(storage.database!.prepare("SELECT count(*) AS n FROM deliveries").get()!.n, 11);
  assert.deepEqual(await bench.left(), Array.from({ length: 10 }, (_, n) => n + 1));
  bench.disk.release();
  await commit;
  bench.disk.holds = false;
  storage.putDelivery("one", delivery(12));
  await storage.commit();
  assert.deepEqual(await bench.left(), Array.from({ length: 12 }, (_, n) => n + 1));
  await storage.close();
});

for (
  const [code, fault, advice] of [["EIO", "input/output", "look at"], [
    "ENOSPC",
    "full",
    "make room",
  ]] as const
) {
  test(`sqlite full: what a sync that failed did not write is on the disk before anything is said, ${code}`, async () => {
    await using bench = new DiskBench();
    const storage = await prepared(bench);
    storage.putDelivery("one", delivery(1));
    await storage.commit();
    bench.disk.fails = failure(code);
    for (let i = 2; i <= 4; i++) {
      // (Whether or not there is something new.)
      if (i < 4) storage.putDelivery("one", delivery(i));
      await assert.rejects(async () => await storage.commit(), (error: unknown) => {
        assert.ok(error instanceof StorageError);
        assert.match(error.message, new RegExp(`^Cannot write to the database ".*": ${code}.*; ${advice}`));
        assert.equal(error.fault, fault);
        assert.equal(storage.failing, error);
        return true;
      });
      assert.equal(storage.dirty, true);
      assert.deepEqual(await bench.left(), [1]);
    }
    // Until then nothing is written behind it, not even in pauses.
    bench.host.clock.advance(5000);
    const ahead = readFileSync(`${bench.path()}-wal`);
    assert.equal(storage.idle(), false);
    assert.deepEqual(readFileSync(`${bench.path()}-wal`), ahead);
    assert.deepEqual(await waitingOf(storage), [1, 2, 3]);

    bench.disk.fails = null;
    await storage.commit();
    assert.equal(storage.failing, null);
    assert.equal(storage.dirty, false);
    assert.deepEqual(await bench.left(), [1, 2, 3]);
    while (storage.idle());
    storage.putDelivery("one", delivery(4));
    await storage.commit();
    assert.deepEqual(await bench.left(), [1, 2, 3, 4]);
    await storage.close();
  });
}

test("sqlite full: what the system has forgotten is not promised, and a restart has what was", async () => {
  await using bench = new DiskBench();
  const storage = await prepared(bench);
  storage.putDelivery("one", delivery(1));
  await storage.commit();
  const before = readFileSync(`${bench.path()}-wal`).length;
  storage.putDelivery("one", delivery(2));
  bench.disk.fails = failure("EIO");
  await assert.rejects(async () => await storage.commit(), /EIO/);
  bench.disk.fails = null;
  const ahead = readFileSync(`${bench.path()}-wal`);
  assert.ok(ahead.length > before);
  ahead.fill(0, before);
  writeFileSync(`${bench.path()}-wal`, ahead);
  for (let i = 0; i < 2; i++) {
    await assert.rejects(
      async () => await storage.commit(),
      /^StorageError: Cannot write to the database ".*": .* write-ahead file .* restart finds what was ack.*; look at/,
    );
    assert.equal(storage.failing?.fault, "input/output");
  }
  const files = ["", "-wal"].map((end) => bench.path() + end);
  const bytes = files.map((file) => readFileSync(file));
  await assert.rejects(async () => await storage.close(), /restart/);
  // Nothing of it has come into the database by that.
  assert.deepEqual(files.map((file) => readFileSync(file)), bytes);
  const found = await loaded(await bench.openAt(bench.path()));
  assert.deepEqual([...found.sessions.get("one")!.deliveries.keys()], [1]);
});

test("sqlite full: the end waits for the commit under way, and commits what was told since", async () => {
  await using bench = new DiskBench();
  const storage = await prepared(bench);
  bench.disk.holds = true;
  storage.putDelivery("one", delivery(1));
  const commit = storage.commit();
  storage.putDelivery("one", delivery(2));
  const close = storage.close();
  let closed = false;
  const end = Promise.resolve(close).then(() => closed = true);
  await turns();
  assert.equal(closed, false);
  assert.equal(bench.disk.held, 1);
  bench.disk.release();
  await commit;
  await turns();
  assert.equal(bench.disk.held, 1);
  assert.equal(closed, false);
  assert.deepEqual(await bench.left(), [1]);
  bench.disk.release();
  await end;
  await storage.close();
  const again = await loaded(await bench.openAt(bench.path()));
  assert.deepEqual([...again.sessions.get("one")!.deliveries.keys()], [1, 2]);
});

test("sqlite full: an end that cannot commit says so, and the database can be opened again", async () => {
  await using bench = new DiskBench();
  const storage = await prepared(bench);
  storage.putDelivery("one", delivery(1));
  bench.disk.fails = failure("EIO");
  await assert.rejects(async () => await storage.close(), /EIO/);
  assert.equal((await loaded(await bench.openAt(bench.path()))).sessions.size, 1);
});

test("sqlite full: what an earlier process did not bring to the disk is there before anything is answered", async () => {
  await using bench = new DiskBench();
  const storage = await prepared(bench);
  bench.disk.holds = true;
  storage.putDelivery("one", delivery(1));
  const commit = storage.commit();
  const path = bench.copy(bench.path());
  // As the next process finds it, of whose predecessor a sync has failed: the system believes that it is there.
  const disk = new ModelDisk(path);
  disk.fails = failure("EIO");
  await new Promise<void>((resolve) => disk.sync(0, () => resolve()));
  disk.fails = null;
  const next = new SqliteDriver(settingsOf({ path, sync: "full" }), disk);
  await next.open(bench.host);
  assert.ok(disk.synced > 0);
  const copy = bench.copy(path);
  disk.leave(copy);
  const found = await loaded(await bench.openAt(copy));
  assert.deepEqual([...found.sessions.get("one")!.deliveries.keys()], [1]);
  await next.close();
  bench.disk.release();
  await commit;
  bench.disk.holds = false;
  await storage.close();
});

test("sqlite full: a disk that cannot be synced refuses the start, and leaves nothing open", async () => {
  await using bench = new DiskBench();
  bench.disk.fails = failure("EIO");
  await assert.rejects(bench.opened(), /^StorageError: Cannot read the database ".*": EIO/);
  bench.disk.fails = null;
  await (await bench.opened()).close();
});

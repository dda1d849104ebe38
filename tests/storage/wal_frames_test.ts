/** Which frames of a write-ahead file are whole: those that SQLite itself takes. */

import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { FILE_HEADER } from "../../hooks/storage/sqlite/wal/format.ts";
import { WalFrames } from "../../hooks/storage/sqlite/wal/frames.ts";
import type { SqliteDriver } from "../../hooks/storage/sqlite/work/driver.ts";
import { Random } from "./random.ts";
import { message } from "./samples.ts";
import { SqliteBench } from "./sqlite_bench.ts";

function framesOf(path: string): number {
  const bytes = new Uint8Array(readFileSync(`${path}-wal`));
  const frames = WalFrames.begin(bytes.subarray(0, FILE_HEADER));
  if (frames === null) return 0;
  let count = 0;
  for (let at = FILE_HEADER; frames.next(bytes.subarray(at, at + frames.size)); at += frames.size) count++;
  return count;
}

/** How many SQLite counts, and that asking does nothing. */
function counted(database: DatabaseSync): number {
  const before = { ...database.prepare("PRAGMA wal_checkpoint(NOOP)").get() };
  assert.deepEqual({ ...database.prepare("PRAGMA wal_checkpoint(NOOP)").get() }, before);
  return Number(before.log);
}

test("write-ahead file: frames are whole as far as SQLite counts, from its beginning again as well", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  const { database } = storage as SqliteDriver;
  for (let i = 0; i < 20; i++) {
    storage.putRetained(message({ topic: String(i), payload: new Uint8Array(i * 1000) }));
    await storage.commit();
    const count = counted(database!);
    assert.ok(count > 0);
    assert.equal(framesOf(bench.path()), count);
    // It is written from its beginning again, over what is longer.
    if (i === 10) database!.exec("PRAGMA wal_checkpoint(RESTART)");
  }
  database!.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  assert.equal(counted(database!), 0);
  assert.equal(framesOf(bench.path()), 0);
});

test("write-ahead file: a byte that is another one ends it, and a cut", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  for (let i = 0; i < 10; i++) {
    storage.putRetained(message({ topic: String(i) }));
    await storage.commit();
  }
  const bytes = readFileSync(`${bench.path()}-wal`);
  const size = 4096 + 24;
  const count = framesOf(bench.path());
  const random = new Random(3);
  for (let n = 0; n < 50; n++) {
    const at = random.below(FILE_HEADER + count * size);
    const path = bench.path(`${n}.db`);
    const wrong = Uint8Array.from(bytes);
    // (The number of checkpoints is for nobody, but for the checksum.)
    wrong[at]! ^= 1 + random.below(255);
    writeFileSync(`${path}-wal`, wrong);
    const whole = at < FILE_HEADER ? 0 : Math.floor((at - FILE_HEADER) / size);
    assert.equal(framesOf(path), whole, `byte ${at}`);
    writeFileSync(`${path}-wal`, bytes);
    truncateSync(`${path}-wal`, at);
    assert.equal(framesOf(path), whole, `cut at ${at}`);
  }
});

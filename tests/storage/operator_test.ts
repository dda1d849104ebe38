/** Backup, restore and counting, while a server has the database open, and not. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { backupDatabase } from "../../hooks/storage/sqlite/tools/backup.ts";
import { inspectDatabase } from "../../hooks/storage/sqlite/tools/inspect.ts";
import { restoreDatabase } from "../../hooks/storage/sqlite/tools/restore.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { sizeOf } from "../../src/storage/size.ts";
import { holdInAnotherProcess } from "./holder.ts";
import { Random } from "./random.ts";
import { delivery, message, session } from "./samples.ts";
import { loaded, Snapshot } from "./snapshot.ts";
import { SqliteBench } from "./sqlite_bench.ts";
import { Walk } from "./walk.ts";

/** What `inspectDatabase` should say of a model. */
function counted(model: Snapshot): unknown {
  let retainedBytes = 0;
  for (const [topic, { payload }] of model.retainedMessages) {
    retainedBytes += new TextEncoder().encode(topic).length + payload.length;
  }
  return {
    sessions: [...model.sessions].map(([clientId, one]) => {
      const waiting = [...one.deliveries.values()].filter((record) => record.packetId === 0);
      return {
        clientId,
        disconnectedAt: one.record.disconnectedAt,
        subscriptions: one.subscriptions.size,
        inflight: one.deliveries.size - waiting.length,
        queued: waiting.length,
        queuedBytes: waiting.reduce((sum, record) => sum + sizeOf(record.message), 0),
      };
    }).sort((a, b) => a.clientId < b.clientId ? -1 : 1),
    retained: model.retainedMessages.size,
    retainedBytes,
  };
}

function inspected(path: string): unknown {
  const { sessions, retained, retainedBytes } = inspectDatabase(path);
  return {
    sessions: [...sessions.values()].sort((a, b) => a.clientId < b.clientId ? -1 : 1),
    retained,
    retainedBytes,
  };
}

for (let seed = 1; seed <= 5; seed++) {
  test(`sqlite: a running database is counted and copied as it is committed, seed ${seed}`, async () => {
    await using bench = new SqliteBench();
    const storage = await bench.open();
    const random = new Random(seed);
    const walk = new Walk(random);
    const model = new Snapshot();
    for (let n = 1; n <= 10; n++) {
      for (let i = 0; i < 40; i++) {
        walk.step(storage, model);
        if (random.chance(20)) storage.idle!();
        if (random.chance(5)) bench.host.clock.advance(5000);
      }
      await storage.commit();
      assert.deepEqual(inspected(bench.path()), counted(model));
      const target = bench.path(`backup-${n}.db`);
      const committed = model.copy();
      await backupDatabase(bench.path(), target);
      assert.deepEqual((await loaded(await bench.openAt(target))).plain(), committed.plain());
    }
  });
}

test("sqlite: a backup of a database that another process writes", async () => {
  await using bench = new SqliteBench();
  const holder = await holdInAnotherProcess(bench.path());
  try {
    await backupDatabase(bench.path(), bench.path("copy.db"));
    assert.equal(inspectDatabase(bench.path()).sessions.size, 1);
  } finally {
    await holder.kill();
  }
  assert.equal(statSync(bench.path("copy.db")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(bench.directory).filter((name) => name.startsWith("copy")), ["copy.db"]);
  assert.deepEqual([...(await loaded(await bench.openAt(bench.path("copy.db")))).sessions.keys()], ["held"]);
});

test("sqlite: a backup does not overwrite, and leaves nothing when it fails", async () => {
  await using bench = new SqliteBench();
  await bench.open();
  writeFileSync(bench.path("there"), "mine");
  await assert.rejects(backupDatabase(bench.path(), bench.path("there")), /there is a file of that name/);
  assert.equal(readFileSync(bench.path("there"), "utf8"), "mine");
  await assert.rejects(backupDatabase(bench.path("none.db"), bench.path("copy.db")), /there is no such file/);
  await assert.rejects(
    backupDatabase(bench.path("there"), bench.path("copy.db")),
    /Cannot open the database ".*there": /,
  );
  await assert.rejects(
    backupDatabase(bench.directory, bench.path("copy.db")),
    /^StorageError: Cannot open the database ".*": it is a directory; /,
  );
  assert.equal(existsSync(bench.path("copy.db")), false);
});

test("sqlite: a backup that was killed half-way is not there, and does not hinder the next one", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putRetained(message());
  await storage.commit();
  for (const end of ["", "-journal"]) writeFileSync(bench.path(`copy.db.partial${end}`), "half of it");
  writeFileSync(bench.path("copy.db.partial-lock"), "");
  await backupDatabase(bench.path(), bench.path("copy.db"));
  assert.deepEqual(readdirSync(bench.directory).filter((name) => name.startsWith("copy")), ["copy.db"]);
  assert.equal(inspectDatabase(bench.path("copy.db")).retained, 1);
});

test("sqlite: a backup of a damaged database says which file is damaged", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  for (let i = 0; i < 200; i++) {
    storage.putRetained(message({ topic: `a/${i}`, payload: new Uint8Array(1000) }));
  }
  await storage.close();
  const bytes = readFileSync(bench.path());
  bytes.fill(0x5a, bytes.length / 2 & ~4095, (bytes.length / 2 & ~4095) + 8192);
  writeFileSync(bench.path(), bytes);
  await assert.rejects(
    backupDatabase(bench.path(), bench.path("copy.db")),
    (error: Error) => error.message.startsWith(`Cannot read the database "${bench.path()}": `),
  );
  assert.deepEqual(readdirSync(bench.directory).filter((name) => name.startsWith("copy")), []);
});

test("sqlite: what is wrong with the path of a backup is said so that it helps", async () => {
  await using bench = new SqliteBench();
  await bench.open();
  writeFileSync(bench.path("empty"), "");
  const wrong: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [() => backupDatabase(bench.path(), bench.path("empty")), /it is not overwritten; choose another name$/],
    [
      () => backupDatabase(bench.path(), bench.path("none/copy.db")),
      /^StorageError: Cannot write the backup ".*copy\.db": there is no such directory; make it first$/,
    ],
    [
      () => restoreDatabase(bench.path("empty"), bench.path("new.db")),
      /it is empty, or another program made it; look at the path$/,
    ],
    [
      () => restoreDatabase(bench.path("none"), bench.path("new.db")),
      /there is no such file; look at the path$/,
    ],
  ];
  for (const [answer, text] of wrong) await assert.rejects(answer, text);
});

test("sqlite: of two backups to one file at the same time one is made, and the other one says why not", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putRetained(message());
  await storage.commit();
  const backups = await Promise.allSettled(
    [1, 2].map(() => backupDatabase(bench.path(), bench.path("copy.db"))),
  );
  assert.deepEqual(
    backups.map((one) => one.status === "fulfilled" ? "made" : String(one.reason).replace(/".*"/, "…"))
      .sort(),
    [
      "StorageError: Cannot write the backup …: another one is being written there; " +
      "stop the other program that uses it, or give each its own",
      "made",
    ],
  );
  assert.equal(inspectDatabase(bench.path("copy.db")).retained, 1);
  assert.deepEqual(readdirSync(bench.directory).filter((name) => name.startsWith("copy")), ["copy.db"]);
});

test("sqlite: a backup takes the place of a database, which is kept", async () => {
  await using bench = new SqliteBench();
  const first: Storage = await bench.open();
  first.putSession(session("old"));
  first.putDelivery("old", delivery(1));
  await first.commit();
  await backupDatabase(bench.path(), bench.path("backup.db"));
  await assert.rejects(restoreDatabase(bench.path("backup.db"), bench.path()), /another server has it open/);
  first.putSession(session("newer"));
  await first.close();
  const aside = await restoreDatabase(bench.path("backup.db"), bench.path(), 1_700_000_000_000);
  assert.equal(aside, `${bench.path()}.replaced-2023-11-14T22-13-20Z`);
  assert.deepEqual([...(await loaded(await bench.openAt(bench.path()))).sessions.keys()], ["old"]);
  assert.equal((await loaded(await bench.openAt(aside!))).sessions.size, 2);
  assert.equal(await restoreDatabase(bench.path("backup.db"), bench.path("new/comqtt.db")), null);
  assert.equal(statSync(bench.path("new/comqtt.db")).mode & 0o777, 0o600);
  assert.equal(inspectDatabase(bench.path("new/comqtt.db")).sessions.get("old")?.queued, 1);
});

test("sqlite: what is no backup is not restored, and the database stays", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putRetained(message());
  await storage.close();
  writeFileSync(bench.path("text"), "This is no database at all. ".repeat(400));
  await assert.rejects(
    restoreDatabase(bench.path("text"), bench.path()),
    /Cannot open the database ".*text": /,
  );
  await assert.rejects(restoreDatabase(bench.path("none"), bench.path()), /there is no such file/);
  assert.equal(inspectDatabase(bench.path()).retained, 1);
});

test("sqlite: since when a client is away is shown by the clock as it was set last", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  storage.putSession(session("away", { disconnectedAt: 301_000 }));
  storage.putSession(session("there"));
  storage.putCounters({ at: 302_000, clockOffset: 1_786_000_000_000 });
  await storage.commit();
  const seen = (): unknown => {
    const { sessions } = inspectDatabase(bench.path());
    return ["away", "there"].map((id) => sessions.get(id)!.disconnectedAt);
  };
  assert.deepEqual(seen(), [1_786_000_301_000, 0]);
  // In the tables as well.
  await storage.close();
  assert.deepEqual(seen(), [1_786_000_301_000, 0]);
});

test("sqlite: a backup is of the moment it began, and does not wait until a busy server has a pause", async () => {
  await using bench = new SqliteBench();
  const storage = await bench.open();
  for (let n = 0; n < 5000; n++) {
    storage.putRetained(message({ topic: `filling/${n}`, payload: new Uint8Array(8000) }));
  }
  await storage.close();
  const busy = await holdInAnotherProcess(bench.path(), "busy");
  const begun = Date.now();
  try {
    await backupDatabase(bench.path(), bench.path("copy.db"));
  } finally {
    await busy.kill();
  }
  const { retainedMessages } = await loaded(await bench.openAt(bench.path("copy.db")));
  assert.equal(retainedMessages.size, 5003);
  const [left, right] = ["left", "right"].map((topic) => timeIn(retainedMessages.get(topic)!.payload));
  assert.equal(left, right);
  assert.ok(left! < begun + 1000, `of ${left! - begun} ms after it began`);
});

function timeIn(payload: Uint8Array): number {
  return Number(new TextDecoder().decode(payload));
}

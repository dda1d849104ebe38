/**
 * What the SQLite storage costs without a broker around it: `deno run -A tests/bench/storage/driver.ts [normal|full|off]`,
 * the same with `bun`. Figures of both are in `docs/performance.md`.
 */

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { SqliteStorage, type SqliteSync } from "../../../hooks/storage/sqlite.ts";
import { NO_PROPERTIES } from "../../../src/packets/properties.ts";
import type { Storage, StorageLoader } from "../../../src/storage/storage.ts";
import type { StoredMessage } from "../../../src/storage/stored.ts";
import { TestHost } from "../../storage/host.ts";
import { session, subscription } from "../../storage/samples.ts";

const sync = (process.argv[2] ?? "normal") as SqliteSync;
const messages = Number(process.argv[3] ?? 1_000_000);
const directory = mkdtempSync(join(tmpdir(), "comqtt-storage-"));
const path = join(directory, "data", "comqtt.db");
const host = new TestHost();
const nobody: StorageLoader = {
  session(): void {},
  subscription(): void {},
  delivery(): void {},
  waiting(): void {},
  received(): void {},
  retained(): void {},
  counters(): void {},
};

function message(n: number, size = 16): StoredMessage {
  return {
    topic: `bench/${n % 1000}`,
    payload: new Uint8Array(size),
    qos: 1,
    retain: false,
    properties: NO_PROPERTIES,
    publisher: "publisher",
    expiresAt: Infinity,
  };
}

function report(what: string, count: number, from: number, unit: string): void {
  const took = performance.now() - from;
  const rate = Math.round(count / took * 1000).toLocaleString("en");
  console.log(
    `${what.padEnd(44)} ${rate.padStart(12)} ${unit}/s   ${(took / 1000).toFixed(2)} s   ${megabytes()}`,
  );
}

function megabytes(): string {
  const size = ["", "-wal"].map((end) => statSync(path + end, { throwIfNoEntry: false })?.size ?? 0);
  return `file ${(size[0] / 1e6).toFixed(1)} MB, ahead ${(size[1] / 1e6).toFixed(1)} MB`;
}

/** (Who may acknowledge at once is not kept waiting.) */
async function committed(storage: Storage): Promise<void> {
  const commit = storage.commit();
  if (commit !== undefined) await commit;
}

/** Put and sent in one turn, deleted a few turns later. */
async function inAndOut(
  storage: Storage,
  turn: number,
  count: number,
  slowest: { ms: number },
): Promise<void> {
  const window = 10 * turn;
  for (let n = 1; n <= count; n += turn) {
    for (let i = n; i < n + turn; i++) {
      const id = `s${i % 10}`;
      storage.putDelivery(id, {
        sequence: i,
        packetId: 0,
        qos: 1,
        retain: false,
        asPublished: false,
        released: false,
        identifiers: null,
        group: null,
        message: message(i),
      });
      storage.sentDelivery(id, i, i % 65_535 + 1);
      if (i > window) storage.deleteDelivery(`s${(i - window) % 10}`, i - window);
    }
    const before = performance.now();
    await committed(storage);
    storage.idle!();
    slowest.ms = Math.max(slowest.ms, performance.now() - before);
  }
  for (let i = Math.max(1, count - window + 1); i <= count; i++) storage.deleteDelivery(`s${i % 10}`, i);
  await committed(storage);
}

let { storage } = new SqliteStorage({ path, sync });
await storage.open(host);
await storage.load(nobody, 100);
for (let i = 0; i < 10; i++) storage.putSession(session(`s${i}`));
await committed(storage);
for (const turn of [1, 10, 100, 1000]) {
  const count = Math.min(messages, turn * (sync === "full" ? 10_000 : 50_000));
  const slowest = { ms: 0 };
  const from = performance.now();
  await inAndOut(storage, turn, count, slowest);
  report(`put, sent, deleted, ${turn} a turn`, count, from, "messages");
  console.log(`    slowest commit and pause: ${slowest.ms.toFixed(1)} ms`);
}

let from = performance.now();
let slowest = 0;
for (let i = 1; i <= 1_000_000; i++) {
  storage.putDelivery(`s${i % 10}`, {
    sequence: messages + i,
    packetId: 0,
    qos: 1,
    retain: false,
    asPublished: false,
    released: false,
    identifiers: null,
    group: null,
    message: message(i, 100),
  });
  if (i % 100 === 0) {
    const before = performance.now();
    await committed(storage);
    storage.idle!();
    slowest = Math.max(slowest, performance.now() - before);
  }
}
report("queued for nobody who reads, 100 a turn", 1_000_000, from, "messages");
console.log(`    slowest commit and pause: ${slowest.toFixed(1)} ms`);
for (let i = 0; i < 10; i++) storage.deleteSession(`s${i}`);
await committed(storage);

from = performance.now();
for (let i = 0; i < 1_000_000; i++) {
  storage.putRetained({ ...message(i), topic: `retained/${i % 1000}/${i}`, retain: true });
  if (i % 1000 === 999) {
    await committed(storage);
    storage.idle!();
  }
}
report("retained", 1_000_000, from, "messages");
from = performance.now();
for (let i = 0; i < 100_000; i++) {
  storage.putSession(session(`client-${i}`, { disconnectedAt: 1 }));
  storage.putSubscription(`client-${i}`, subscription(`client/${i}/#`));
  if (i % 1000 === 999) {
    await committed(storage);
    storage.idle!();
  }
}
report("sessions with a subscription", 100_000, from, "sessions");
from = performance.now();
await storage.close();
report("close", 1, from, "");

from = performance.now();
({ storage } = new SqliteStorage({ path, sync }));
await storage.open(host);
report("open", 1, from, "");
from = performance.now();
await storage.load(nobody, 100);
report("load of 1,000,000 retained, 100,000 sessions", 1_200_000, from, "records");
await storage.close();
rmSync(directory, { recursive: true });

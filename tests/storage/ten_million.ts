/**
 * Ten million messages in and out: does the database keep its size? Half of them wait for a client that is away and are
 * fetched later, 200,000 at a time; the others are acknowledged at once. `deno run -A tests/storage/ten_million.ts`,
 * or with `bun`; a number as argument for less. Not part of the tests: it takes a minute or two.
 */

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { SqliteStorage } from "../../hooks/storage/sqlite.ts";
import { TestHost } from "./host.ts";
import { delivery, message, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";

const total = Number(process.argv[2] ?? 10_000_000);
const wave = Math.min(200_000, total / 2);
const directory = mkdtempSync(join(tmpdir(), "comqtt-storage-"));
const path = join(directory, "comqtt.db");
const host = new TestHost();
const { storage } = new SqliteStorage({ path });
await storage.open(host);
await loaded(storage);
storage.putSession(session("away"));
storage.putSession(session("here"));

function commit(n: number): void {
  if (n % 100 !== 0) return;
  storage.commit();
  host.clock.advance(1);
  storage.idle!();
}

function rest(): void {
  storage.commit();
  host.clock.advance(5000);
  while (storage.idle!());
}

function size(): string {
  return `${((statSync(path).size + statSync(`${path}-wal`).size) / 1e6).toFixed(1)} MB`;
}

let sequence = 0;
let largest = 0;
const payload = new Uint8Array(100);
for (let done = 0; done < total; done += 2 * wave) {
  const first = sequence + 1;
  for (let i = 0; i < wave; i++) {
    storage.putDelivery("away", delivery(++sequence, { message: message({ payload }) }));
    commit(i);
  }
  for (let i = 1; i <= wave; i++) {
    storage.putDelivery(
      "here",
      delivery(sequence + i, { packetId: i % 65_535 + 1, message: message({ payload }) }),
    );
    if (i > 100) storage.deleteDelivery("here", sequence + i - 100);
    commit(i);
  }
  for (let i = wave - 99; i <= wave; i++) storage.deleteDelivery("here", sequence + i);
  sequence += wave;
  const full = size();
  for (let i = first; i < first + wave;) {
    for (const { sequence: one } of await storage.waiting("away", i - 1, 100)) {
      storage.sentDelivery("away", one, one % 65_535 + 1);
      storage.deleteDelivery("away", one);
      i = one + 1;
    }
    commit(0);
  }
  rest();
  largest = Math.max(largest, statSync(path).size);
  console.log(
    `${
      (done + 2 * wave).toLocaleString("en")
    } messages: ${full} with a full queue, ${size()} with an empty one`,
  );
}
await storage.close();
const end = statSync(path).size;
console.log(
  `at the end ${(end / 1e6).toFixed(1)} MB, never more than ${(largest / 1e6).toFixed(1)} MB after a wave`,
);
rmSync(directory, { recursive: true });
if (end > 20e6) process.exit(1);

/**
 * The journal against plain rows: the same changes told to the SQLite storage, which writes one row a turn for all of them, and
 * written as a row for each delivery, in one transaction a turn. `deno run -A tests/bench/storage/rows.ts`, three rounds in
 * which the two take turns.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SqliteStorage } from "../../../hooks/storage/sqlite.ts";
import { NO_PROPERTIES } from "../../../src/packets/properties.ts";
import type { Storage, StorageLoader } from "../../../src/storage/storage.ts";
import type { StoredMessage } from "../../../src/storage/stored.ts";
import { TestHost } from "../../storage/host.ts";
import { session } from "../../storage/samples.ts";

const ROUNDS = 3;
const SESSIONS = 10;
const directory = mkdtempSync(join(tmpdir(), "comqtt-rows-"));
const nothing: StorageLoader = {
  session(): void {},
  subscription(): void {},
  delivery(): void {},
  waiting(): void {},
  received(): void {},
  retained(): void {},
  counters(): void {},
};

function message(n: number): StoredMessage {
  return {
    topic: `bench/${n % 1000}`,
    payload: new Uint8Array(16),
    qos: 1,
    retain: false,
    properties: NO_PROPERTIES,
    publisher: "publisher",
    expiresAt: Infinity,
  };
}

/** Whatever keeps deliveries. */
interface Keeper {
  put(sequence: number): void;
  sent(sequence: number): void;
  deleted(sequence: number): void;
  /** The turn is over. */
  commit(): Promise<void> | void;
  close(): Promise<void> | void;
}

async function journal(path: string): Promise<Keeper> {
  const { storage }: { readonly storage: Storage } = new SqliteStorage({ path, sync: "normal" });
  await storage.open(new TestHost());
  await storage.load(nothing, 64);
  for (let i = 0; i < SESSIONS; i++) storage.putSession(session(`s${i}`));
  await storage.commit();
  const id = (sequence: number): string => `s${sequence % SESSIONS}`;
  return {
    put: (sequence) =>
      storage.putDelivery(id(sequence), {
        sequence,
        packetId: 0,
        qos: 1,
        retain: false,
        asPublished: false,
        released: false,
        identifiers: null,
        group: null,
        message: message(sequence),
      }),
    sent: (sequence) => storage.sentDelivery(id(sequence), sequence, sequence % 65_535 + 1),
    deleted: (sequence) => storage.deleteDelivery(id(sequence), sequence),
    commit: async () => {
      const commit = storage.commit();
      if (commit !== undefined) await commit;
      storage.idle!();
    },
    close: () => storage.close(),
  };
}

function rows(path: string): Keeper {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  database.exec(
    "CREATE TABLE deliveries (session INTEGER, sequence INTEGER, packet_id INTEGER, qos INTEGER, topic TEXT, payload BLOB, " +
      "PRIMARY KEY (session, sequence)) STRICT, WITHOUT ROWID",
  );
  const put = database.prepare("INSERT INTO deliveries VALUES (?, ?, 0, 1, ?, ?)");
  const sent = database.prepare("UPDATE deliveries SET packet_id = ? WHERE session = ? AND sequence = ?");
  const deleted = database.prepare("DELETE FROM deliveries WHERE session = ? AND sequence = ?");
  let open = false;
  const begin = (): void => {
    if (!open) database.exec("BEGIN");
    open = true;
  };
  return {
    put: (sequence) => {
      begin();
      const { topic, payload } = message(sequence);
      put.run(sequence % SESSIONS, sequence, topic, payload);
    },
    sent: (sequence) => void sent.run(sequence % 65_535 + 1, sequence % SESSIONS, sequence),
    deleted: (sequence) => void deleted.run(sequence % SESSIONS, sequence),
    commit: () => {
      if (open) database.exec("COMMIT");
      open = false;
    },
    close: () => database.close(),
  };
}

/** Messages a second: put and sent in one turn, deleted ten turns later; or only put, as for sessions that are away. */
async function rate(keeper: Keeper, turn: number, away: boolean): Promise<number> {
  const count = turn * (turn === 1 ? 20_000 : 5000);
  const from = performance.now();
  for (let n = 1; n <= count; n += turn) {
    for (let i = n; i < n + turn; i++) {
      keeper.put(i);
      if (away) continue;
      keeper.sent(i);
      if (i > 10 * turn) keeper.deleted(i - 10 * turn);
    }
    await keeper.commit();
  }
  const took = performance.now() - from;
  await keeper.close();
  return count / took * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

for (const away of [false, true]) {
  for (const turn of [1, 10, 100]) {
    const rates = { journal: [] as number[], rows: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      const name = `${away}-${turn}-${round}`;
      rates.journal.push(await rate(await journal(join(directory, name, "comqtt.db")), turn, away));
      rates.rows.push(await rate(rows(join(directory, `${name}.db`)), turn, away));
    }
    const [ours, theirs] = [median(rates.journal), median(rates.rows)];
    console.log(
      `${(away ? "only put" : "put, sent, deleted").padEnd(20)} ${String(turn).padStart(4)} a turn   ` +
        `journal ${(ours / 1000).toFixed(0)} k/s, rows ${(theirs / 1000).toFixed(0)} k/s: ${
          (ours / theirs).toFixed(2)
        }x`,
    );
  }
}
rmSync(directory, { recursive: true });

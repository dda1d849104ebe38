/** What is in a database, counted, while a server may use it. Nothing is changed. */

import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { sizeOf } from "../../../../src/storage/size.ts";
import { openToRead } from "./backup.ts";
import type { Generation, SessionChanges } from "../pending/generation.ts";
import { NONE } from "../pending/delivery_table.ts";
import { faultOf } from "../disk/faults.ts";
import { followLinks } from "../disk/files.ts";
import { arrays } from "../tables/query.ts";
import { recover } from "../work/recover.ts";
import { schemaVersion } from "../tables/schema.ts";
import { Sessions } from "../pending/sessions.ts";

/** What one session has. */
export interface SessionReport {
  /** Whose it is. */
  readonly clientId: string;
  /** Milliseconds since 1970, by what the clock of its server showed last; 0: its client was connected when that was written. */
  disconnectedAt: number;
  /** Filters. */
  subscriptions: number;
  /** Messages that were sent and not acknowledged completely. */
  inflight: number;
  /** Messages that wait. */
  queued: number;
  /** Of those that wait, as queues count: with topic, properties and some memory for each. */
  queuedBytes: number;
}

/** What a database has, the changes that are not in its tables yet included. */
export interface DatabaseReport {
  /** Of the schema. */
  readonly version: number;
  /** Bytes of the database, and of the write-ahead file beside it. */
  readonly fileBytes: number;
  /** Bytes of the write-ahead file. */
  readonly aheadBytes: number;
  /** By client id. */
  readonly sessions: ReadonlyMap<string, Readonly<SessionReport>>;
  /** Retained messages. */
  readonly retained: number;
  /** Bytes of their topics and payloads. */
  readonly retainedBytes: number;
}

const COUNTED = `
SELECT s.client_id, s.disconnected_at,
  (SELECT count(*) FROM subscriptions u WHERE u.session = s.session),
  count(d.session) FILTER (WHERE d.packet_id <> 0),
  count(d.session) FILTER (WHERE d.packet_id = 0),
  coalesce(sum(d.bytes) FILTER (WHERE d.packet_id = 0), 0),
  s.session
FROM sessions s LEFT JOIN deliveries d USING (session) GROUP BY s.session`;
const OFFSET = "SELECT value FROM counters WHERE name = 'clockOffset'";
const RETAINED =
  "SELECT count(*), coalesce(sum(octet_length(topic) + coalesce(length(payload), 0)), 0) FROM retained";

/** Counts what is in the database at `path`. Throws a `StorageError`. */
export function inspectDatabase(path: string): DatabaseReport {
  const database = openToRead(path);
  try {
    // One moment for all of it.
    database.exec("BEGIN");
    const { generation } = recover(database, path, new Sessions());
    const byKey: Map<number, SessionReport> = new Map();
    for (const row of arrays(database, COUNTED)()) {
      byKey.set(Number(row[6]), {
        clientId: String(row[0]),
        disconnectedAt: Number(row[1]),
        subscriptions: Number(row[2]),
        inflight: Number(row[3]),
        queued: Number(row[4]),
        queuedBytes: Number(row[5]),
      });
    }
    for (const key of generation.ended) byKey.delete(key);
    for (const changes of generation.sessions) addChanges(database, byKey, changes);
    const offset = generation.counters?.clockOffset ?? Number(arrays(database, OFFSET)()[0]?.[0] ?? 0);
    for (const report of byKey.values()) if (report.disconnectedAt !== 0) report.disconnectedAt += offset;
    const [retained, retainedBytes] = countRetained(database, generation);
    return {
      version: schemaVersion(database),
      fileBytes: statSync(path).size,
      aheadBytes: statSync(`${followLinks(path)}-wal`, { throwIfNoEntry: false })?.size ?? 0,
      sessions: new Map([...byKey.values()].map((session) => [session.clientId, session])),
      retained,
      retainedBytes,
    };
  } catch (error) {
    throw faultOf(error, { doing: "read the database", place: path });
  } finally {
    database.close();
  }
}

function addChanges(
  database: DatabaseSync,
  byKey: Map<number, SessionReport>,
  changes: SessionChanges,
): void {
  const { key, id } = changes.state;
  let report = byKey.get(key);
  if (report === undefined) {
    report = { clientId: id, disconnectedAt: 0, subscriptions: 0, inflight: 0, queued: 0, queuedBytes: 0 };
    byKey.set(key, report);
  }
  if (changes.record !== null) report.disconnectedAt = changes.record.disconnectedAt;
  const stored = arrays(database, "SELECT 1 FROM subscriptions WHERE session = ? AND filter = ?");
  for (const [filter, record] of changes.subscriptions ?? []) {
    report.subscriptions += Number(record !== null) - stored(key, filter).length;
  }
  const delivery = arrays(
    database,
    "SELECT packet_id, bytes FROM deliveries WHERE session = ? AND sequence = ?",
  );
  const { deliveries } = changes.generation;
  const told: Set<number> = new Set(changes.changed?.keys());
  for (let at = changes.first; at !== NONE; at = deliveries.next(at)) told.add(deliveries.sequence(at));
  for (const sequence of told) {
    const row = delivery(key, sequence)[0];
    if (row !== undefined) add(report, Number(row[0]), Number(row[1]), -1);
    const pending = changes.find(sequence);
    const change = changes.changed?.get(sequence);
    if (pending !== NONE) {
      add(report, deliveries.packetId(pending), sizeOf(deliveries.message(pending).message), 1);
    } else if (row !== undefined && change?.deleted === false) {
      add(report, change.packetId < 0 ? Number(row[0]) : change.packetId, Number(row[1]), 1);
    }
  }
}

function add(report: SessionReport, packetId: number, bytes: number, by: 1 | -1): void {
  if (packetId !== 0) report.inflight += by;
  else {
    report.queued += by;
    report.queuedBytes += by * bytes;
  }
}

function countRetained(database: DatabaseSync, generation: Generation): [count: number, bytes: number] {
  const [row] = arrays(database, RETAINED)();
  let count = Number(row[0]);
  let bytes = Number(row[1]);
  const stored = arrays(
    database,
    "SELECT octet_length(topic) + coalesce(length(payload), 0) FROM retained WHERE topic = ?",
  );
  for (const [topic, message] of generation.retained) {
    const [before] = stored(topic);
    if (before !== undefined) {
      count--;
      bytes -= Number(before[0]);
    }
    if (message !== null) {
      count++;
      bytes += new TextEncoder().encode(topic).length + message.payload.length;
    }
  }
  return [count, bytes];
}

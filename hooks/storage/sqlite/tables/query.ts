/** Queries whose rows are arrays, which costs half of what objects do. */

import type { DatabaseSync } from "node:sqlite";
import type { StoredMessage } from "../../../../src/storage/stored.ts";
import { MESSAGE_COLUMNS, messageOf, type Row, type Value } from "./rows.ts";

interface ReturnsArrays {
  setReturnArrays(on: boolean): void;
}

const MESSAGE = `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE message = ?`;

/** One of the shared messages. */
export function sharedMessage(database: DatabaseSync, id: number): StoredMessage | undefined {
  const rows = arrays(database, MESSAGE)(id);
  return rows.length === 0 ? undefined : messageOf(rows[0], 1);
}

const prepared: WeakMap<DatabaseSync, Map<string, (...values: Value[]) => Row[]>> = new WeakMap();

/** A query that answers rows as arrays, prepared once. */
export function arrays(database: DatabaseSync, sql: string): (...values: Value[]) => Row[] {
  let queries = prepared.get(database);
  if (queries === undefined) prepared.set(database, queries = new Map());
  let query = queries.get(sql);
  if (query === undefined) {
    // (Both runtimes have it; the types of one do not.)
    const statement = database.prepare(sql) as ReturnType<DatabaseSync["prepare"]> & ReturnsArrays;
    statement.setReturnArrays(true);
    // With arrays asked for they come as arrays; the type does not know that.
    query = (...values) => statement.all(...values) as unknown as Row[];
    queries.set(sql, query);
  }
  return query;
}

/** The tables, and how those of an earlier version become those of this one. `docs/storage.md` explains them. */

import type { DatabaseSync } from "node:sqlite";

/** `PRAGMA application_id` of our databases: "cmqt". */
export const APPLICATION_ID = 0x636D_7174;

const VERSION_1 = `
CREATE TABLE journal (
  position INTEGER PRIMARY KEY,
  changes BLOB NOT NULL
) STRICT;

CREATE TABLE sessions (
  session INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL UNIQUE,
  username TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  listener TEXT NOT NULL,
  version INTEGER NOT NULL,
  expiry_interval INTEGER NOT NULL,
  disconnected_at INTEGER NOT NULL,
  will_at INTEGER,
  will_topic TEXT,
  will_payload BLOB,
  will_qos INTEGER,
  will_retain INTEGER,
  will_properties TEXT
) STRICT;

CREATE TABLE subscriptions (
  session INTEGER NOT NULL,
  filter TEXT NOT NULL,
  qos INTEGER NOT NULL,
  no_local INTEGER NOT NULL,
  retain_as_published INTEGER NOT NULL,
  retain_handling INTEGER NOT NULL,
  identifier INTEGER NOT NULL,
  PRIMARY KEY (session, filter)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  message INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  payload BLOB,
  qos INTEGER NOT NULL,
  retain INTEGER NOT NULL,
  publisher TEXT NOT NULL,
  properties TEXT,
  expires_at INTEGER
) STRICT;

CREATE TABLE deliveries (
  session INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  packet_id INTEGER NOT NULL,
  qos INTEGER NOT NULL,
  retain INTEGER NOT NULL,
  released INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  identifiers TEXT,
  shared_group TEXT,
  message INTEGER,
  topic TEXT,
  payload BLOB,
  published_qos INTEGER,
  published_retain INTEGER,
  publisher TEXT,
  properties TEXT,
  expires_at INTEGER,
  PRIMARY KEY (session, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE received (
  session INTEGER NOT NULL,
  packet_id INTEGER NOT NULL,
  PRIMARY KEY (session, packet_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE retained (
  topic TEXT PRIMARY KEY,
  payload BLOB,
  qos INTEGER NOT NULL,
  retain INTEGER NOT NULL,
  publisher TEXT NOT NULL,
  properties TEXT,
  expires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Makes the next version of a database; what it throws undoes it. */
export type Migration = (database: DatabaseSync) => void;

/** The first makes version 1 of an empty database, each one after it the next version of what the one before made. */
export const MIGRATIONS: readonly Migration[] = [
  (database) => database.exec(VERSION_1),
];

/** The version that this program reads and writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** `PRAGMA user_version`: 0 is a database without tables. */
export function schemaVersion(database: DatabaseSync): number {
  return numberOf(database, "PRAGMA user_version");
}

/** The one number that a statement answers. */
export function numberOf(database: DatabaseSync, sql: string): number {
  const row = database.prepare(sql).get();
  return row === undefined ? 0 : Number(Object.values(row)[0]);
}

/** One transaction for each version, so that it is one of them whatever happens. */
export function migrate(database: DatabaseSync, migrations: readonly Migration[] = MIGRATIONS): void {
  for (let version = schemaVersion(database); version < migrations.length; version++) {
    database.exec("BEGIN IMMEDIATE");
    try {
      migrations[version](database);
      database.exec(
        `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1}; COMMIT`,
      );
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }
}

/** After something failed: SQLite may have done it already. */
export function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // There is no transaction any more.
  }
}

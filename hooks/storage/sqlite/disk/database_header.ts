/** The first bytes of a database, read without SQLite: https://sqlite.org/fileformat2.html#the_database_header */

import { closeSync, openSync, readSync } from "node:fs";
import { APPLICATION_ID, SCHEMA_VERSION } from "../tables/schema.ts";

const MAGIC = new TextEncoder().encode("SQLite format 3\0");
/** With the beginning of the first page's tree, that of the tables. */
const LENGTH = 108;

export interface DatabaseHeader {
  readonly pageSize: number;
  /** This program made it, and it may write it; also when it has come no further than to an empty one. */
  readonly ours: boolean;
  /** It has had a write-ahead file, which a backup has not. */
  readonly writesAhead: boolean;
}

/**
 * Null: it is no database, or cannot be read. Only for one that nobody in this process has open: closing the file gives
 * up SQLite's locks on it.
 */
export function readDatabaseHeader(path: string): DatabaseHeader | null {
  const bytes = new Uint8Array(LENGTH);
  try {
    const descriptor = openSync(path, "r");
    try {
      if (readSync(descriptor, bytes, 0, LENGTH, 0) < LENGTH) return null;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // (Who opens it says why.)
    return null;
  }
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) return null;
  const view = new DataView(bytes.buffer);
  const pageSize = view.getUint16(16);
  const [version, application, tables] = [view.getUint32(60), view.getUint32(68), view.getUint16(103)];
  // (Everything that was made in it may be in the write-ahead file alone.)
  const fresh = application === 0 && version === 0 && tables === 0;
  return {
    pageSize: pageSize === 1 ? 65_536 : pageSize,
    writesAhead: bytes[19] === 2,
    ours: fresh || (application === APPLICATION_ID && version <= SCHEMA_VERSION),
  };
}

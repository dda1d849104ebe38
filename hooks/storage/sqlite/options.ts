/** What can be chosen about the database, and what follows from it. */

import { CodedRangeError, CodedTypeError } from "../../../src/core/errors.ts";
import { checkOptions, type Shape } from "../../../src/core/misuse.ts";

/**
 * What a commit survives. `normal`: that the process dies. `full`: that the power fails, too. `off`: nothing for
 * certain; it is written behind.
 */
export type SqliteSync = "normal" | "full" | "off";

/** How a `SqliteStorage` works. */
export interface SqliteStorageOptions {
  /** The file of the database. It is made if there is none, in a directory that is made as well. */
  readonly path: string;
  /** Default `normal`. */
  readonly sync?: SqliteSync;
  /** With `off`: what was told is written at most this many milliseconds later. Default 1000. */
  readonly window?: number;
  /** Bytes of memory for what is not in the tables yet. Default 2 MiB. */
  readonly pendingBytes?: number;
}

/** With nothing left out. */
export type SqliteSettings = Required<SqliteStorageOptions>;

const shape: Shape<SqliteStorageOptions> = {
  path: "any",
  sync: "any",
  window: "number",
  pendingBytes: "number",
};

/** With the defaults. Throws a TypeError or a RangeError. */
export function settingsOf(options: SqliteStorageOptions): SqliteSettings {
  checkOptions("new SqliteStorage", options, shape);
  const { path, sync = "normal", window = 1000, pendingBytes = 1 << 21 } = options;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use ${JSON.stringify(path)} as the path of a database: a file name is needed`,
    );
  }
  if (path.startsWith(":") || path.startsWith("file:")) {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use "${path}" as the path of a database: the name of a file on disk is needed`,
    );
  }
  if (sync !== "normal" && sync !== "full" && sync !== "off") {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use "${String(sync)}" as sync: "normal", "full" or "off" is needed`,
    );
  }
  if (!(window >= 1 && window <= 60_000)) {
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot use ${window} as window: 1 to 60000 milliseconds are possible`,
    );
  }
  if (!(pendingBytes >= 1 << 16 && pendingBytes <= 1 << 30)) {
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot use ${pendingBytes} as pendingBytes: 65536 to 1073741824 are possible`,
    );
  }
  return { path, sync, window, pendingBytes };
}

/** In one line. */
export function promiseOf({ path, sync, window }: SqliteSettings): string {
  switch (sync) {
    case "normal":
      return `what is acknowledged is in "${path}" and survives the end of the process (sync: normal)`;
    case "full":
      return `what is acknowledged is in "${path}" and survives a power failure (sync: full)`;
    case "off":
      return `what is acknowledged is in "${path}" up to ${window} ms later and may be lost until then (sync: off)`;
  }
}

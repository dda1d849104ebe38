/** What SQLite and the file system say, as a `StorageError` that says what to do. */

import { textOf } from "../../../../src/core/error_text.ts";
import { StorageError, type StorageFault } from "../../../../src/storage/error.ts";

/** Primary result codes of SQLite. Deno gives none for some statements, then the text has to do. */
const KINDS: readonly (readonly [code: number, text: RegExp, fault: StorageFault])[] = [
  [13, /disk is full/, "full"],
  [11, /malformed/, "damaged"],
  [26, /not a database/, "damaged"],
  [5, /is locked/, "in use"],
  [6, /is locked/, "in use"],
  [8, /readonly/, "unusable"],
  [14, /unable to open/, "unusable"],
  [3, /access permission denied/, "unusable"],
  [10, /disk I\/O error/, "input/output"],
];

const SYSTEM: Readonly<Record<string, StorageFault>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EIO: "input/output",
};

const ADVICE: Readonly<Record<StorageFault, string>> = {
  damaged: "restore it from a backup, or remove it to begin anew",
  full: "make room on the disk",
  "input/output": "look at the disk and the system's log",
  "in use": "stop the other program that uses it, or give each its own",
  lost: "restore it from a backup",
  newer: "use the version of comqtt that wrote it, or a later one",
  unusable: "it has to be a file, in a directory, that may be read and written",
};

/** What could not be done. */
export interface Attempt {
  /** `write to the database`: the message begins with "Cannot" and that. */
  readonly doing: string;
  /** The path of what it was done with. */
  readonly place: string;
}

export interface Fault extends Attempt {
  readonly kind: StorageFault;
  readonly why: string;
  /** Default: what helps in most cases of its kind. */
  readonly advice?: string;
}

export function faultOf(error: unknown, { doing, place }: Attempt): StorageError {
  if (error instanceof StorageError) return error;
  const text = textOf(error);
  const fault = faultKind(error, text);
  return new StorageError(`Cannot ${doing} "${place}": ${text}; ${ADVICE[fault]}`, fault, place, {
    cause: error,
  });
}

/** For what was found wrong with it, not said by SQLite. */
export function fault({ kind, doing, place, why, advice = ADVICE[kind] }: Fault): StorageError {
  return new StorageError(`Cannot ${doing} "${place}": ${why}; ${advice}`, kind, place);
}

function faultKind(error: unknown, text: string): StorageFault {
  if (typeof error !== "object" || error === null) return "input/output";
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode === "number") {
    // The low byte is the primary code.
    return KINDS.find((kind) => kind[0] === (errcode & 0xFF))?.[2] ?? "input/output";
  }
  if (typeof code === "string" && code in SYSTEM) return SYSTEM[code];
  if (code === "ERR_SQLITE_ERROR") return KINDS.find((kind) => kind[1].test(text))?.[2] ?? "input/output";
  return "unusable";
}

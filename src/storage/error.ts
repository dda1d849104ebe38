/** What can be wrong with a storage. */

import type { ErrorCode } from "../core/codes.ts";

/**
 * What went wrong with a storage: `damaged`: it holds what nobody can have written; `full`: no room; `input/output`:
 * the disk, or the connection, says no; `in use`: another server has it; `newer`: a later version wrote it;
 * `unusable`: it is not there, may not be written, or is something else; `lost`: what was kept is gone, wholly or
 * in part, while the server runs.
 */
export type StorageFault = "damaged" | "full" | "input/output" | "in use" | "newer" | "unusable" | "lost";

/** What each of them is called in the table of all codes. */
const CODES: Readonly<Record<StorageFault, ErrorCode>> = {
  damaged: "storage-damaged",
  full: "storage-full",
  "input/output": "storage-unreachable",
  "in use": "storage-in-use",
  newer: "storage-newer",
  unusable: "storage-unusable",
  lost: "storage-lost",
};

/** A storage could not do what it was told. The message says what, where, and what to do about it. */
export class StorageError extends Error {
  /** Always that. */
  override readonly name = "StorageError";
  /** The kind of trouble, as it is called everywhere: `storage-full` for example. */
  readonly code: ErrorCode;
  /** Which kind of trouble. */
  readonly fault: StorageFault;
  /** The file or the address it is about. */
  readonly place: string;

  /** `place`: the file or the address it is about. */
  constructor(message: string, fault: StorageFault, place: string, options?: ErrorOptions) {
    super(message, options);
    this.code = CODES[fault];
    this.fault = fault;
    this.place = place;
  }
}

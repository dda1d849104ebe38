/** What scripts answer. */

import type { StorageError } from "../../../src/storage/error.ts";
import { type Attempt, fault } from "./faults.ts";
import { textOf } from "./records.ts";

/** A list whose first text says how it went, and the texts after it. */
export function words(reply: unknown): string[] {
  return list(reply).map((one) => one instanceof Uint8Array ? textOf(one) : String(one));
}

export function list(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply as readonly unknown[] : [];
}

/** Bytes; those that are none are empty. */
export function bytes(reply: unknown): Uint8Array {
  return reply instanceof Uint8Array ? reply : new Uint8Array(0);
}

export interface InUse extends Attempt {
  readonly prefix: string;
  /** Of the server that has it. */
  readonly mark: string;
}

export function inUse({ doing, place, prefix, mark }: InUse): StorageError {
  const who = mark === "" ? "another server" : `another server (${mark.slice(mark.indexOf(" ") + 1)})`;
  return fault({
    kind: "in use",
    doing,
    place,
    why: `${who} has the keys that begin with "${prefix}"`,
    advice: "stop it, or give each server a prefix of its own",
  });
}

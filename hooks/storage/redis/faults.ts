/** What Redis and the network say, as a `StorageError` that says what to do. */

import { textOf } from "../../../src/core/error_text.ts";
import { StorageError, type StorageFault } from "../../../src/storage/error.ts";

const KINDS: readonly (readonly [text: RegExp, fault: StorageFault, advice: string])[] = [
  [/^OOM /, "full", "give Redis more memory (maxmemory), or remove what is not needed"],
  [/^MISCONF /, "input/output", "Redis cannot write its own files: look at its log and its disk"],
  [/^READONLY /, "unusable", "it is a replica: use the address of its master"],
  [
    /^(?:WRONGPASS|NOAUTH)|invalid password|without any password/,
    "unusable",
    "look at user name and password",
  ],
  [
    /^NOPERM |^ERR The user executing the script can.t/,
    "unusable",
    "allow the user the keys of the prefix, and the commands that docs/storage.md lists",
  ],
  [
    /index is out of range/,
    "unusable",
    "look at the number of the database, and at databases in Redis's settings",
  ],
  [/^WRONGTYPE /, "damaged", "another program has written there: use another prefix"],
  [/^LOADING /, "input/output", "Redis reads its files: it takes a while"],
  [/^(?:MOVED|CROSSSLOT|CLUSTERDOWN) /, "unusable", "a cluster is no place for it: use a single Redis"],
  [/^NOREPLICAS /, "input/output", "Redis wants more replicas than it has"],
];

const NETWORK = "look whether Redis runs and can be reached";

/** Without what a message of Redis's may say about our own script. */
function said(error: unknown): string {
  const text = textOf(error);
  return text.replace(/ script: [0-9a-f]{40}.*$/s, "");
}

/** What could not be done. */
export interface Attempt {
  /** `write to`: the message begins with "Cannot" and that. */
  readonly doing: string;
  /** Of Redis, without secrets. */
  readonly place: string;
}

export interface Fault extends Attempt {
  readonly kind: StorageFault;
  readonly why: string;
  readonly advice: string;
  readonly cause?: unknown;
}

export function faultOf(error: unknown, attempt: Attempt): StorageError {
  if (error instanceof StorageError) return error;
  const text = said(error);
  const known = KINDS.find(([pattern]) => pattern.test(text));
  const [, kind, advice] = known ?? [null, "input/output" as const, NETWORK];
  return fault({ ...attempt, kind, why: text, advice, cause: error });
}

/** In the words of all messages here. */
export function fault({ kind, doing, place, why, advice, cause }: Fault): StorageError {
  return new StorageError(`Cannot ${doing} Redis at "${place}": ${why}; ${advice}`, kind, place, { cause });
}

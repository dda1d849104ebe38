/**
 * One server to a prefix. Whoever has written its mark into the key `owner` has it; the key runs out by itself unless it is
 * renewed, so that it does not outlive a server that died. Every write looks at it.
 */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import process from "node:process";
import { setTimeout } from "../../../src/runtime/timers.ts";
import type { StorageHost } from "../../../src/storage/storage.ts";
import { permitted } from "../../../src/runtime/permission.ts";
import type { Connection } from "./connection.ts";
import { fault } from "./faults.ts";
import type { RedisSettings } from "./options.ts";
import { inUse, words } from "./replies.ts";
import { ACQUIRE } from "./scripts.ts";

/** Of the keys and values. */
export const FORMAT = 1;
const DOING = "open the storage in";
/** Milliseconds between two looks at the lock of another server. */
const LOOK = 100;

/** Says who this is: sixteen digits that nobody else has, and something for people. */
export function newMark(): string {
  const host = permitted({ name: "sys", kind: "hostname" }) ? ` on ${hostname()}` : "";
  return `${randomBytes(8).toString("hex")} process ${process.pid}${host}`;
}

export interface Acquired {
  /** The number of the last commit. */
  readonly commits: number;
  /** Clearing away what was no longer true has begun and not ended; empty: no. */
  readonly clearing: string;
}

/** Waits for a server that died, not for one that lives. Throws a StorageError. */
export async function acquire(
  connection: Connection,
  settings: RedisSettings,
  mark: string,
  host: StorageHost,
): Promise<Acquired> {
  const { place, prefix, lockTime } = settings;
  let before = Infinity;
  for (;;) {
    const args = [mark, String(lockTime), String(FORMAT)];
    const [what, first = "", second = ""] = words(await connection.run(DOING, ACQUIRE, args));
    if (what === "ok") return { commits: Number(first), clearing: second };
    if (what === "format") {
      throw fault({
        kind: "newer",
        doing: DOING,
        place,
        why: `what is under "${prefix}" is of version ${first}, this program knows version ${FORMAT}`,
        advice: "use the version of comqtt that wrote it, or a later one",
      });
    }
    const left = Number(second);
    // Renewed, or never to run out: whoever it is lives.
    if (what !== "taken" || left < 0 || left > before) {
      throw inUse({ doing: DOING, place, prefix, mark: first });
    }
    if (before === Infinity) {
      host.log(
        "warn",
        `Another server (${
          first.slice(first.indexOf(" ") + 1)
        }) has Redis at "${place}", prefix "${prefix}": ` +
          `waiting up to ${left} ms whether it is alive`,
      );
    }
    before = left;
    await new Promise<void>((resolve) => setTimeout(resolve, Math.min(LOOK, left)));
  }
}

/** The start of the machine: by it a process knows how much time passed since an earlier one, however the clock was set. */

import { permitted } from "./permission.ts";
import { readSystemFile } from "./process.ts";

/** A start of the machine, and how long ago it was. */
export interface Boot {
  /** A whole number that another start of a machine does not have. */
  readonly id: number;
  /** Milliseconds since then, those included in which the machine slept. */
  readonly uptime: number;
}

const ID = "/proc/sys/kernel/random/boot_id";
const UPTIME = "/proc/uptime";
/** Hexadecimal digits of the id that make a safe integer. */
const DIGITS = 13;

/** Linux says it; null elsewhere, and on Deno where these two files may not be read. */
export function machineBoot(): Boot | null {
  if (!permitted({ name: "read", path: ID }) || !permitted({ name: "read", path: UPTIME })) return null;
  try {
    const id = Number.parseInt(readSystemFile(ID).replaceAll("-", "").slice(0, DIGITS), 16);
    const uptime = Math.round(Number.parseFloat(readSystemFile(UPTIME)) * 1000);
    return Number.isSafeInteger(id) && Number.isSafeInteger(uptime) ? { id, uptime } : null;
  } catch {
    return null;
  }
}

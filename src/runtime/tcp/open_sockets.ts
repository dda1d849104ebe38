/**
 * How many sockets may be open. Out of file descriptors nothing works any more, from the database to the log,
 * and a listener of Bun spins on the connection it cannot accept. So a reserve stays free: connections beyond
 * the budget are accepted and closed at once.
 */

import { RuntimeError } from "../runtime_error.ts";
import type { ErrorSink } from "./guard.ts";
import { permitted } from "../permission.ts";
import { readSystemFile } from "../process.ts";

const reserve = 64;

export class SocketBudget {
  #limit: number;
  #open = 0;
  #reported = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get open(): number {
    return this.#open;
  }

  /** How many may be. */
  get limit(): number {
    return this.#limit;
  }

  /** False: the socket must be closed. `release` follows in either case. Reports the first of a series. */
  take(report: ErrorSink): boolean {
    if (++this.#open <= this.#limit) return true;
    if (!this.#reported) {
      report(
        new RuntimeError(
          "sockets-exceeded",
          `Too many open connections, ${this.#limit} is all the system permits`,
        ),
      );
    }
    this.#reported = true;
    return false;
  }

  release(): void {
    if (--this.#open < this.#limit) this.#reported = false;
  }
}

/** The number of files the process may open; null where it is not known. */
export function openFileLimit(): number | null {
  const path = "/proc/self/limits";
  if (!permitted({ name: "read", path })) return null;
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readSystemFile(path));
    return limit === null ? null : Number(limit[1]);
  } catch {
    return null;
  }
}

const limit = openFileLimit() ?? Infinity;

export const openSockets: SocketBudget = new SocketBudget(Math.max(limit - reserve, Math.floor(limit / 2)));

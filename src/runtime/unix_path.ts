/** The file of a Unix socket. Both runtimes remove it on closing; here one that a crash left is removed. */

import type { Stats } from "node:fs";
import { builtin } from "./builtin.ts";

/** Does a process listen on the path? */
export type Probe = (path: string) => Promise<boolean>;

/** Something else is at the path of a socket, and stays. */
export class SocketPathError extends Error {
  override readonly name = "SocketPathError";
  /** As the system would say it; the `ListenerError` around it has one of ours. */
  readonly code = "EADDRINUSE";
  /** What is there; null: a socket that somebody listens on. */
  readonly instead: string | null;

  constructor(path: string, instead: string | null) {
    const why = instead === null ? "another process listens on it" : `${instead} is there, not a socket`;
    super(`Cannot use the socket path "${path}": ${why}`);
    this.instead = instead;
  }
}

/**
 * Makes the path free to listen on. A socket file that nobody listens on any more is left from a crash and is
 * removed; anything else stays. Throws a `SocketPathError`, or what the system says.
 */
export async function clearPath(path: string, probe: Probe): Promise<void> {
  const { lstatSync, unlinkSync } = builtin("fs");
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new SocketPathError(path, kindOf(stats));
  if (await probe(path)) throw new SocketPathError(path, null);
  unlinkSync(path);
}

/** Permission bits of one that is open. */
export function changeMode(path: string, mode: number): void {
  builtin("fs").chmodSync(path, mode);
}

function kindOf(stats: Stats): string {
  if (stats.isFile()) return "a plain file";
  if (stats.isDirectory()) return "a directory";
  if (stats.isSymbolicLink()) return "a symbolic link";
  return stats.isFIFO() ? "a named pipe" : "a device";
}

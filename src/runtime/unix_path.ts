/** The file of a Unix socket. Both runtimes remove it on closing; here one that a crash left is removed. */

import { lstatSync, unlinkSync } from "node:fs";

/** Does a process listen on the path? */
export type Probe = (path: string) => Promise<boolean>;

/**
 * Makes the path free to listen on. A socket file that nobody listens on any more is left from a crash and is
 * removed; anything else stays, and the path counts as in use.
 */
export async function clearPath(path: string, probe: Probe): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw inUse(path, "a file that is not a socket exists there");
  if (await probe(path)) throw inUse(path, "another process listens on it");
  unlinkSync(path);
}

function inUse(path: string, why: string): Error {
  return Object.assign(new Error(`Cannot use the socket path "${path}": ${why}`), { code: "EADDRINUSE" });
}

/** The file of a Unix socket: a stale one is removed before listening, our own one after closing. */

import { lstatSync, type Stats, unlinkSync } from "node:fs";

/** Does a process listen on the path? */
export type Probe = (path: string) => Promise<boolean>;

/**
 * Makes the path free to listen on. A socket file that nobody listens on any more is left from a crash and is
 * removed; anything else stays, and the path counts as in use.
 */
export async function clearPath(path: string, probe: Probe): Promise<void> {
  const stats = statOf(path);
  if (stats === null) return;
  if (!stats.isSocket()) throw inUse(path, "a file that is not a socket exists there");
  if (await probe(path)) throw inUse(path, "another process listens on it");
  unlinkSync(path);
}

/** Call after listening. Returns what removes the file at the end, unless somebody else has replaced it. */
export function ownPath(path: string): () => void {
  const inode = statOf(path)?.ino;
  return () => {
    if (inode !== undefined && statOf(path)?.ino === inode) unlinkSync(path);
  };
}

function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function inUse(path: string, why: string): Error {
  return Object.assign(new Error(`Cannot use the socket path "${path}": ${why}`), { code: "EADDRINUSE" });
}

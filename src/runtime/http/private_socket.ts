/**
 * The place of a Unix socket that only its owner can open: it is made in a directory nobody else can enter, given its mode, and
 * then moved to where it belongs, so that there is no moment in which others could open it. What a crash left there is
 * replaced, what somebody listens on is not. A path that is too long for a socket becomes a link to one in the directory for
 * temporary files.
 */

import { builtin } from "../builtin.ts";
import { clearPath, SocketPathError } from "../unix_path.ts";

/** What every system takes (Linux 107, macOS 103). */
const LONGEST = 103;
const MODE = 0o600;
/** Of the directory it is made in: no longer than the name of a socket. */
const MAKING = ".s-";
const TEMPORARY = "comqtt-";

export interface PrivateSocket {
  /** Where it is; another path than was asked for when that was too long. */
  readonly path: string;
  /** Removes it, unless another one is there by now. */
  remove(): void;
}

/** `listen`: is given where to listen. Throws a `SocketPathError`, or what the system says. */
export async function placePrivateSocket(
  path: string,
  listen: (path: string) => Promise<void>,
): Promise<PrivateSocket> {
  const { chmodSync, mkdtempSync, renameSync, rmdirSync, rmSync } = builtin("fs");
  const { dirname, join } = builtin("path");
  await clearLink(path);
  await clearPath(path, somebodyListens);
  if (bytesOf(join(dirname(path), `${MAKING}XXXXXX`, "s")) > LONGEST || bytesOf(path) > LONGEST) {
    return await placeElsewhere(path, listen);
  }
  const folder = mkdtempSync(join(dirname(path), MAKING));
  const made = join(folder, "s");
  try {
    await listen(made);
    chmodSync(made, MODE);
    renameSync(made, path);
    rmdirSync(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return { path, remove: remover(path) };
}

/** A link where it was asked for. */
async function placeElsewhere(path: string, listen: (path: string) => Promise<void>): Promise<PrivateSocket> {
  const { chmodSync, mkdtempSync, rmSync, symlinkSync } = builtin("fs");
  const { basename, join } = builtin("path");
  const folder = mkdtempSync(join(builtin("os").tmpdir(), TEMPORARY));
  const place = join(folder, basename(path));
  try {
    await listen(place);
    chmodSync(place, MODE);
    symlinkSync(place, path);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const unlink = remover(path);
  return {
    path: place,
    remove(): void {
      unlink();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where the socket is that a path leads to. */
export function privateSocketAt(path: string): string {
  const { lstatSync, readlinkSync } = builtin("fs");
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : path;
}

/** A link of ours that leads to nothing any more. */
async function clearLink(path: string): Promise<void> {
  const { rmSync, statSync, unlinkSync } = builtin("fs");
  const { basename, dirname } = builtin("path");
  const place = privateSocketAt(path);
  if (place === path) return;
  const folder = dirname(place);
  const ours = basename(folder).startsWith(TEMPORARY) && basename(place) === basename(path);
  if (!ours) throw new SocketPathError(path, "a symbolic link");
  if (statSync(place, { throwIfNoEntry: false })?.isSocket() === true && await somebodyListens(place)) {
    throw new SocketPathError(path, null);
  }
  unlinkSync(path);
  if (dirname(folder) === builtin("os").tmpdir()) rmSync(folder, { recursive: true, force: true });
}

/** What stands there at the end may be a later one's. */
function remover(path: string): () => void {
  const { lstatSync, unlinkSync } = builtin("fs");
  const inode = lstatSync(path).ino;
  return () => {
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === inode) unlinkSync(path);
  };
}

function somebodyListens(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = builtin("net").connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: Error & { readonly code?: string }) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else reject(error);
    });
  });
}

function bytesOf(path: string): number {
  return new TextEncoder().encode(path).length;
}

/**
 * Changes a file as a whole: whoever reads it sees what it was or what it has become, and of two programs that change it at the
 * same time neither loses what the other did.
 */

import * as fs from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { setTimeout } from "../../../src/runtime/timers.ts";
import { textOf } from "../../../src/core/error_text.ts";
import { CodedError } from "../../../src/core/errors.ts";
import { quote } from "../../../src/core/problem.ts";

/** What is written for the first time is for its owner alone. */
const NEW_MODE = 0o600;
const RETRY_MS = 20;
const MOST_LINKS = 20;

/**
 * `change` is given what is there, null when there is no such file, and answers what is to be there instead, null for nothing
 * new. A symbolic link stays, what it leads to is changed; owner and permissions stay. The new file is written beside the
 * old one, under the name with `.lock` behind it that keeps others away, and takes its place when it is on the disk.
 * Rejects with an Error of one line; then nothing was changed. `patience`: milliseconds to wait for another program.
 */
export async function replaceFile(
  path: string,
  change: (bytes: Uint8Array | null) => Uint8Array | null,
  patience: number = 5000,
): Promise<void> {
  const target = targetOf(path);
  const lock = `${target}.lock`;
  const file = await taken(lock, path, patience);
  // From here on nothing is waited for, so that no signal comes between.
  let placed = false;
  try {
    const { bytes, stats } = contentOf(target, path);
    const changed = change(bytes);
    if (changed === null) return;
    try {
      write(file, changed, stats);
      fs.renameSync(lock, target);
    } catch (error) {
      throw unchanged(path, textOf(error), error);
    }
    placed = true;
    syncFolder(dirname(target));
  } finally {
    fs.closeSync(file);
    if (!placed) fs.rmSync(lock, { force: true });
  }
}

/** Where symbolic links lead; the last may lead to what is still to be made. */
function targetOf(path: string): string {
  let target = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    const stats = fs.lstatSync(target, { throwIfNoEntry: false });
    if (stats === undefined || !stats.isSymbolicLink()) return target;
    target = resolve(dirname(target), fs.readlinkSync(target));
  }
  throw unchanged(path, `more than ${MOST_LINKS} symbolic links lead to one another`);
}

async function taken(lock: string, path: string, patience: number): Promise<number> {
  for (const end = performance.now() + patience;;) {
    try {
      return fs.openSync(lock, "wx", NEW_MODE);
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code === "ENOENT") {
        throw unchanged(path, `there is no folder ${quote(dirname(lock))}`);
      }
      if (code !== "EEXIST") {
        throw unchanged(path, textOf(error), error);
      }
      if (performance.now() > end) {
        throw new CodedError(
          "file-in-use",
          `Cannot change ${quote(path)}: another program is changing it; when there is none, one has died, ` +
            `and ${quote(basename(lock))} beside it can be removed`,
        );
      }
    }
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }
}

function contentOf(target: string, path: string): { bytes: Uint8Array | null; stats: fs.Stats | null } {
  try {
    const stats = fs.statSync(target, { throwIfNoEntry: false });
    if (stats === undefined) return { bytes: null, stats: null };
    if (!stats.isFile()) throw new CodedError("file-not-readable", "it is no file");
    return { bytes: fs.readFileSync(target), stats };
  } catch (error) {
    throw new CodedError("file-not-readable", `Cannot read ${quote(path)}: ${textOf(error)}`, {
      cause: error,
    });
  }
}

function write(file: number, bytes: Uint8Array, before: fs.Stats | null): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(file, bytes, at);
  if (before !== null) {
    const mine = fs.fstatSync(file);
    // (Without that right it would become a file that its reader cannot read.)
    if (mine.uid !== before.uid || mine.gid !== before.gid) fs.fchownSync(file, before.uid, before.gid);
    fs.fchmodSync(file, before.mode & 0o7777);
  }
  fs.fsyncSync(file);
}

/** (There are file systems, and systems, that do not let folders be opened.) */
function syncFolder(folder: string): void {
  try {
    const file = fs.openSync(folder, "r");
    try {
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
  } catch {
    // What is in it is whole all the same.
  }
}

function unchanged(path: string, why: string, cause?: unknown): CodedError {
  return new CodedError("file-not-writable", `Cannot change ${quote(path)}: ${why}`, { cause });
}

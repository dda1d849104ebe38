/** The files of a database: for its owner only, and put aside when they are damaged. */

import {
  chmodSync,
  closeSync,
  existsSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { StorageError } from "../../../../src/storage/error.ts";
import { fault, faultOf } from "./faults.ts";

/** What SQLite adds to the name of a database for the files beside it. */
const BESIDE = ["-wal", "-shm"] as const;

/** Links that lead to links are followed so many times. */
const LINKS = 40;

/**
 * The file itself, where `path` is a link to it, which may not be there yet. The files beside a database are beside the
 * file: beside the link nobody else would find the lock, and SQLite looks for none there. Throws a `StorageError`.
 */
export function followLinks(path: string): string {
  let file = path;
  try {
    for (let n = 0; n < LINKS; n++) {
      if (!isLink(file)) return file;
      file = resolve(realpathSync(dirname(file)), readlinkSync(file));
    }
  } catch (error) {
    throw faultOf(error, { doing: "follow the link", place: path });
  }
  throw fault({ kind: "unusable", doing: "follow the link", place: path, why: "it leads to itself" });
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    // (Who makes its directory, or opens it, says what is wrong.)
    return false;
  }
}

/** Its bytes; 0: it is empty, or not there. */
export function sizeOfFile(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Makes the directory of this file if there is none. The answer: the directories that have something new in them then. */
export function makeDirectoryOf(path: string): readonly string[] {
  const directory = dirname(path);
  const changed = [directory];
  for (let one = directory; !existsSync(one) && dirname(one) !== one; one = dirname(one)) {
    changed.push(dirname(one));
  }
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    const failure = faultOf(error, { doing: "make the directory", place: directory });
    const { code } = error as { code?: unknown };
    if (code !== "EEXIST" && code !== "ENOTDIR") throw failure;
    const text = `Cannot use "${directory}" as a directory: it is a file, or in its path is one`;
    throw new StorageError(text, failure.fault, directory, { cause: error });
  }
  return changed;
}

/** Which files are in the directory is on the disk afterwards, where that can be asked for. Throws a `StorageError`. */
export function syncDirectory(directory: string): void {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(directory, "r");
    fsyncSync(descriptor);
  } catch (error) {
    const failure = faultOf(error, { doing: "bring to the disk the directory", place: directory });
    // (Windows opens none, some file systems know no such thing, and one above ours may not be for us to read.)
    if (failure.fault !== "unusable") throw failure;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/**
 * Makes an empty file for its owner only; true: there was none. One that is there is not opened: closing a file
 * gives up every lock this process has on it, SQLite's too.
 */
export function makeFile(path: string): boolean {
  try {
    const made = openSync(path, "wx", 0o600);
    giveToOwner(made, dirname(path));
    closeSync(made);
    return true;
  } catch (error) {
    if (!existsSync(path)) throw faultOf(error, { doing: "make the file", place: path });
  }
  let regular: boolean;
  try {
    regular = statSync(path).isFile();
    if (regular) chmodSync(path, 0o600);
  } catch (error) {
    throw faultOf(error, { doing: "use the file", place: path });
  }
  if (!regular) {
    throw new StorageError(`Cannot use "${path}" as a database: it is not a file`, "unusable", path);
  }
  return false;
}

/**
 * What the superuser makes in a directory of somebody else is for that user, whose broker could not open it otherwise.
 * (SQLite does so for the files that it makes beside a database.)
 */
export function giveToOwner(descriptor: number, directory: string): void {
  try {
    const { uid, gid } = statSync(directory);
    if (fstatSync(descriptor).uid === 0 && uid !== 0) fchownSync(descriptor, uid, gid);
  } catch {
    // Then it is as it was made, and whoever cannot open it says so.
  }
}

/** A name that nobody has: with `why` and the time, in milliseconds since 1970, in it. */
export function nameAside(path: string, now: number, why: "damaged" | "replaced"): string {
  const time = new Date(now).toISOString().replace(/\.\d+/, "").replaceAll(":", "-");
  let aside = `${path}.${why}-${time}`;
  for (let n = 2; existsSync(aside); n++) aside = `${path}.${why}-${time}-${n}`;
  return aside;
}

/** Gives a closed database another name, which is the answer. Null: there is none. */
export function putAside(path: string, now: number, why: "damaged" | "replaced"): string | null {
  if (!existsSync(path)) return null;
  const aside = nameAside(path, now, why);
  try {
    // The write-ahead file first: a database alone under the old name would be taken for a whole one.
    for (const suffix of BESIDE) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
    renameSync(path, aside);
  } catch (error) {
    throw faultOf(error, { doing: "put aside the database", place: path });
  }
  return aside;
}

/** Gives a closed database the name `path`, which nobody has. */
export function takePlace(fresh: string, path: string): void {
  renameSync(fresh, path);
}

/** Removes a closed database, or what a process that died had of it. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", "-journal", ...BESIDE]) rmSync(path + suffix, { force: true });
}

/** What is wrong with the write-ahead file of a database that nobody has open. Nothing is changed. */

import { existsSync, statSync } from "node:fs";
import { readDatabaseHeader } from "../disk/database_header.ts";
import { fault } from "../disk/faults.ts";
import { followLinks } from "../disk/files.ts";
import { isHeld, wasLeft } from "../disk/lock.ts";
import { copiedFrames, readWalIndex } from "./index.ts";
import { surveyWal, type WalSurvey } from "./survey.ts";

/** What was found. */
export type WalDamage =
  /** There is none, and there should be one; `lost`: what that means. */
  | { readonly gone: true; readonly lost: string }
  | {
    readonly gone: false;
    readonly wrong: string;
    readonly survey: WalSurvey;
    /** So many of its frames are in the database for certain. */
    readonly copied: number;
  };

/** `left`: a server had the database open and did not close it. Null: nothing is wrong. Throws what the system says. */
export function findWalDamage(path: string, left: boolean): WalDamage | null {
  // (Who opens a database that is empty, none at all, or of another program, says so.)
  if (!hasBytes(path)) return null;
  const header = readDatabaseHeader(path);
  if (header === null || !header.ours) return null;
  if (!existsSync(`${path}-wal`)) return header.writesAhead ? gone(path, left) : null;
  if (!hasBytes(`${path}-wal`)) return null;
  const survey = surveyWal(`${path}-wal`, header.pageSize);
  const copied = copiedFrames(readWalIndex(path), survey.salt);
  const short = copied > survey.taken ? "it ends before what was copied from it into the database" : null;
  const wrong = survey.wrong ?? short;
  return wrong === null ? null : { gone: false, wrong, survey, copied };
}

function hasBytes(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isFile() && found.size > 0;
}

/** Only who closes a database removes it. */
function gone(path: string, left: boolean): WalDamage | null {
  const index = readWalIndex(path);
  // (Who could only read has left both behind, with nothing in them.)
  if (index === null ? !left : index.frames === index.copied) return null;
  const lost = index === null
    ? "what was acknowledged last may be missing"
    : "what was acknowledged last and was not in the database yet is missing";
  return { gone: true, lost };
}

/** For who only reads: what is missing is not to be passed over. Throws a `StorageError`, or what the system says. */
export function refuseDamagedWal(path: string): void {
  const file = followLinks(path);
  // A server that has it open has looked, and writes it just now.
  if (isHeld(file)) return;
  const found = findWalDamage(file, wasLeft(file));
  if (found === null || isHeld(file)) return;
  const why = found.gone
    ? `its write-ahead file is gone, though it was not closed: ${found.lost}`
    : `its write-ahead file is damaged: ${found.wrong}`;
  const advice = found.gone
    ? "put it back, or start the server, which goes on without it"
    : "start the server, which keeps that file under another name and goes on with what is certain";
  throw fault({ kind: "damaged", doing: "read the database", place: path, why, advice });
}

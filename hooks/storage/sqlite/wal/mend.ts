/**
 * At start: a write-ahead file that is not what was written is kept under another name, and as much of it is used as is
 * certain. Otherwise SQLite would use it up to the damage, remove it, and not say a word.
 */

import { closeSync, copyFileSync, linkSync, openSync, readSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fault, faultOf } from "../disk/faults.ts";
import { nameAside, removeDatabase, syncDirectory } from "../disk/files.ts";
import { recover } from "../work/recover.ts";
import { SCHEMA_VERSION, schemaVersion } from "../tables/schema.ts";
import { Sessions } from "../pending/sessions.ts";
import { findWalDamage } from "./damage.ts";
import { FRAME_HEADER, pageSums, type Pair, readFrame, samePair } from "./format.ts";
import { WalReader } from "./reader.ts";
import { framesOf, type Part, rebuildWal } from "./rebuild.ts";
import type { WalSurvey } from "./survey.ts";

/** What was found wrong. */
export interface Mended {
  /** In one sentence: what, and what that means. */
  readonly damage: string;
  /** Where the damaged file is now; null: it is gone. */
  readonly aside: string | null;
}

/**
 * Looks at the write-ahead file of a database that is locked and not open. `left`: a server had it open and did not close
 * it. Null: nothing is wrong. Throws a `StorageError`: with `damaged` the database is not whole without it, and all is as
 * it was.
 */
export function mendWal(path: string, left: boolean, now: number): Mended | null {
  try {
    const found = findWalDamage(path, left);
    if (found === null) return null;
    const wal = `${path}-wal`;
    if (found.gone) {
      const damage =
        `The write-ahead file "${wal}" is gone, though the database was not closed: ${found.lost}`;
      return { damage, aside: null };
    }
    const { wrong, survey } = found;
    const { aside, outcome } = new Mending(path, survey).run(now, wrong, choose(path, found));
    return { damage: `The write-ahead file "${wal}" is damaged: ${wrong}; ${outcome}`, aside };
  } catch (error) {
    throw faultOf(error, { doing: "read the write-ahead file of the database", place: path });
  }
}

/** What of it may be used, and what that means. */
interface Use {
  readonly part: Part;
  readonly outcome: string;
}

const NOTHING_MISSING = "nothing of what was in it is missing";
const COMPLETE: Use = { part: "whole", outcome: NOTHING_MISSING };
const WITH_GAPS: Use = {
  part: "whole",
  outcome: "what stood there may be missing, what came after it is there",
};
const BEFORE: Use = { part: "taken", outcome: "what was acknowledged after that is missing" };
const WITHOUT: Use = {
  part: "nothing",
  outcome: "what was acknowledged last and was not in the database yet is missing",
};
const COPIED: Use = { part: "nothing", outcome: NOTHING_MISSING };

/** The order in which they are tried. */
function choose(path: string, { survey, copied }: { survey: WalSurvey; copied: number }): readonly Use[] {
  const { wrong, taken, last, missing } = survey;
  // (It is only too short.)
  if (last === 0 || wrong === null) return [WITHOUT];
  if (copied >= last) return [COPIED];
  if (missing.size === 0) return [COMPLETE, WITHOUT];
  // A page that is older than what was copied into the database does not belong beside it.
  const found = copiedLater(path, survey);
  if (found === "all") return [COPIED, WITH_GAPS];
  if (found === "some" || copied > taken) return [WITH_GAPS, WITHOUT];
  return [BEFORE, WITH_GAPS, WITHOUT];
}

/** Which pages that were written behind what SQLite takes are in the database as they were written last. */
function copiedLater(path: string, survey: WalSurvey): "none" | "some" | "all" {
  const { pageSize, littleEndian } = survey;
  const [before, after]: Map<number, Pair>[] = [new Map(), new Map()];
  {
    using reader = new WalReader(`${path}-wal`);
    for (const [number, frame] of framesOf(reader, survey, "whole")) {
      const { page } = readFrame(frame);
      (number <= survey.taken ? before! : after!).set(page, pageSums(frame, littleEndian));
    }
  }
  const there = new Uint8Array(FRAME_HEADER + pageSize);
  const database = openSync(path, "r");
  try {
    let [all, some] = [true, false];
    for (const [page, sums] of after!) {
      const read = readSync(database, there, FRAME_HEADER, pageSize, (page - 1) * pageSize);
      const same = read === pageSize && samePair(pageSums(there, littleEndian), sums);
      if (!same) all = false;
      // (Who was the same before says nothing.)
      else if (!samePair(before!.get(page) ?? [NaN, NaN], sums)) some = true;
    }
    return some ? all ? "all" : "some" : "none";
  } finally {
    closeSync(database);
  }
}

class Mending {
  readonly #path: string;
  readonly #survey: WalSurvey;
  /** Another name for the database, beside which parts of the file are tried: until one is good all is as it was. */
  readonly #trial: string;

  constructor(path: string, survey: WalSurvey) {
    this.#path = path;
    this.#survey = survey;
    this.#trial = `${path}.mending`;
  }

  run(now: number, wrong: string, uses: readonly Use[]): { aside: string; outcome: string } {
    const wal = `${this.#path}-wal`;
    try {
      const use = uses.find(({ part }) => this.#serves(part));
      if (use === undefined) {
        const why = `its write-ahead file is damaged (${wrong}), and without it the database is not whole`;
        throw fault({ kind: "damaged", doing: "read the database", place: this.#path, why });
      }
      const aside = nameAside(wal, now, "damaged");
      linkOrCopy(wal, aside);
      renameSync(`${this.#trial}-wal`, wal);
      syncDirectory(dirname(wal));
      return { aside, outcome: use.outcome };
    } finally {
      removeDatabase(this.#trial);
    }
  }

  /** With that part of the file the database is whole. */
  #serves(part: Part): boolean {
    removeDatabase(this.#trial);
    linkOrCopy(this.#path, this.#trial);
    rebuildWal(`${this.#path}-wal`, `${this.#trial}-wal`, this.#survey, part);
    let database: DatabaseSync | null = null;
    try {
      // (Who only reads leaves both files as they are.)
      database = new DatabaseSync(this.#trial, { readOnly: true });
      const found = String(Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0]);
      if (found !== "ok") return false;
      const version = schemaVersion(database);
      if (version > 0 && version <= SCHEMA_VERSION) recover(database, this.#path, new Sessions());
      return true;
    } catch {
      return false;
    } finally {
      database?.close();
    }
  }
}

/** (Not every file system knows second names.) */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

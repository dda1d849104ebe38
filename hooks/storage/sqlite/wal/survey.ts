/**
 * Whether a write-ahead file is what was written. SQLite takes its frames one by one and stops, without a word, at the
 * first that is not: that is right where a process or the power has failed in the middle of writing, and where what is
 * left of an earlier run through the file begins. It is wrong in front of transactions that are whole.
 *
 * Each frame has the checksum over all before it written down. So whether one is what was written can be told from what
 * stands in the one before, also when that is damaged, or anything further in front. Only where a transaction ends counts:
 * of one that was never committed frames may be left in the same way, behind what was written over its beginning.
 */

import {
  beginsHeader,
  FILE_HEADER,
  FRAME_HEADER,
  type FrameHeader,
  frameSums,
  isPageSize,
  type Pair,
  readFrame,
  readHeader,
  samePair,
  type WalHeader,
} from "./format.ts";
import { WalReader } from "./reader.ts";

export interface WalSurvey {
  /** What is wrong with it; null: nothing, or it ends early as it may. */
  readonly wrong: string | null;
  readonly pageSize: number;
  readonly littleEndian: boolean;
  readonly salt: Pair;
  /** So many frames SQLite takes. */
  readonly taken: number;
  /** The last frame of a transaction that is what was written, 0: there is none. */
  readonly last: number;
  /** The first of those up to `last` that are not, and the one after them, and so on. */
  readonly gaps: readonly (readonly [from: number, to: number])[];
  /** The pages of those that were not written again, up to `last`. */
  readonly missing: ReadonlySet<number>;
}

/** Is called for a file that is not empty. `pageSize`: of the database. Throws what the system says. */
export function surveyWal(path: string, pageSize: number): WalSurvey {
  using reader = new WalReader(path);
  const bytes = reader.header();
  if (bytes.length < FILE_HEADER) {
    const wrong = beginsHeader(bytes) ? null : "its header is not valid";
    const nothing = { taken: 0, last: 0, gaps: [], missing: new Set<number>() };
    return { wrong, pageSize, littleEndian: true, salt: [0, 0], ...nothing };
  }
  const header = readHeader(bytes);
  const survey = new Survey(header, header.valid && isPageSize(header.pageSize) ? header.pageSize : pageSize);
  for (const [number, frame] of reader.frames(survey.pageSize)) {
    if (!survey.add(number, frame)) break;
  }
  return survey.result();
}

class Survey {
  readonly pageSize: number;
  readonly #header: WalHeader;
  #salt: Pair;
  #taken = 0;
  #last = 0;
  /** SQLite takes no more; the number of the frame where it stops, 0: at the header. */
  #stopped: number | null;
  /** Of the frame before: the checksum that stands there, and the one that its bytes give. */
  #stored: Pair;
  #computed: Pair;
  /** The frame before is what was written, but for its checksum or its salt perhaps. */
  #whole: boolean;
  #before: FrameHeader | null = null;
  readonly #gaps: [from: number, to: number][] = [];
  #gapsUpToLast = 0;
  /** Pages of frames that are not what was written, with the frame, and those that this transaction writes again. */
  readonly #missing: Map<number, number> = new Map();
  readonly #again: Set<number> = new Set();

  constructor(header: WalHeader, pageSize: number) {
    this.pageSize = pageSize;
    this.#header = header;
    this.#salt = header.salt;
    this.#stored = header.stored;
    this.#computed = header.computed;
    this.#whole = header.valid;
    this.#stopped = header.valid ? null : 0;
  }

  /** False: what comes after it is of no use. */
  add(number: number, bytes: Uint8Array): boolean {
    const frame = readFrame(bytes);
    const fit = this.#fit(frame, bytes);
    if (number === 1 && !this.#header.valid) {
      // (Frames of an earlier run through the file go on like that behind a header of which nothing is left.)
      if (fit !== null) this.#salt = frame.salt;
      else if (!samePair(frame.salt, this.#salt)) return false;
    }
    const own = samePair(frame.salt, this.#salt);
    // (Another salt may be damaged as well, right behind what is whole. Further on it is that of an earlier run.)
    const whole = fit !== null && (own || this.#whole);
    if (whole && fit === "computed" && number > 1) this.#foundWhole(number - 1);
    if (!whole || !own || fit === "computed") this.#stopped ??= number;
    if (whole) this.#again.add(frame.page);
    else this.#gap(number, frame);
    if (whole && frame.commit !== 0) this.#committed(number);
    this.#whole = whole;
    this.#before = frame;
    this.#stored = frame.stored;
    return true;
  }

  /** What the checksum of a frame goes on from: what stands in the one before, or what belongs there; null: neither. */
  #fit(frame: FrameHeader, bytes: Uint8Array): "stored" | "computed" | null {
    const own = samePair(frame.salt, this.#salt);
    const [stored, computed] = [this.#stored, this.#computed];
    if (frame.page === 0 || !(own || this.#whole || this.#before === null)) {
      this.#computed = frame.stored;
      return null;
    }
    const { littleEndian } = this.#header;
    this.#computed = frameSums(bytes, stored, littleEndian);
    if (samePair(this.#computed, frame.stored)) return "stored";
    if (samePair(stored, computed) || !samePair(frameSums(bytes, computed, littleEndian), frame.stored)) {
      return null;
    }
    this.#computed = frame.stored;
    return "computed";
  }

  /** Only the checksum in it was another one. */
  #foundWhole(number: number): void {
    const gap = this.#gaps.at(-1);
    if (gap?.[1] === number + 1 && --gap[1] === gap[0]) this.#gaps.pop();
    if (this.#before === null) return;
    this.#again.add(this.#before.page);
    if (this.#before.commit !== 0) this.#committed(number);
  }

  #gap(number: number, { page }: FrameHeader): void {
    const gap = this.#gaps.at(-1);
    if (gap?.[1] === number) gap[1]++;
    else this.#gaps.push([number, number + 1]);
    this.#again.delete(page);
    if (!this.#missing.has(page)) this.#missing.set(page, number);
  }

  #committed(number: number): void {
    this.#last = number;
    if (this.#stopped === null) this.#taken = number;
    this.#gapsUpToLast = this.#gaps.length;
    for (const page of this.#again) this.#missing.delete(page);
    this.#again.clear();
  }

  result(): WalSurvey {
    return {
      wrong: this.#wrong(),
      pageSize: this.pageSize,
      littleEndian: this.#header.littleEndian,
      salt: this.#salt,
      taken: this.#taken,
      last: this.#last,
      gaps: this.#gaps.slice(0, this.#gapsUpToLast),
      missing: new Set([...this.#missing].flatMap(([page, number]) => number <= this.#last ? [page] : [])),
    };
  }

  #wrong(): string | null {
    if (this.#stopped === 0) return "its header is not valid";
    if (this.#stopped === null || this.#last <= this.#taken) return null;
    const at = FILE_HEADER + (this.#stopped - 1) * (FRAME_HEADER + this.pageSize);
    return `frame ${this.#stopped} of it, at byte ${at}, is not what was written, and whole ones follow`;
  }
}

/** Makes a write-ahead file of what is whole in another one. */

import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { makeHeader, type Pair, readFrame, readHeader, sealFrame } from "./format.ts";
import { WalReader } from "./reader.ts";
import type { WalSurvey } from "./survey.ts";

/**
 * What is taken from it: `whole`: all frames up to the last transaction that are what was written, but those of a page
 * whose last one is not; `taken`: those that SQLite takes; `nothing`.
 */
export type Part = "whole" | "taken" | "nothing";

/** The frames of that part of a write-ahead file, in order. What is given is good until the next one is asked for. */
export function* framesOf(
  reader: WalReader,
  { pageSize, taken, last, gaps, missing }: WalSurvey,
  part: Part,
): Generator<readonly [number: number, frame: Uint8Array]> {
  const end = part === "nothing" ? 0 : part === "taken" ? taken : last;
  if (end === 0) return;
  let gap = 0;
  for (const [number, frame] of reader.frames(pageSize)) {
    if (number > end) return;
    while (gap < gaps.length && gaps[gap]![1] <= number) gap++;
    if (number >= (gaps[gap]?.[0] ?? Infinity)) continue;
    if (part === "taken" || !missing.has(readFrame(frame).page)) yield [number, frame];
  }
}

/** Writes `target`, which must not be there, and brings it to the disk. Throws what the system says. */
export function rebuildWal(source: string, target: string, survey: WalSurvey, part: Part): void {
  const { pageSize, littleEndian, salt } = survey;
  using reader = new WalReader(source);
  const descriptor = openSync(target, "wx", 0o600);
  try {
    let sums: Pair | null = null;
    for (const [, frame] of framesOf(reader, survey, part)) {
      if (sums === null) {
        const header = makeHeader(pageSize, littleEndian, salt);
        writeAll(descriptor, header);
        sums = readHeader(header).stored;
      }
      sums = sealFrame(frame, salt, sums, littleEndian);
      writeAll(descriptor, frame);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

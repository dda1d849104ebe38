/** Passwords hashed by other programs; `tests/fixtures/passwords/make.py` made them. */

import { readFileSync } from "node:fs";

export interface Vector {
  readonly who: string;
  readonly password: Uint8Array;
  readonly hash: string;
}

const file = new URL("../../../fixtures/passwords/vectors.tsv", import.meta.url);

export const vectors: readonly Vector[] = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => {
  const [who, digits, hash] = line.split("\t") as [string, string, string];
  return { who, password: bytesOf(digits), hash };
});

/** `616263`, or `616263~5` for `abcab`. */
function bytesOf(digits: string): Uint8Array {
  const [part, size] = digits.split("~");
  const bytes = Uint8Array.from(part!.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return size === undefined
    ? bytes
    : Uint8Array.from({ length: Number(size) }, (_, i) => bytes[i % bytes.length]!);
}

/** Of which runtimes differ in what they do. */
export function isBcrypt({ hash }: Vector): boolean {
  return hash.startsWith("$2");
}

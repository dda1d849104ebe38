/** What plain YAML is made of. */

import type { Place, SourceKey } from "../source_reader.ts";

/** The beginning and the end in the text, twice the end as `yaml` has it. */
type Range = readonly [number, number, number];

export type PlainNode =
  | { readonly is: "text"; readonly range: Range; readonly text: string }
  | { readonly is: "mapping"; readonly range: Range; readonly keys: readonly SourceKey[] }
  | { readonly is: "list"; readonly range: Range; readonly items: readonly (PlainNode | null)[] };

export function placeAt(start: number, end: number = start): Place & { readonly range: Range } {
  return { range: [start, end, end] };
}

/** It is more than plain YAML, or no YAML at all: who can read all of it says what. (Nobody sees it, so it is no Error.) */
export class NotPlain {}

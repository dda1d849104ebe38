/** Rules before they are understood: a file or an object, read in the same way. */

/** A value with its place. */
export interface Source {
  /** `file:line:column`, or the path in an object. */
  readonly where: string;
  /** `alias`: one of YAML that stands for nothing. */
  readonly kind: "mapping" | "list" | "text" | "number" | "flag" | "nothing" | "alias" | "other";
  /** Nothing stands behind the key: not even a comment, an anchor or `~`, which may have been meant as a text. */
  readonly blank: boolean;
  /** A text, number or flag as it was written. */
  readonly text: string;
  /** Of a mapping, in the order written; a key may come twice. */
  entries(): readonly SourceEntry[];
  /** Of a list. */
  items(): readonly Source[];
  /** Of a mapping: a key that does not stand where it was written, because JavaScript moved it. */
  readonly moved: string | null;
}

export interface SourceEntry {
  readonly key: string;
  /** Where the key stands. */
  readonly where: string;
  readonly value: Source;
}

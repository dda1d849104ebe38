/** What stands in one line of plain YAML: single values, and mappings and lists in `{ }` and `[ ]`. */

import type { SourceKey } from "../source_reader.ts";
import { NotPlain, placeAt, type PlainNode } from "./plain_nodes.ts";

export interface Inline {
  readonly node: PlainNode;
  /** Where it ends. */
  readonly end: number;
}

/** A name, and a colon with something like a space behind it. */
export const KEY: RegExp = /([A-Za-z_][A-Za-z0-9_.-]*):(?=[ ]|$)/y;

/** (Everything that begins otherwise may mean something to YAML.) */
const BEGINNING = /^(?:[A-Za-z0-9_./~$+]|[-:](?=[^\s,[\]{}]))/;
/** (What has a backslash in it has rules of its own.) */
const DOUBLE = /"([^"\\]*)"/y;
const SINGLE = /'((?:[^']|'')*)'/y;
const NULLS: ReadonlySet<string> = new Set(["~", "null", "Null", "NULL"]);

/** The value that begins at `start`. `flow`: it is inside of brackets. Throws `NotPlain`. */
export function inlineValue(text: string, start: number, { flow }: { readonly flow: boolean }): Inline {
  switch (text[start]) {
    case "{":
      return flowMapping(text, start);
    case "[":
      return flowList(text, start);
    case '"':
      return quoted(text, start, DOUBLE);
    case "'":
      return quoted(text, start, SINGLE);
    default:
      return plain(text, start, flow);
  }
}

function quoted(text: string, start: number, pattern: RegExp): Inline {
  pattern.lastIndex = start;
  const [whole, inner] = pattern.exec(text) ?? [];
  if (whole === undefined || inner === undefined) throw new NotPlain();
  const end = start + whole.length;
  const value = pattern === SINGLE ? inner.replaceAll("''", "'") : inner;
  return { node: { is: "text", ...placeAt(start, end), text: value }, end };
}

function plain(text: string, start: number, flow: boolean): Inline {
  const stop = flow ? /[,[\]{}]/g : / #/g;
  stop.lastIndex = start;
  const found = stop.exec(text)?.index ?? text.length;
  const value = text.slice(start, found).trimEnd();
  const sound = BEGINNING.test(value) && !/: | #|:$/.test(value) && !/^(?:---|\.\.\.)/.test(value);
  // (Before an opening bracket it is a key, or a mistake.)
  if (!sound || (flow && "[{".includes(text[found] ?? "["))) throw new NotPlain();
  const end = start + value.length;
  return { node: { is: "text", ...placeAt(start, end), text: NULLS.has(value) ? "" : value }, end };
}

function flowMapping(text: string, start: number): Inline {
  const keys: SourceKey[] = [];
  let at = spaces(text, start + 1);
  while (text[at] !== "}") {
    KEY.lastIndex = at;
    const [, written] = KEY.exec(text) ?? [];
    if (written === undefined) throw new NotPlain();
    const { node, end } = inlineValue(text, spaces(text, at + written.length + 1), { flow: true });
    keys.push({ written, key: placeAt(at, at + written.length), node });
    at = afterItem(text, end, "}");
  }
  return { node: { is: "mapping", ...placeAt(start, at + 1), keys }, end: at + 1 };
}

function flowList(text: string, start: number): Inline {
  const items: PlainNode[] = [];
  let at = spaces(text, start + 1);
  while (text[at] !== "]") {
    KEY.lastIndex = at;
    if (KEY.test(text)) throw new NotPlain();
    const { node, end } = inlineValue(text, at, { flow: true });
    items.push(node);
    at = afterItem(text, end, "]");
  }
  return { node: { is: "list", ...placeAt(start, at + 1), items }, end: at + 1 };
}

/** The place of the next item, or of the bracket that closes. */
function afterItem(text: string, end: number, close: string): number {
  const at = spaces(text, end);
  if (text[at] === close) return at;
  if (text[at] !== ",") throw new NotPlain();
  return spaces(text, at + 1);
}

function spaces(text: string, at: number): number {
  let end = at;
  while (text[end] === " ") end++;
  return end;
}

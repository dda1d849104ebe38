/**
 * YAML as most configuration files have it: keys and values a line each, lists, short mappings in braces, comments. It is
 * read here because a package that reads all of YAML takes a sixth more time and memory at every start. What is more than
 * that is not read wrongly, but not at all: anchors, tags, texts over several lines, and whatever is a mistake.
 */

import type { SourceKey } from "../source_reader.ts";
import { NotPlain, placeAt, type PlainNode } from "./plain_nodes.ts";
import { inlineValue, KEY } from "./plain_values.ts";

interface Line {
  /** Of its first character that is no space, from the beginning of the line. */
  readonly indent: number;
  /** From the beginning of the file. */
  readonly offset: number;
  /** Without what stands before that. */
  readonly text: string;
}

/** Null when there is nothing in it. Throws `NotPlain`. */
export function parsePlain(text: string): PlainNode | null {
  // (Other white space and line breaks than these have rules of their own.)
  // deno-lint-ignore no-control-regex -- these are they
  if (/[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]/.test(text)) throw new NotPlain();
  const lines = linesOf(text);
  if (lines.length === 0) return null;
  const parser = new PlainParser(lines);
  const node = parser.block(lines[0]!.indent);
  if (!parser.atEnd) throw new NotPlain();
  return node;
}

/** Those that say something. */
function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let offset = 0;
  for (const line of text.split("\n")) {
    const trimmed = line.trimStart();
    const indent = line.length - trimmed.length;
    if (trimmed !== "" && !trimmed.startsWith("#")) {
      lines.push({ indent, offset: offset + indent, text: trimmed.trimEnd() });
    }
    offset += line.length + 1;
  }
  return lines;
}

class PlainParser {
  readonly #lines: Line[];
  #next = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  get atEnd(): boolean {
    return this.#next === this.#lines.length;
  }

  /** The mapping or list whose lines have this indent. */
  block(indent: number): PlainNode {
    return isItem(this.#lines[this.#next]!) ? this.#list(indent) : this.#mapping(indent);
  }

  #mapping(indent: number): PlainNode {
    const keys: SourceKey[] = [];
    const start = this.#lines[this.#next]!.offset;
    let end = start;
    while (!this.atEnd && this.#line.indent === indent && !isItem(this.#line)) {
      const line = this.#line;
      KEY.lastIndex = 0;
      const [, written] = KEY.exec(line.text) ?? [];
      if (written === undefined) throw new NotPlain();
      const key = placeAt(line.offset, line.offset + written.length);
      const node = this.#valueIn(line, written.length + 1, indent);
      end = node?.range[1] ?? key.range[1];
      keys.push({ written, key, node });
    }
    this.#mustEnd(indent);
    return { is: "mapping", ...placeAt(start, end), keys };
  }

  #list(indent: number): PlainNode {
    const items: (PlainNode | null)[] = [];
    const start = this.#line.offset;
    let end = start;
    while (!this.atEnd && this.#line.indent === indent && isItem(this.#line)) {
      const node = this.#item(this.#line, indent);
      end = node.range[1];
      items.push(node);
    }
    this.#mustEnd(indent);
    return { is: "list", ...placeAt(start, end), items };
  }

  #item(line: Line, indent: number): PlainNode {
    const inner = line.text.slice(1).trimStart();
    const at = line.text.length - inner.length;
    KEY.lastIndex = 0;
    // A mapping that begins beside the dash: its keys stand below one another.
    if (KEY.test(inner)) {
      this.#lines[this.#next] = { indent: indent + at, offset: line.offset + at, text: inner };
      return this.#mapping(indent + at);
    }
    const node = this.#valueIn(line, 1, indent, { listBelow: false });
    if (node === null || isItem({ ...line, text: inner })) throw new NotPlain();
    return node;
  }

  /** What stands behind a key or a dash, or below it. Null: nothing does. */
  #valueIn(line: Line, from: number, indent: number, { listBelow } = { listBelow: true }): PlainNode | null {
    this.#next++;
    const rest = line.text.slice(from).trimStart();
    if (rest === "" || rest.startsWith("#")) {
      if (this.atEnd) return null;
      const below = this.#line;
      const deeper = below.indent > indent || (listBelow && below.indent === indent && isItem(below));
      return deeper ? this.block(below.indent) : null;
    }
    // (A line that goes on below is a text over several lines.)
    if (!this.atEnd && this.#line.indent > indent) throw new NotPlain();
    const { node, end } = inlineValue(line.text, line.text.length - rest.length, { flow: false });
    if (!/^(?: +#.*)?$/.test(line.text.slice(end))) throw new NotPlain();
    return moved(node, line.offset);
  }

  get #line(): Line {
    return this.#lines[this.#next]!;
  }

  #mustEnd(indent: number): void {
    if (!this.atEnd && this.#line.indent > indent) throw new NotPlain();
  }
}

function isItem({ text }: Line): boolean {
  return text === "-" || text.startsWith("- ");
}

/** From a place in its line to one in the file. */
function moved(node: PlainNode, by: number): PlainNode {
  const [start, end] = node.range;
  const { range } = placeAt(start + by, end + by);
  switch (node.is) {
    case "text":
      return { ...node, range };
    case "list":
      return { ...node, range, items: node.items.map((item) => item === null ? null : moved(item, by)) };
    case "mapping": {
      const keys = node.keys.map(({ written, key, node: inner }) => {
        const [from, to] = key.range!;
        return { written, key: placeAt(from + by, to + by), node: moved(inner as PlainNode, by) };
      });
      return { ...node, range, keys };
    }
  }
}

/** Rules that stand in a file, YAML or JSON, which YAML contains. */

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { LedgerProblem } from "./error.ts";
import type { Source, SourceEntry } from "./source.ts";

export interface RulesFile {
  /** What it is called in messages. */
  readonly file: string;
  /** What stands in it. */
  readonly text: string;
}

/** The whole file. Of one that is no YAML only the problems are of use. */
export function yamlSource({ file, text }: RulesFile): { source: Source; problems: LedgerProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const place: Place = (offset) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const resolve: Resolve = (node) => isAlias(node) ? node.resolve(document) ?? node : node;
  // A tag that is not known is only a warning to the parser, but what was meant as a text is gone then.
  const problems = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    where: place(pos[0]),
    message: `Not valid YAML: ${withoutValues(message)}`,
  }));
  problems.push(...filtersLostInComments(text, place));
  return { source: new YamlSource(document.contents, 0, { text, place, resolve }), problems };
}

/** What to do about a star that YAML takes for an alias. */
export const starInQuotes = "a text that begins with * stands in quotes";

/** Spaces around a colon; whoever writes more of them writes a text behind it. */
const LONGEST_GAP = 200;

type Place = (offset: number) => string;
type Resolve = (node: Node | null) => Node | null;

/** A message of the parser without what it quotes from the file, which may be a password. */
function withoutValues(message: string): string {
  const line = message.split("\n", 1)[0]!;
  if (/\btags?\b/i.test(line)) return "Unknown tag (a text that begins with ! stands in quotes)";
  const text = line.replace(/(: (?!between)|;).*/, "")
    .replace(/^(Invalid escape sequence|Unknown directive|Unsupported YAML version) .*/, "$1");
  return text.startsWith("Alias ") ? `${text} (${starInQuotes})` : text;
}

/** `#: deny` is a comment to YAML: the rule would be gone, and nobody would notice. */
function filtersLostInComments(text: string, place: Place): LedgerProblem[] {
  const found = text.matchAll(/^[ \t]*(#[ \t]*:[ \t]*(?:[0-3]|deny|read|write|readwrite))[ \t]*\r?$/gm);
  return [...found].map((match) => ({
    where: place(match.index + match[0].indexOf("#")),
    message: 'Cannot use this line: YAML takes it for a comment, expected the filter in quotes, "#"',
  }));
}

interface Reading {
  readonly text: string;
  readonly place: Place;
  readonly resolve: Resolve;
}

class YamlSource implements Source {
  readonly #node: Node | null;
  readonly #reading: Reading;
  readonly blank: boolean;
  readonly where: string;
  /** All keys stand where they were written. */
  readonly moved: null = null;

  /** `at`: where it would stand if there is nothing. */
  constructor(node: Node | null, at: number, reading: Reading, blank = false) {
    this.#node = reading.resolve(node);
    this.#reading = reading;
    this.blank = blank;
    this.where = reading.place(node?.range?.[0] ?? at);
  }

  get kind(): Source["kind"] {
    const node = this.#node;
    if (node === null) return "nothing";
    if (isMap(node)) return "mapping";
    if (isSeq(node)) return "list";
    if (!isScalar(node)) return isAlias(node) ? "alias" : "other";
    if (node.value === null) return "nothing";
    // A name or password may look like a number.
    return "text";
  }

  get text(): string {
    return isScalar(this.#node) ? written(this.#node) : "";
  }

  entries(): readonly SourceEntry[] {
    if (!isMap(this.#node)) return [];
    return this.#node.items.map(({ key, value }) => {
      const { place, resolve, text } = this.#reading;
      const [at = 0, end = 0] = (key as Node | null)?.range ?? [];
      const name = resolve(key as Node | null);
      return {
        key: isScalar(name) ? written(name) : "?",
        where: place(at),
        value: new YamlSource(value as Node | null, at, this.#reading, endsWithColon(text, end)),
      };
    });
  }

  items(): readonly Source[] {
    if (!isSeq(this.#node)) return [];
    const at = this.#node.range?.[0] ?? 0;
    return this.#node.items.map((item) => new YamlSource(item as Node | null, at, this.#reading));
  }
}

/** `at`: where a key ends. Behind its colon the line ends, or the mapping goes on. */
function endsWithColon(text: string, at: number): boolean {
  const behind = /^[ \t]*:[ \t]*(?:[,}\r\n]|$)/;
  return behind.test(text.slice(at, at + LONGEST_GAP));
}

/** Numbers as they stand in the file. */
function written(node: { value: unknown; source?: string }): string {
  return typeof node.value === "string" ? node.value : node.source ?? String(node.value);
}

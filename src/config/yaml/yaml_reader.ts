/** Reads a YAML file key by key, so that whatever is wrong has its line and column. */

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { nothingOutside, type Outside } from "../outside.ts";
import { camelCase, type Fields, type Place, type SourceKey, SourceReader } from "../source_reader.ts";

/** What a file is made of at the top. */
export interface TopLevel {
  /** It is a list: the keys are those of its first item. */
  readonly list: boolean;
  /** In camel case, with what stands there: the keys of a mapping, or of the mappings in a list. */
  readonly keys: ReadonlyMap<
    string,
    { readonly kind: "mapping" | "list" | "value"; readonly keys: readonly string[] }
  >;
}

export interface YamlFile {
  /** What it is called in messages. */
  readonly file: string;
  /** What stands in it. */
  readonly text: string;
}

export class YamlReader extends SourceReader {
  readonly #file: string;
  readonly #text: string;
  readonly #lines: LineCounter = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;

  constructor({ file, text }: YamlFile, outside: Outside = nothingOutside) {
    super(outside);
    this.#file = file;
    this.#text = text;
    // Duplicate keys are found here: `packetSize` and `packet-size` are the same key.
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
    });
    for (const { pos, message } of this.#document.errors) {
      // (What comes after the parenthesis is the value.)
      const text = message.split("\n", 1)[0]!.replace(/\): .*/, ")");
      this.add("error", this.#at(pos[0]), `Not valid YAML: ${text}`);
    }
  }

  /** Nothing when the file is no YAML. */
  get top(): TopLevel {
    const { contents } = this.#document;
    const list = isSeq(contents);
    const first = this.#resolved((list ? contents.items[0] : contents) as Node | null);
    const keys: Map<string, { kind: "mapping" | "list" | "value"; keys: string[] }> = new Map();
    if (!isMap(first) || this.problems.length > 0) return { list, keys };
    for (const { key, value } of first.items) {
      const node = this.#resolved(value as Node | null);
      const kind = isMap(node) ? "mapping" : isSeq(node) ? "list" : "value";
      const inner = isSeq(node) ? node.items.map((one) => this.#resolved(one as Node | null)) : [node];
      const names = inner.flatMap((one) => isMap(one) ? one.items.map((pair) => nameOf(pair.key)) : []);
      keys.set(nameOf(key), { kind, keys: names });
    }
    return { list, keys };
  }

  /** The whole file as a mapping; an empty file is an empty one. Nothing is read from a file that is no YAML. */
  readFile(fields: Fields, unnamed: Fields = {}): void {
    const { contents } = this.#document;
    if (this.problems.length > 0 || contents === null) return;
    this.read({ name: "", path: "", key: contents, node: contents }, fields, unnamed);
  }

  protected override keysOf(given: Place): readonly SourceKey[] | null {
    const node = this.#resolved(given as Node);
    if (!isMap(node)) return null;
    return node.items.map(({ key, value }) => ({
      written: isScalar(key) ? String(key.value) : "?",
      key: (key as Node | null) ?? given,
      node: value as Node | null,
    }));
  }

  protected override itemsOf(given: Place): readonly (Node | null)[] | null {
    const node = this.#resolved(given as Node);
    return isSeq(node) ? node.items as (Node | null)[] : null;
  }

  protected override textOf(given: Place): string | null {
    const node = this.#resolved(given as Node);
    if (node === null) return "";
    if (!isScalar(node)) return null;
    if (node.value === null) return "";
    return typeof node.value === "string" ? node.value : node.source ?? String(node.value);
  }

  protected override sourceOf({ range }: Place): string {
    const [start = 0, end = 0] = range ?? [];
    return this.#text.slice(start, end).trim();
  }

  /** `file:line:column` */
  override place(where: Place): string {
    return this.#at(where.range?.[0] ?? 0);
  }

  #resolved(node: Node | null): Node | null {
    // (One that stands for nothing is neither a value nor a mapping nor a list.)
    return isAlias(node) ? node.resolve(this.#document) ?? node : node;
  }

  #at(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  }
}

/** What a key is called; something that is no text has no name. */
function nameOf(key: unknown): string {
  return isScalar(key) ? camelCase(String(key.value)) : "?";
}

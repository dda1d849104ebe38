/** Reads plain YAML key by key. */

import type { Outside } from "../outside.ts";
import { type Fields, type Place, type SourceKey, SourceReader } from "../source_reader.ts";
import { parsePlain } from "./plain.ts";
import type { PlainNode } from "./plain_nodes.ts";

export class PlainReader extends SourceReader {
  readonly #file: string;
  readonly #text: string;
  readonly #top: PlainNode | null;
  #lines: readonly number[] | null = null;

  /** Throws `NotPlain`. */
  constructor({ file, text }: { readonly file: string; readonly text: string }, outside: Outside) {
    super(outside);
    this.#file = file;
    this.#text = text;
    this.#top = parsePlain(text);
  }

  /** The whole file as a mapping. */
  readFile(fields: Fields, unnamed: Fields = {}): void {
    if (this.#top === null) return;
    this.read({ name: "", path: "", key: this.#top, node: this.#top }, fields, unnamed);
  }

  protected override keysOf(node: Place): readonly SourceKey[] | null {
    const plain = node as PlainNode;
    return plain.is === "mapping" ? plain.keys : null;
  }

  protected override itemsOf(node: Place): readonly (PlainNode | null)[] | null {
    const plain = node as PlainNode;
    return plain.is === "list" ? plain.items : null;
  }

  protected override textOf(node: Place): string | null {
    const plain = node as PlainNode;
    return plain.is === "text" ? plain.text : null;
  }

  protected override sourceOf({ range }: Place): string {
    return this.#text.slice(range?.[0], range?.[1]).trim();
  }

  /** `file:line:column` */
  override place({ range }: Place): string {
    const offset = range?.[0] ?? 0;
    this.#lines ??= beginnings(this.#text);
    let [low, high] = [0, this.#lines.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lines[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return `${this.#file}:${low + 1}:${offset - this.#lines[low]! + 1}`;
  }
}

/** Where each line begins. */
function beginnings(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

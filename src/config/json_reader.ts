/** Reads JSON that stands in a variable or an option: a list of listeners, for example. */

import { textOf as errorText } from "../core/error_text.ts";
import type { Outside } from "./outside.ts";
import { type Entry, type Place, type SourceKey, SourceReader } from "./source_reader.ts";

/** There is but one place: the variable or option. */
interface JsonNode extends Place {
  readonly value: unknown;
}

export class JsonReader extends SourceReader {
  readonly #origin: string;
  readonly #top: JsonNode | null;

  /** `origin`: the variable or option. */
  constructor({ origin, text }: { readonly origin: string; readonly text: string }, outside: Outside) {
    super(outside);
    this.#origin = origin;
    let top: JsonNode | null = null;
    try {
      top = { value: JSON.parse(text) };
    } catch (error) {
      // (The runtimes quote the text, which may have secrets in it.)
      const where = /position \d+/.exec(errorText(error))?.[0];
      this.add("error", origin, `Not valid JSON${where === undefined ? "" : `, at ${where}`}`);
    }
    this.#top = top;
  }

  /** All of it, called `path`; null when it is no JSON. */
  top(path: string): Entry | null {
    return this.#top === null ? null : { name: path, path, key: this.#top, node: this.#top };
  }

  protected override keysOf(node: Place): readonly SourceKey[] | null {
    const { value } = node as JsonNode;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return Object.entries(value).map(([written, inner]) => ({ written, key: node, node: nodeOf(inner) }));
  }

  protected override itemsOf(node: Place): readonly (JsonNode | null)[] | null {
    const { value } = node as JsonNode;
    return Array.isArray(value) ? value.map(nodeOf) : null;
  }

  protected override textOf(node: Place): string | null {
    const { value } = node as JsonNode;
    return value === null ? "" : typeof value === "object" ? null : String(value);
  }

  protected override sourceOf(node: Place): string {
    return JSON.stringify((node as JsonNode).value);
  }

  override place(): string {
    return this.#origin;
  }
}

function nodeOf(value: unknown): JsonNode | null {
  return value === null ? null : { value };
}

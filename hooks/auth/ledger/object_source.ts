/** Rules that a program gives as objects. */

import type { Source, SourceEntry } from "./source.ts";

export class ObjectSource implements Source {
  /** (What is undefined has been forgotten.) */
  readonly blank = false;
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path = "") {
    this.#value = value;
    this.#path = path;
  }

  get where(): string {
    return this.#path === "" ? "rules" : this.#path;
  }

  get kind(): Source["kind"] {
    const value = this.#value;
    switch (typeof value) {
      case "string":
        return "text";
      case "number":
        return "number";
      case "boolean":
        return "flag";
      case "object":
        if (value === null) return "other";
        return Array.isArray(value) ? "list" : "mapping";
      default:
        // A password that is undefined by mistake must not become one that matches everything.
        return "other";
    }
  }

  get text(): string {
    return String(this.#value);
  }

  get moved(): string | null {
    if (this.#value instanceof Map) return null;
    const keys = Object.keys(this.#value as object);
    return keys.length < 2 ? null : keys.find((key) => /^(0|[1-9]\d*)$/.test(key)) ?? null;
  }

  entries(): readonly SourceEntry[] {
    const value = this.#value as object;
    const pairs = value instanceof Map ? [...value] : Object.entries(value);
    return pairs.map(([name, inner]) => {
      const key = String(name);
      const where = /^[A-Za-z_]\w*$/.test(key)
        ? (this.#path === "" ? key : `${this.#path}.${key}`)
        : `${this.#path}[${JSON.stringify(key)}]`;
      return { key, where, value: new ObjectSource(inner, where) };
    });
  }

  items(): readonly Source[] {
    return Array.from(this.#value as unknown[], (item, i) => new ObjectSource(item, `${this.#path}[${i}]`));
  }
}

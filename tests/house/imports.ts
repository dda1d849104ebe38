/** What files import, read from their text. */

import { posix } from "node:path";
import type { Graph } from "./floors.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** The imports of files of the program, packages left out, by paths from the root. */
export function graphOf(sources: ReadonlyMap<string, string>): Graph {
  return new Map([...sources].map(([path, source]) => {
    const targets = specifiersIn(source, (text) => sources.has(resolved(path, text)))
      .filter((text) => text.startsWith("."))
      .map((text) => resolved(path, text));
    return [path, [...new Set(targets)].sort()];
  }));
}

function resolved(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

/**
 * What is imported, exported from elsewhere, or named in `import("…")`, types included. Where something is imported
 * whose name is known at run time only, every text that names a file counts.
 */
export function specifiersIn(source: string, isFile: (specifier: string) => boolean): string[] {
  const tokens = tokensOf(source);
  const found: string[] = [];
  let computed = false;
  for (const [i, { kind, text }] of tokens.entries()) {
    if (kind !== "word" || !(text === "import" || text === "from") || isSign(tokens[i - 1], ".")) continue;
    const next = tokens[i + 1];
    if (isSign(next, "(") && text === "import") {
      const [named, end] = [tokens[i + 2], tokens[i + 3]];
      if (named?.kind === "text" && (isSign(end, ")") || isSign(end, ","))) found.push(named.text);
      else computed = true;
    } else if (next?.kind === "text") found.push(next.text);
  }
  if (!computed) return found;
  return [
    ...found,
    ...tokens.filter(({ kind, text }) => kind === "text" && isFile(text)).map(({ text }) => text),
  ];
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === "sign" && token.text === text;
}

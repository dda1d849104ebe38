/** The newest section of the changelog: what of the API it has to name. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../package/tools.ts";
import { MODULE } from "./members.ts";

export interface Section {
  readonly version: string;
  /** Additions to the API may still wait for their place in the snapshot. */
  readonly unreleased: boolean;
  readonly text: string;
}

export function newestSection(changelog: string): Section {
  const [, text = ""] = changelog.split(/^## /m);
  const [heading = ""] = text.split("\n", 1);
  const [version = ""] = heading.split(" ", 1);
  return { version, unreleased: heading.includes("unreleased"), text };
}

export function currentSection(): Section {
  return newestSection(readFileSync(join(root, "CHANGELOG.md"), "utf8"));
}

/** Does it name what is gone? Of a member the type it was in as well; of an entry what is imported. */
export function isNamed(gone: string, { text }: Section): boolean {
  const [entry = "", name = ""] = gone.split(" ", 2);
  if (name === MODULE) return text.includes(entry.slice(1));
  const words = new Set(wordsOf(text));
  return wordsOf(name.replace(/#\d+$/, "")).filter((word) => word !== "constructor")
    .every((word) => words.has(word));
}

/** Names as JavaScript has them, and those with hyphens. */
function wordsOf(text: string): string[] {
  return text.split(/[^\w$-]+/).filter((word) => word !== "");
}

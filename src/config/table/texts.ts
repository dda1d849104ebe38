/** Settings that are given as single texts: in variables of the environment, in options of the command line. */

import { type Problem, quote } from "../../core/problem.ts";
import { JsonReader } from "../json_reader.ts";
import type { Outside } from "../outside.ts";
import type { Found } from "./found.ts";
import type { Setting, TaggedList } from "./item.ts";
import type { Named } from "./names.ts";
import { TableReader } from "./read.ts";

export interface GivenText {
  readonly named: Named;
  readonly text: string;
  /** The variable or option. */
  readonly origin: string;
}

/** Adds the value to `found`, or what is wrong with it to `problems`. */
export function takeText(
  { named, text, origin }: GivenText,
  { found, problems, outside }: { found: Found; problems: Problem[]; outside: Outside },
): void {
  const { item, path } = named;
  if (item.is === "list") {
    takeList({ list: item, path, text, origin }, { found, problems, outside });
    return;
  }
  if (found.places.has(path)) {
    const message = `Cannot use it beside ${found.places.get(path)}, which says the same`;
    problems.push({ severity: "error", where: origin, message });
    return;
  }
  const value = valueOf({ setting: item, text, inFile: named.inFile }, outside);
  if (value.fault === undefined) found.set(path, value.value, origin, item);
  else problems.push({ severity: "error", where: origin, message: value.fault });
}

type Value = { readonly value: unknown; readonly fault?: undefined } | { readonly fault: string };

function valueOf(
  { setting: { kind }, text, inFile }: { setting: Setting<unknown>; text: string; inFile: boolean },
  outside: Outside,
): Value {
  let given = text;
  if (inFile) {
    const read = outside.secretFile(text);
    if (read.fault !== undefined) return { fault: read.fault };
    given = read.text;
  }
  const value = kind.parse(given);
  if (value !== undefined) return { value };
  if (inFile) return { fault: `Cannot use what is in the file ${quote(text)}, expected ${kind.accepted}` };
  if (kind.fault !== undefined) return { fault: kind.fault(text) };
  const shown = kind.secret === true ? "this" : quote(text);
  return { fault: `Cannot use ${shown}, expected ${kind.accepted}` };
}

/** JSON, with the keys as in a file. */
function takeList(
  { list, path, text, origin }: { list: TaggedList; path: string; text: string; origin: string },
  { found, problems, outside }: { found: Found; problems: Problem[]; outside: Outside },
): void {
  if (Object.hasOwn(list.words ?? {}, text)) {
    found.set(path, [{ type: text, values: {}, place: origin }], origin);
    return;
  }
  if (list.words !== undefined && !/^\s*[[{]/.test(text)) {
    const words = Object.keys(list.words).join(", ");
    problems.push({
      severity: "error",
      where: origin,
      message: `Cannot use ${quote(text)}, expected ${words} or a list as JSON`,
    });
    return;
  }
  const reader = new JsonReader({ origin, text }, outside);
  const top = reader.top(path);
  if (top !== null) found.set(path, new TableReader(reader, found).list(top, list, path), origin);
  problems.push(...reader.problems);
}

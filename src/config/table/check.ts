/** What does not fit together, though each value by itself is right. */

import type { Problem } from "../../core/problem.ts";
import type { Found, Places } from "./found.ts";
import { type Items, itemsOf, type Section, type Setting } from "./item.ts";
import { table } from "./table.ts";

/** In the sections of what was found. `all`: this is what all sources have said, not one kind of them. */
export function checkFound(found: Found, { all }: { readonly all: boolean }): Problem[] {
  return Object.entries(table.items as unknown as Items).flatMap(([name, item]) => {
    if (item.is !== "section" || found.broken.has(name) || all === (item.leftovers === true)) return [];
    return checkSection(item, name, { values: found.get(name) as object, places: found.places });
  });
}

/** `path`: of the section whose values these are. */
export function checkSection(
  section: Section<object>,
  path: string,
  { values, places }: { readonly values: object; readonly places: Places },
): Problem[] {
  return (section.check?.(values, path) ?? []).map(({ key, message }) => ({
    severity: "error",
    where: places.get(key === undefined ? path : `${path}.${key}`) ?? places.get(path) ??
      firstIn(path, places),
    message,
  }));
}

/** Of a section that no source has as one: where something in it was said. */
function firstIn(path: string, places: Places): string {
  for (const [one, place] of places) if (one.startsWith(`${path}.`)) return place;
  return path;
}

/** A setting by its path, outside of lists. Throws an Error when there is none. */
export function settingAt(path: string): Setting<unknown> {
  let items = table.items as unknown as Items;
  for (const name of path.split(".")) {
    const item = Object.hasOwn(items, name) ? items[name] : undefined;
    if (item?.is === "setting") return item;
    if (item?.is !== "section") break;
    items = itemsOf(item);
  }
  throw new Error(`There is no setting ${JSON.stringify(path)}`);
}

/** Values for each kind of setting, as somebody would write them. */

import type { Shape } from "../../../src/config/values.ts";
import type { Setting } from "../../../src/config/table/item.ts";
import { type Named, namedSettings } from "../../../src/config/table/names.ts";

export interface Sample {
  readonly path: string;
  readonly named: Named;
  readonly setting: Setting<unknown>;
  /** Two that mean something else, neither of them the default. */
  readonly values: readonly [string, string];
  /** Null where everything is a value. */
  readonly wrong: string | null;
}

/** All settings but lists of mappings. */
export function samples(): Sample[] {
  return namedSettings().flatMap((named) => {
    const { item, path } = named;
    if (item.is !== "setting" || named.inFile) return [];
    const [one, two] = textsOf(item.kind.shape).filter((text) => {
      const value = item.kind.parse(text);
      return value !== undefined && JSON.stringify(value) !== JSON.stringify(item.default);
    });
    // (A switch has but one value beside its default.)
    return [{
      path,
      named,
      setting: item,
      values: [one!, two ?? one!],
      wrong: wrongOf(item.kind.shape),
    }];
  });
}

function textsOf(shape: Shape): string[] {
  switch (shape.is) {
    case "integer":
    case "size":
    case "duration": {
      const [low, high] = shape.range;
      return [high, low, low + 1].map(String);
    }
    case "yes or no":
      return ["true", "false"];
    case "one of":
      return [...shape.choices];
    case "permissions":
      return ["0600", "0666"];
    case "address":
      return ["127.0.0.1:1", "[::1]:2"];
    case "network":
      return ["10.0.0.0/8", "fd00::/8"];
    case "origins":
      return ["https://a.example", "any"];
    case "level of a component":
      return ["storage=debug", "hook:a=off"];
    case "list":
      return textsOf(shape.of);
    case "path":
      return ["/nowhere/a", "/nowhere/b"];
    case "text":
      return ["redis://a.example", "redis://b.example"];
  }
}

function wrongOf(shape: Shape): string | null {
  if (shape.is === "text" || shape.is === "path") return null;
  return "!!";
}

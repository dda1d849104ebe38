/** What one or several sources have said, and where. (Without the table itself: a start that says nothing needs none.) */

import type { Setting } from "./item.ts";
import type { Settings } from "./table.ts";

type NotSections = readonly unknown[] | string | number | boolean;
type SectionName = {
  [K in keyof Settings]: Settings[K] extends NotSections ? never : K;
}[keyof Settings];

/** What is set: all sections are there, what is not set is not in them. */
export type Values =
  & { readonly [K in SectionName]: Partial<Settings[K]> }
  & { readonly [K in Exclude<keyof Settings, SectionName | "listeners">]?: Settings[K] };

/** Where each of them was said, by its path: `limits.packetSize`, `listeners[0].tls`. */
export type Places = ReadonlyMap<string, string>;

type Mapping = Record<string, unknown>;

/** (As an object, so that none is forgotten.) */
const sections: Readonly<Record<SectionName, true>> = {
  tls: true,
  capabilities: true,
  limits: true,
  abuse: true,
  storage: true,
  log: true,
  metrics: true,
};

/** Lists of mappings, which replace one another as a whole. */
const lists = ["listeners", "auth", "acl", "anonymous"] as const satisfies readonly (keyof Settings)[];

export class Found {
  readonly #values: Mapping = Object.fromEntries(Object.keys(sections).map((name) => [name, {}]));
  readonly places: Map<string, string> = new Map();
  /** What was set, besides lists of mappings. */
  readonly settings: Map<string, Setting<unknown>> = new Map();
  /** Paths of sections in which something is wrong. */
  readonly broken: Set<string> = new Set();

  get values(): Values {
    const { listeners: _list, ...values } = this.#values;
    return values as unknown as Values;
  }

  get listeners(): Settings["listeners"] | undefined {
    return this.#values.listeners as Settings["listeners"] | undefined;
  }

  get(path: string): unknown {
    return path.split(".").reduce<unknown>((at, name) => (at as Mapping | undefined)?.[name], this.#values);
  }

  /** Without a setting it is a list of mappings. */
  set(path: string, value: unknown, place: string, setting?: Setting<unknown>): void {
    const { at, last } = this.#target(path);
    at[last] = value;
    this.places.set(path, place);
    if (setting !== undefined) this.settings.set(path, setting);
  }

  /** What `later` has said goes before what is here: single values and lists replace, mappings merge. */
  add(later: Found): void {
    for (const path of later.settings.keys()) {
      const setting = later.settings.get(path)!;
      const rival = setting.rival === undefined ? undefined : beside(path, setting.rival);
      if (rival !== undefined && !later.settings.has(rival)) this.#unset(rival);
      this.set(path, later.get(path), later.places.get(path)!, setting);
    }
    for (const list of lists) {
      const value = later.#values[list];
      if (value === undefined) continue;
      for (const path of this.places.keys()) if (path.startsWith(`${list}[`)) this.places.delete(path);
      this.#values[list] = value;
    }
    for (const [path, place] of later.places) this.places.set(path, place);
    for (const path of later.broken) this.broken.add(path);
  }

  #target(path: string): { at: Mapping; last: string } {
    const names = path.split(".");
    const last = names.pop()!;
    let at = this.#values;
    for (const name of names) at = (at[name] ??= {}) as Mapping;
    return { at, last };
  }

  #unset(path: string): void {
    const { at, last } = this.#target(path);
    delete at[last];
    this.places.delete(path);
    this.settings.delete(path);
  }
}

/** Another setting of the same section. */
function beside(path: string, name: string): string {
  return [...path.split(".").slice(0, -1), name].join(".");
}

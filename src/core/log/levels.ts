/** From which level on lines are made: one for all, and others for single components. */

import { type EventCode, LOG_EVENTS, type LogComponent } from "../codes.ts";
import { LOG_LEVELS, type LogLevel } from "../log.ts";

/** By the name of a component, `storage` for example, or `hook:` and the id of a hook. */
export type LogLevelsOf = Readonly<Record<string, LogLevel | "off">>;

/** All components, in the order of the table. */
export const LOG_COMPONENTS: readonly LogComponent[] = [
  ...new Set(Object.values(LOG_EVENTS).map(({ component }) => component)),
];

const HOOK = "hook:";

/** Of a hook whose id is behind `hook:` nobody knows yet whether it comes. */
export function isLogComponent(name: string): boolean {
  return (LOG_COMPONENTS as readonly string[]).includes(name) || (name.startsWith(HOOK) && name !== HOOK);
}

/** What a line belongs to: the component of its code, with the id where that is a hook's. */
export function componentOf(code: EventCode, hook?: string): string {
  const { component } = LOG_EVENTS[code];
  return component === "hook" && hook !== undefined ? HOOK + hook : component;
}

export class LogThresholds {
  readonly #least: number;
  readonly #levels: ReadonlyMap<string, number>;
  /** The least of what each component lets through, of all hooks together. */
  readonly #components: ReadonlyMap<string, number>;

  constructor(least: LogLevel | "off", levels: LogLevelsOf = {}) {
    this.#least = rank(least);
    this.#levels = new Map(Object.entries(levels).map(([name, level]) => [name, rank(level)]));
    this.#components = new Map(LOG_COMPONENTS.map((name) => [name, this.#lowest(name)]));
  }

  /** Whether a line with this code may be wanted, at the level that the code has. */
  wants(code: EventCode): boolean {
    const { level, component } = LOG_EVENTS[code];
    return rank(level) >= this.#components.get(component)!;
  }

  /** Whether this line is. */
  wantsLine(code: EventCode, level: LogLevel, hook: string | undefined): boolean {
    const { component } = LOG_EVENTS[code];
    const own = component === "hook" && hook !== undefined ? this.#levels.get(HOOK + hook) : undefined;
    return rank(level) >= (own ?? this.#levels.get(component) ?? this.#least);
  }

  #lowest(component: string): number {
    const own = this.#levels.get(component) ?? this.#least;
    if (component !== "hook") return own;
    const ofHooks = [...this.#levels].filter(([name]) => name.startsWith(HOOK)).map(([, level]) => level);
    return Math.min(own, ...ofHooks);
  }
}

function rank(level: LogLevel | "off"): number {
  return level === "off" ? LOG_LEVELS.length : LOG_LEVELS.indexOf(level);
}

/**
 * The same event many times: the first is told at once, the others are counted and told in one line when ten seconds
 * have passed. What is remembered has a bound: so many different ones of a code, the rest of it counts as one.
 */

import type { EventCode } from "./codes.ts";
import type { LogFields, LogLevel, LogOccurrence, LogSummary } from "./log.ts";

/** How long events are counted before they are told. */
const WINDOW_MS = 10_000;
/** Different ones of one code within that time that each have their first line. */
const DISTINCT: Readonly<Record<LogLevel, number>> = { debug: 500, info: 100, warn: 100, error: 100 };

/** Told of those that were counted. */
export type TellSummary = (code: EventCode, fields: LogFields, more: LogSummary) => void;

interface Storm {
  readonly key: string;
  readonly code: EventCode;
  /** What all of them have in common. */
  readonly fields: LogFields;
  /** It stands for all that had no room of their own. */
  readonly rest: boolean;
  since: number;
  count: number;
  first: LogOccurrence | null;
  last: LogOccurrence | null;
}

export class Storms {
  /** In the order in which their time began. */
  readonly #storms: Map<string, Storm> = new Map();
  /** How many different ones there are of a code. */
  readonly #distinct: Map<EventCode, number> = new Map();
  readonly #tell: TellSummary;

  constructor(tell: TellSummary) {
    this.#tell = tell;
  }

  /** True: it is to be told now. False: it was counted. */
  first(level: LogLevel, code: EventCode, fields: LogFields, now: number): boolean {
    const key = identity(code, fields);
    const known = this.#storms.get(key);
    if (known !== undefined) {
      count(known, fields, now);
      return false;
    }
    const distinct = this.#distinct.get(code) ?? 0;
    if (distinct < DISTINCT[level]) {
      this.#distinct.set(code, distinct + 1);
      this.#begin(storm(key, code, fields, false), now);
      return true;
    }
    const rest = this.#storms.get(code) ?? this.#begin(storm(code, code, {}, true), now);
    count(rest, fields, now);
    return false;
  }

  #begin(one: Storm, now: number): Storm {
    one.since = now;
    one.count = 0;
    this.#storms.set(one.key, one);
    return one;
  }

  /** Tells of those whose time is over. (Also when the clock was set back.) */
  tick(now: number): void {
    for (const one of this.#storms.values()) {
      const passed = now - one.since;
      if (passed >= 0 && passed < WINDOW_MS) return;
      this.#storms.delete(one.key);
      if (this.#told(one, now)) this.#begin(one, now);
      else if (!one.rest) this.#distinct.set(one.code, this.#distinct.get(one.code)! - 1);
    }
  }

  /** Tells of all. */
  flush(now: number): void {
    const all = [...this.#storms.values()];
    this.#storms.clear();
    this.#distinct.clear();
    for (const one of all) this.#told(one, now);
  }

  /** False: there was nothing to tell. */
  #told(one: Storm, now: number): boolean {
    const { code, fields, count, first, last } = one;
    if (count === 0) return false;
    const seconds = Math.max(1, Math.round((now - one.since) / 1000));
    this.#tell(code, fields, { count, seconds, first: first!, last: last! });
    return true;
  }
}

function storm(key: string, code: EventCode, fields: LogFields, rest: boolean): Storm {
  return { key, code, fields, rest, since: 0, count: 0, first: null, last: null };
}

function count(one: Storm, { client, address }: LogFields, time: number): void {
  const occurrence = { time, client, address };
  if (one.count++ === 0) one.first = occurrence;
  one.last = occurrence;
}

/** It is about everybody: who happens to be concerned makes no other event of it. */
const EVERYBODY: ReadonlySet<EventCode> = new Set<EventCode>([
  "connection-rate-exceeded",
  "connections-exceeded",
  "handshakes-exceeded",
  "sessions-exceeded",
]);

/** What makes two events the same. (The port of an address is another one each time.) */
function identity(code: EventCode, fields: LogFields): string {
  const { listener, client, address = "", topic, filter, hook, method, setting, error } = fields;
  if (EVERYBODY.has(code)) return `${code}\n${listener}`;
  // (Its addresses take turns.)
  if (code === "client-id-contested") return `${code}\n${client}`;
  const host = address.slice(0, Math.max(address.lastIndexOf(":"), 0)) || address;
  return [code, listener, host, client, topic ?? filter, hook, method, setting, error].join("\n");
}

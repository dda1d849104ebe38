/**
 * The same event many times: the first is told at once, the others are counted and told in one line when ten seconds
 * have passed. What is remembered has a bound: so many different ones of a code, the rest of it counts as one. `time` is
 * that of the clock, for people; `now` goes on evenly.
 */

import type { EventCode } from "./codes.ts";
import type { LogFields, LogLevel, LogOccurrence, LogSummary } from "./log.ts";
import { shortened } from "./quoted.ts";

/** How long events are counted before they are told. */
const WINDOW_MS = 10_000;
/** Characters of a text that is looked at. */
const LONGEST = 100;
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
  /** Of the last one; put together when it is told. */
  lastTime: number;
  lastClient: string | undefined;
  lastAddress: string | undefined;
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

  /** What makes it the same as another one. True: it is known under that key and was counted. */
  again(key: string, fields: LogFields, time: number): boolean {
    const known = this.#storms.get(key);
    if (known === undefined) return false;
    count(known, fields, time);
    return true;
  }

  /** One that is not known yet has no room of its own: it is counted with the rest. */
  crowded(level: LogLevel, code: EventCode, fields: LogFields, time: number, now: number): boolean {
    if ((this.#distinct.get(code) ?? 0) < DISTINCT[level]) return false;
    count(this.#storms.get(code) ?? this.#begin(storm(code, code, {}, true), now), fields, time);
    return true;
  }

  /** One that is to be told now. */
  begin(key: string, code: EventCode, fields: LogFields, now: number): void {
    this.#distinct.set(code, (this.#distinct.get(code) ?? 0) + 1);
    this.#begin(storm(key, code, fields, false), now);
  }

  #begin(one: Storm, now: number): Storm {
    one.since = now;
    one.count = 0;
    this.#storms.set(one.key, one);
    return one;
  }

  /** Tells of those whose time is over. */
  tick(now: number): void {
    for (const one of this.#storms.values()) {
      if (now - one.since < WINDOW_MS) return;
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
    const { code, fields, count, first } = one;
    if (count === 0) return false;
    const seconds = Math.max(1, Math.round((now - one.since) / 1000));
    const last = { time: one.lastTime, client: one.lastClient, address: one.lastAddress };
    this.#tell(code, fields, { count, seconds, first: first!, last });
    return true;
  }
}

function storm(key: string, code: EventCode, fields: LogFields, rest: boolean): Storm {
  const last = { lastTime: 0, lastClient: undefined, lastAddress: undefined };
  return { key, code, fields, rest, since: 0, count: 0, first: null, ...last };
}

function count(one: Storm, { client, address }: LogFields, time: number): void {
  if (one.count++ === 0) one.first = { time, client, address };
  one.lastTime = time;
  one.lastClient = client;
  one.lastAddress = address;
}

/** It is about everybody: who happens to be concerned makes no other event of it. */
const EVERYBODY: ReadonlySet<EventCode> = new Set<EventCode>([
  "connection-rate-exceeded",
  "connections-exceeded",
  "handshakes-exceeded",
  "sessions-exceeded",
]);

/**
 * What makes two events the same. (The port of an address is another one each time.) Of each part as much as is shown;
 * strangers fill the log at the speed of this, so it is one text and no more.
 */
export function identity(code: EventCode, fields: LogFields): string {
  const { listener, client, address, topic, filter, hook, method, setting, error } = fields;
  if (EVERYBODY.has(code)) return `${code}\n${listener}`;
  // (Its addresses take turns.)
  if (code === "client-id-contested") return `${code}\n${part(client)}`;
  const about = `${part(topic ?? filter)}\n${hook}\n${method}\n${setting}\n${part(error)}`;
  return `${code}\n${listener}\n${hostOf(address)}\n${part(client)}\n${about}`;
}

function part(text: string | undefined): string | undefined {
  return text !== undefined && text.length > LONGEST ? shortened(text, LONGEST) : text;
}

function hostOf(address: string | undefined): string | undefined {
  const colon = address?.lastIndexOf(":") ?? -1;
  return colon > 0 ? address!.slice(0, colon) : address;
}

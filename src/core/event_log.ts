/** The one place where lines of the log are made: from what happened to text, and the same as fields. */

import { type ErrorCode, type EventCode, LOG_EVENTS } from "./codes.ts";
import {
  type Log,
  LOG_LEVELS,
  type LogFields,
  type LogLevel,
  type LogOccurrence,
  type LogSummary,
  logWithCode,
} from "./log.ts";
import { printable, quoted, shortened } from "./quoted.ts";
import { identity, Storms } from "./storms.ts";
import { textOf } from "./error_text.ts";

/** Characters of what a stranger chose. */
const MOST = 100;
/** Of what an error says, and of what we say ourselves. */
const MOST_WORDS = 500;

type Shown = Exclude<keyof LogFields, "detail">;
/** In the order in which they stand in a line. */
const ORDER: readonly Shown[] = [
  "client",
  "user",
  "address",
  "listener",
  "by",
  "topic",
  "filter",
  "hook",
  "method",
  "reason",
  "reasonCode",
  "setting",
  "limit",
  "size",
  "times",
  "error",
];

/** What the log has to know of time. */
export interface LogClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that go on evenly, however the clock is set. */
  monotonic(): number;
}

export class EventLog {
  readonly #log: Log;
  readonly #least: number;
  readonly #clock: LogClock;
  readonly #storms: Storms = new Storms((code, fields, more) => this.#write(code, fields, more));
  #ended = false;
  #broken = false;

  /** `least`: what is below it is not even made. */
  constructor(log: Log, least: LogLevel | "off", clock: LogClock) {
    this.#log = log;
    this.#least = least === "off" ? LOG_LEVELS.length : LOG_LEVELS.indexOf(least);
    this.#clock = clock;
  }

  /** Somebody wants to know. */
  wants(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= this.#least;
  }

  /** The same of the level that a code has. */
  wantsCode(code: EventCode): boolean {
    return this.wants(LOG_EVENTS[code].level);
  }

  /** A line that is no event of the table. `code`: of the error that it was made from. */
  line(level: LogLevel, text: string, code: ErrorCode | null = null): void {
    if (this.wants(level)) this.#hand(() => logWithCode(this.#log, level, text, code));
  }

  /** Something happened. The same again within ten seconds is counted and told later. */
  tell(code: EventCode, given: LogFields): void {
    const { level } = LOG_EVENTS[code];
    if (!this.wants(level)) return;
    const key = identity(code, given);
    const time = this.#clock.now();
    const now = this.#clock.monotonic();
    if (!this.#ended) {
      if (this.#storms.again(key, given, time) || this.#storms.crowded(level, code, given, time, now)) return;
    }
    const fields = cut(given);
    if (!this.#ended) this.#storms.begin(key, code, fields, now);
    this.#write(code, fields, null);
  }

  /** Time has passed. */
  tick(): void {
    this.#storms.tick(this.#clock.monotonic());
  }

  /** What was counted is told now, and nothing is counted any more. */
  end(): void {
    this.#ended = true;
    this.#storms.flush(this.#clock.monotonic());
  }

  #write(code: EventCode, fields: LogFields, more: LogSummary | null): void {
    const text = eventText(code, fields, more);
    const event = { code, ...printed(fields) };
    const whole = more === null ? event : { ...event, more: printedMore(more) };
    this.#hand(() => this.#log(LOG_EVENTS[code].level, text, whole));
  }

  /** A log that throws must not take the connection along that it was told of. */
  #hand(toLog: () => void): void {
    try {
      toLog();
    } catch (error) {
      if (this.#broken) return;
      this.#broken = true;
      console.error(`comqtt: error: The log failed: ${printable(textOf(error), MOST_WORDS)}`);
    }
  }
}

/** Without what is undefined, every string short. */
function cut(given: LogFields): LogFields {
  const fields: Record<string, unknown> = {};
  if (given.detail !== undefined) fields.detail = shortened(given.detail, MOST_WORDS);
  for (const name of ORDER) {
    const value = given[name];
    if (typeof value === "string") fields[name] = marked(value, name === "error" ? MOST_WORDS : MOST);
    else if (value !== undefined) fields[name] = value;
  }
  return fields;
}

function marked(text: string, most: number): string {
  return text.length > most ? `${shortened(text, most)}...` : text;
}

/** As they are given to a program: every string on one line. */
function printed<T extends object>(fields: T): T {
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "string" ? printable(value, Infinity) : value]),
  ) as T;
}

function printedMore(more: LogSummary): LogSummary {
  return { ...more, first: printedOne(more.first), last: printedOne(more.last) };
}

function printedOne({ time, client, address }: LogOccurrence): LogOccurrence {
  return printed({ time, ...cut({ client, address }) });
}

/** `Title: what exactly (code=... client="..." ...)`. */
function eventText(code: EventCode, fields: LogFields, more: LogSummary | null): string {
  const { detail } = fields;
  const parts = [`code=${code}`];
  for (const name of ORDER) {
    const value = fields[name];
    if (value !== undefined) parts.push(`${name}=${shown(value)}`);
  }
  const exactly = detail === undefined ? "" : `: ${printable(detail, MOST_WORDS)}`;
  const many = more === null ? "" : `: ${moreText(more)}`;
  return `${LOG_EVENTS[code].title}${exactly}${many} (${parts.join(" ")})`;
}

function moreText({ count, seconds, first, last }: LogSummary): string {
  const many = `${count} more in ${seconds} s`;
  return count === 1
    ? `${many}, ${whoText(first)}`
    : `${many}, first ${whoText(first)}, last ${whoText(last)}`;
}

function whoText({ time, ...given }: LogOccurrence): string {
  const { client, address } = cut(given);
  const at = new Date(time).toISOString();
  const who = client === undefined ? "" : ` client=${shown(client)}`;
  return `${at}${who}${address === undefined ? "" : ` address=${shown(address)}`}`;
}

function shown(value: string | number | boolean): string {
  return typeof value === "string" ? quoted(value, Infinity) : String(value);
}

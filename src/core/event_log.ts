/** The one place where lines of the log are made: from what happened to text, and the same as fields. */

import { type EventCode, LOG_EVENTS } from "./codes.ts";
import { textOf } from "./error_text.ts";
import { cut, eventText, MOST_WORDS, printed, printedMore } from "./log/event_text.ts";
import type { Log, LogEvent, LogFields, LogLevel, LogSummary } from "./log.ts";
import { type LogLevelsOf, LogThresholds } from "./log/levels.ts";
import { printable } from "./quoted.ts";
import { identity, Storms } from "./storms.ts";

/** What the log has to know of time. */
export interface LogClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that go on evenly, however the clock is set. */
  monotonic(): number;
}

export class EventLog {
  readonly #log: Log;
  #thresholds: LogThresholds;
  readonly #clock: LogClock;
  readonly #storms: Storms = new Storms((code, fields, more) =>
    this.#write(code, LOG_EVENTS[code].level, fields, more)
  );
  #ended = false;
  #broken = false;

  /** `least`: what is below it is not even made; `levels`: the same of single components. */
  constructor(log: Log, least: LogLevel | "off", clock: LogClock, levels: LogLevelsOf = {}) {
    this.#log = log;
    this.#thresholds = new LogThresholds(least, levels);
    this.#clock = clock;
  }

  /** Other levels from now on. */
  setLevels(least: LogLevel | "off", levels: LogLevelsOf): void {
    this.#thresholds = new LogThresholds(least, levels);
  }

  /** Somebody may want to know. */
  wantsCode(code: EventCode): boolean {
    return this.#thresholds.wants(code);
  }

  /**
   * Something happened that is rare by its nature: told at once, and each time. `level`: of what a hook or a listener says,
   * whose code has none.
   */
  note(code: EventCode, given: LogFields, level: LogLevel = LOG_EVENTS[code].level): void {
    if (!this.#thresholds.wantsLine(code, level, given.hook)) return;
    this.#write(code, level, cut(given, code), null);
  }

  /**
   * Something happened. The same again within ten seconds is counted and told later. `more`: what takes a while to find out,
   * asked for only when there is a line.
   */
  tell(code: EventCode, given: LogFields, more?: () => LogFields): void {
    const { level } = LOG_EVENTS[code];
    if (!this.#thresholds.wantsLine(code, level, given.hook)) return;
    const key = identity(code, given);
    const time = this.#clock.now();
    const now = this.#clock.monotonic();
    if (!this.#ended) {
      if (this.#storms.again(key, given, time) || this.#storms.crowded(level, code, given, time, now)) return;
    }
    const fields = cut(more === undefined ? given : { ...given, ...more() }, code);
    if (!this.#ended) this.#storms.begin(key, code, fields, now);
    this.#write(code, level, fields, null);
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

  #write(code: EventCode, level: LogLevel, fields: LogFields, more: LogSummary | null): void {
    const text = eventText(code, fields, more);
    const event = { code, ...printed(fields) };
    this.#hand(level, text, more === null ? event : { ...event, more: printedMore(more) });
  }

  /** A log that throws must not take the connection along that it was told of. */
  #hand(level: LogLevel, text: string, event: LogEvent): void {
    try {
      this.#log(level, text, event);
    } catch (error) {
      if (this.#broken) return;
      this.#broken = true;
      console.error(`comqtt: error: The log failed: ${printable(textOf(error), MOST_WORDS)}`);
    }
  }
}

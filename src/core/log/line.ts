/** A line of the log as it stands in a file or on a console. */

import { EVENT_NOTES } from "./notes.ts";
import { FIELD_ORDER, sentence } from "./event_text.ts";
import type { LogEvent, LogLevel } from "../log.ts";
import { componentOf } from "./levels.ts";

/** `2026-02-03T04:05:06.007Z`, made once for all lines of a millisecond. */
export class Stamps {
  #time = NaN;
  #text = "";

  of(time: number): string {
    if (time !== this.#time) {
      this.#time = time;
      this.#text = new Date(time).toISOString();
    }
    return this.#text;
  }
}

/** For people. `stamp`: null for none. */
export function textLine(stamp: string | null, level: LogLevel, text: string): string {
  return stamp === null ? `${level} ${text}\n` : `${stamp} ${level} ${text}\n`;
}

/** For machines: one object, the fields flat in it. */
export function jsonLine(stamp: string | null, level: LogLevel, { code, ...event }: LogEvent): string {
  const { detail, more } = event;
  const line: Record<string, unknown> = stamp === null ? {} : { time: stamp };
  line.level = level;
  line.code = code;
  line.component = componentOf(code, event.hook);
  line.message = sentence(code, detail, null) || EVENT_NOTES[code];
  for (const name of FIELD_ORDER) {
    if (event[name] !== undefined) line[name] = event[name];
  }
  if (more !== undefined) {
    line.more = more.count;
    line.moreSeconds = more.seconds;
    for (const which of ["first", "last"] as const) {
      const { time, client, address } = more[which];
      line[`${which}Time`] = new Date(time).toISOString();
      if (client !== undefined) line[`${which}Client`] = client;
      if (address !== undefined) line[`${which}Address`] = address;
    }
  }
  return `${JSON.stringify(line)}\n`;
}

/** What systemd's journal takes for the level of a line that begins with it. */
export const JOURNAL_PRIORITY: Readonly<Record<LogLevel, string>> = {
  error: "<3>",
  warn: "<4>",
  info: "<6>",
  debug: "<7>",
};

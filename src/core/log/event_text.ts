/** What happened, as a line for people, and what of it is shown. */

import { type EventCode, LOG_EVENTS } from "../codes.ts";
import type { LogFields, LogOccurrence, LogSummary } from "../log.ts";
import { printable, quoted, shortened } from "../quoted.ts";

/** Characters of what a stranger chose. */
const MOST = 100;
/** Of what an error says, and of what we say ourselves. */
export const MOST_WORDS = 500;
/** Of what a hook or a listener says, and of errors of ours: their trace is worth it. */
const MOST_SAID = 16_384;

type Shown = Exclude<keyof LogFields, "detail">;
/** In the order in which they stand in a line. */
export const FIELD_ORDER: readonly Shown[] = [
  "client",
  "user",
  "address",
  "listener",
  "by",
  "topic",
  "filter",
  "hook",
  "method",
  "rule",
  "reason",
  "reasonCode",
  "setting",
  "limit",
  "size",
  "times",
  "errorCode",
  "error",
];

/** Without what is undefined, every string short. */
export function cut(given: LogFields, code?: EventCode): LogFields {
  const words = code !== undefined && (code === "internal-error" || code.endsWith("-says"))
    ? MOST_SAID
    : MOST_WORDS;
  const fields: Record<string, unknown> = {};
  if (given.detail !== undefined) fields.detail = shortened(given.detail, words);
  for (const name of FIELD_ORDER) {
    const value = given[name];
    if (typeof value === "string") fields[name] = marked(value, name === "error" ? words : MOST);
    else if (value !== undefined) fields[name] = value;
  }
  return fields;
}

function marked(text: string, most: number): string {
  return text.length > most ? `${shortened(text, most)}...` : text;
}

/** As they are given to a program: every string on one line. */
export function printed<T extends object>(fields: T): T {
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "string" ? printable(value, Infinity) : value]),
  ) as T;
}

export function printedMore(more: LogSummary): LogSummary {
  return { ...more, first: printedOne(more.first), last: printedOne(more.last) };
}

function printedOne({ time, client, address }: LogOccurrence): LogOccurrence {
  return printed({ time, ...cut({ client, address }) });
}

/** `Title: what exactly (code=... client="..." ...)`. */
export function eventText(code: EventCode, fields: LogFields, more: LogSummary | null): string {
  const parts = [`code=${code}`];
  for (const name of FIELD_ORDER) {
    const value = fields[name];
    if (value !== undefined) parts.push(`${name}=${name === "errorCode" ? value : shown(value)}`);
  }
  return `${sentence(code, fields.detail, more)} (${parts.join(" ")})`;
}

/** `Title: what exactly: how many more`, as far as there is anything of it. */
export function sentence(code: EventCode, detail: string | undefined, more: LogSummary | null): string {
  const parts: string[] = [];
  const { title } = LOG_EVENTS[code];
  if (title !== "") parts.push(title);
  if (detail !== undefined) parts.push(printable(detail, Infinity));
  if (more !== null) parts.push(moreText(more));
  return parts.join(": ");
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

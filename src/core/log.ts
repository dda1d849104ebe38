/** What a log is given: a level, a line, and the fields the line was made of. */

import type { ErrorCode, EventCode } from "./codes.ts";

/** How much an event matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** From the least to the greatest. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * Receives one line per event, without a line break at its end. What clients chose is quoted in it, escaped and cut.
 * `event`: the same as fields, with a code of the table in `docs/events.md`.
 */
export type Log = (level: LogLevel, text: string, event: LogEvent) => void;

/**
 * What happened, as fields. Strings that clients chose are cut to 100 characters, and control and invisible characters in
 * them are escaped as in `\u001b`. Never a password, payload or key.
 */
export interface LogEvent extends LogFields {
  /** What kind of event it is; it stays the same from version to version. */
  readonly code: EventCode;
  /** There were more of it: this line stands for all of them. */
  readonly more?: LogSummary;
}

/** What is known of an event; what does not belong to it is left out. */
export interface LogFields {
  /** The client id. */
  readonly client?: string | undefined;
  /** The user name. */
  readonly user?: string | undefined;
  /** Of the client: `ip:port`, or what its listener shows instead. */
  readonly address?: string | undefined;
  /** The id of the listener it came in through. */
  readonly listener?: string | undefined;
  /** The address of the other client, where two are concerned. */
  readonly by?: string | undefined;
  /** Of the publish or the will. */
  readonly topic?: string | undefined;
  /** Of the subscription. */
  readonly filter?: string | undefined;
  /** The id of the hook. */
  readonly hook?: string | undefined;
  /** The method of the hook. */
  readonly method?: string | undefined;
  /** Where the rule stands that decided, as the hook says it: `file:line`, or a row. */
  readonly rule?: string | undefined;
  /** The reason code of MQTT 5, in words; to clients of 3.x it may not have been said. */
  readonly reason?: string | undefined;
  /** The same as a number. */
  readonly reasonCode?: number | undefined;
  /** The name of the setting that decided, `limits.packetSize` for example. */
  readonly setting?: string | undefined;
  /** The value of the setting. */
  readonly limit?: number | string | boolean | undefined;
  /** What was measured against it. */
  readonly size?: number | undefined;
  /** How often. */
  readonly times?: number | undefined;
  /** Of the error that the line was made from: one of `ERROR_CODES`. */
  readonly errorCode?: ErrorCode | undefined;
  /** What an error said: of a hook, a handler, the network. */
  readonly error?: string | undefined;
  /** What exactly, in a few words of ours. */
  readonly detail?: string | undefined;
}

/** Events like one that was logged already. */
export interface LogSummary {
  /** How many. */
  readonly count: number;
  /** Within how many seconds. */
  readonly seconds: number;
  /** The first of them. */
  readonly first: LogOccurrence;
  /** The last of them. */
  readonly last: LogOccurrence;
}

/** When it was, and who. */
export interface LogOccurrence {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The client id. */
  readonly client?: string | undefined;
  /** Of the client. */
  readonly address?: string | undefined;
}

/** Nothing. */
export function noLog(): void {}

/** Warnings and errors of an embedded server that was given no log. */
export function consoleLog(level: LogLevel, text: string): void {
  console.error(`comqtt: ${level}: ${text}`);
}

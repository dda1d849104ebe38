/** The log of the program: one line per event on standard error. */

import type { Log, LogLevel } from "../core/options.ts";
import { writeErrorOutput } from "../runtime/process.ts";

const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Drops what is below `level`. */
export function standardErrorLog(level: LogLevel): Log {
  const least = order.indexOf(level);
  return (given, text) => {
    if (order.indexOf(given) >= least) writeErrorOutput(logLine(new Date(), given, text));
  };
}

/** Names that clients chose are in the text: a line break in one must not make a line of its own. */
export function logLine(time: Date, level: LogLevel, text: string): string {
  const printable = text.replace(/[\p{Cc}\u2028\u2029]/gu, escaped);
  return `${time.toISOString()} ${level} ${printable}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

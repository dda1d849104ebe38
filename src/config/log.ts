/** How the log is written, as it is asked for and as it is then. (Without the table: a start that says nothing needs none.) */

import type { LogLevel } from "../core/log.ts";
import type { LogLevelsOf } from "../core/log/levels.ts";
import { DEFAULT_LEVEL } from "./log_default.ts";

/** What can be set. */
export interface LogValues {
  readonly level: LogLevel | "off";
  /** Of single components: `storage=debug`. */
  readonly levels: readonly string[];
  readonly format: "text" | "json";
  readonly output: "console" | "file" | "both";
  readonly file: string;
  /** Bytes; 0: the default. */
  readonly maxSize: number;
  /** Seconds; 0: for ever. */
  readonly maxAge: number;
  /** 0: all. */
  readonly maxBackups: number;
  readonly compress: boolean;
  /** `auto`: not where the journal reads it, which has times of its own. */
  readonly times: "auto" | "always" | "never";
}

/** How it is done then. */
export interface LogSetting {
  readonly level: LogLevel | "off";
  readonly levels: LogLevelsOf;
  readonly format: "text" | "json";
  readonly times: "auto" | "always" | "never";
  /** Lines go to standard error. */
  readonly console: boolean;
  /** And, or, into a file. */
  readonly file: {
    readonly path: string;
    readonly maxSize: number;
    /** Milliseconds. */
    readonly maxAge: number;
    readonly maxBackups: number;
    readonly compress: boolean;
  } | null;
}

/** What a file is when nobody says more of it than its name. */
export const LOG_FILE: Pick<LogValues, "maxSize" | "maxAge" | "maxBackups" | "compress"> = {
  maxSize: 100 << 20,
  maxAge: 30 * 86_400,
  maxBackups: 10,
  compress: false,
};

/** A file that is named is written, and the console goes on. */
export function logChoice(values: Partial<LogValues>): LogSetting {
  const { file: path, output = path === undefined ? "console" : "both" } = values;
  const { maxSize, maxAge, maxBackups, compress } = { ...LOG_FILE, ...values };
  const size = maxSize || LOG_FILE.maxSize;
  return {
    level: values.level ?? DEFAULT_LEVEL,
    levels: levelsIn(values.levels ?? []),
    format: values.format ?? "text",
    times: values.times ?? "auto",
    console: output !== "file",
    file: output === "console" || path === undefined
      ? null
      : { path, maxSize: size, maxAge: maxAge * 1000, maxBackups, compress },
  };
}

/** The last one of a component counts. */
function levelsIn(pairs: readonly string[]): LogLevelsOf {
  const levels: Record<string, LogLevel | "off"> = Object.create(null);
  for (const pair of pairs) {
    const at = pair.lastIndexOf("=");
    levels[pair.slice(0, at)] = pair.slice(at + 1) as LogLevel | "off";
  }
  return levels;
}

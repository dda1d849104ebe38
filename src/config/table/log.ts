/** What the program writes of what happens. */

import type { LogLevel } from "../../core/options.ts";
import { DEFAULT_LEVEL } from "../log_default.ts";
import { named, type ValueKind } from "../values.ts";
import { type Section, section, setting } from "./item.ts";

export interface LogValues {
  readonly level: LogLevel;
}

/** comqtt v2 counts them. */
const levels = new Map<string, LogLevel>([
  ["debug", "debug"],
  ["info", "info"],
  ["warn", "warn"],
  ["error", "error"],
  ["-4", "debug"],
  ["0", "info"],
  ["4", "warn"],
  ["8", "error"],
]);

export const logLevelKind: ValueKind<LogLevel> = named(
  levels,
  "one of debug, info, warn, error",
  ["debug", "info", "warn", "error"],
);

export const log: Section<LogValues> = section("What the program writes to standard error.", {
  level: setting(logLevelKind, "The least that is logged.", { default: DEFAULT_LEVEL }),
});

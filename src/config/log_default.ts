import type { LogLevel } from "../core/options.ts";

/** What the program logs when nobody says otherwise. (By itself: a start that says nothing needs no table.) */
export const DEFAULT_LEVEL: LogLevel = "info";

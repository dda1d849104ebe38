/** What the program writes of what happens. */

import { isLogComponent, LOG_COMPONENTS } from "../../core/log/levels.ts";
import type { LogLevel } from "../../core/options.ts";
import { quote } from "../../core/problem.ts";
import { LOG_FILE, type LogValues } from "../log.ts";
import { DEFAULT_LEVEL } from "../log_default.ts";
import { bytes, duration, filePath, integer, listOf, named, type ValueKind, yesOrNo } from "../values.ts";
import { type Fault, type ItemsOf, type Section, section, setting } from "./item.ts";

export type { LogValues } from "../log.ts";

/** comqtt v2 counts them. */
const levels = new Map<string, LogLevel | "off">([
  ["debug", "debug"],
  ["info", "info"],
  ["warn", "warn"],
  ["error", "error"],
  ["off", "off"],
  ["-4", "debug"],
  ["0", "info"],
  ["4", "warn"],
  ["8", "error"],
]);

export const logLevelKind: ValueKind<LogLevel | "off"> = named(
  levels,
  "one of debug, info, warn, error, off",
  ["debug", "info", "warn", "error", "off"],
);

/** `storage=debug`, as it is written. */
const componentLevel: ValueKind<string> = {
  parse: (text) => {
    const at = text.lastIndexOf("=");
    const name = text.slice(0, Math.max(0, at)).trim();
    const level = logLevelKind.parse(text.slice(at + 1).trim());
    return level === undefined || !isLogComponent(name) ? undefined : `${name}=${level}`;
  },
  accepted: `levels such as storage=debug,auth=warn of ${LOG_COMPONENTS.join(", ")} or hook:ID`,
  shape: { is: "level of a component" },
};

const componentLevels: ValueKind<readonly string[]> = {
  ...listOf(componentLevel),
  accepted: componentLevel.accepted,
  pairs: true,
};

const MIB = 1 << 20;
const DAY = 86_400;

/** Smaller numbers than any size or age count in comqtt's units. */
function small(kind: ValueKind<number>, below: number, unit: number): ValueKind<number> {
  return {
    ...kind,
    parse: (text) => /^\d+$/.test(text) && Number(text) < below ? Number(text) * unit : kind.parse(text),
  };
}

const fileSize: ValueKind<number> = {
  ...small(bytes([4096, 2 ** 40]), 4096, MIB),
  accepted: "a size from 4KiB to 1TiB, or a number of megabytes, such as 100MiB or 100; 0 is the default",
  shape: { is: "size", range: [4096, 2 ** 40], none: true, small: "megabytes" },
};

const fileAge: ValueKind<number> = {
  ...small(duration("s", [3600, 3599 * DAY]), 3600, DAY),
  accepted: "a duration from 1h to 3599d, or a number of days, such as 12h or 30; 0 is for ever",
  shape: { is: "duration", unit: "s", range: [3600, 3599 * DAY], small: "days" },
};

const items: ItemsOf<LogValues> = {
  level: setting(logLevelKind, "The least that is logged; off is nothing.", {
    default: DEFAULT_LEVEL,
    reloadable: true,
  }),
  levels: setting(
    componentLevels,
    "Other levels for single components, a mapping of them or a list such as `storage=debug,hook:ledger=warn`; docs/events.md " +
      "has all components.",
    { reloadable: true },
  ),
  format: setting(
    named(new Map([["text", "text"], ["json", "json"], ["0", "text"], ["1", "json"]]), "text or json", [
      "text",
      "json",
    ]),
    "Lines for people, or one JSON object a line for machines.",
    { default: "text" },
  ),
  output: setting(
    named(
      new Map([
        ...["console", "file", "both"].map((one) => [one, one] as const),
        ...[["0", "console"], ["1", "file"], ["2", "both"]] as const,
      ]) as ReadonlyMap<string, LogValues["output"]>,
      "console, file or both",
      ["console", "file", "both"],
    ),
    "Where lines go: standard error, `file`, or both.",
    { otherwise: "`both` where there is a `file`, else `console`" },
  ),
  file: setting(filePath, "The file; its directory is made when it is not there."),
  maxSize: setting(fileSize, "When the file is put aside and a new one begins.", {
    default: LOG_FILE.maxSize,
    aliases: ["maxsize"],
  }),
  maxAge: setting(fileAge, "How long files that were put aside are kept; 0: for ever.", {
    default: LOG_FILE.maxAge,
    aliases: ["maxage"],
  }),
  maxBackups: setting(integer([0, 100_000]), "How many of them are kept; 0: all.", {
    default: LOG_FILE.maxBackups,
    aliases: ["maxbackups"],
  }),
  compress: setting(yesOrNo, "Whether they are compressed with gzip.", { default: LOG_FILE.compress }),
  times: setting(
    named(new Map([["auto", "auto"], ["always", "always"], ["never", "never"]]), "auto, always or never"),
    "Whether lines have a time; auto: yes, but lines of text have none where systemd's journal reads them.",
    { default: "auto" },
  ),
};

function check({ output, file }: Partial<LogValues>, path: string): Fault[] {
  if (output === undefined || output === "console" || file !== undefined) return [];
  const message = `Cannot use ${
    quote(output)
  } for "${path}.output" without "${path}.file", which names the file`;
  return [{ key: "output", message }];
}

export const log: Section<LogValues> = section("What the program writes of what happens, and where.", items, {
  check,
});

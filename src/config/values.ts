/** How single values are written, wherever they stand: a file, the environment, the command line. */

export interface ValueKind<T> {
  /** Undefined when the text is no such value. */
  parse(text: string): T | undefined;
  /** What is accepted, for messages; follows "expected". */
  readonly accepted: string;
  /** It is never shown. */
  readonly secret?: boolean;
}

type Range = readonly [low: number, high: number];

function within(value: number, [low, high]: Range): number | undefined {
  return Number.isSafeInteger(value) && value >= low && value <= high ? value : undefined;
}

export function integer(range: Range): ValueKind<number> {
  return {
    parse: (text) => /^\d+$/.test(text) ? within(Number(text), range) : undefined,
    accepted: `a whole number from ${range[0]} to ${range[1]}`,
  };
}

const byteUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1000,
  kib: 1024,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** `65536`, `64KiB`, `1.5 MiB`, `1MB`. */
export function bytes(range: Range): ValueKind<number> {
  return {
    parse: (text) => measured(text, byteUnits, 1, range),
    accepted: `a size from ${formatBytes(range[0])} to ${formatBytes(range[1])}, such as 64KiB or 1MiB`,
  };
}

export function formatBytes(size: number): string {
  for (const [unit, factor] of [["TiB", 1024 ** 4], ["GiB", 1024 ** 3], ["MiB", 1024 ** 2]] as const) {
    if (size >= factor && size % factor === 0) return `${size / factor}${unit}`;
  }
  return `${size} bytes`;
}

const secondsOf: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** `10s`, `500ms`, `5m`; a bare number counts in `unit`. */
export function duration(unit: "ms" | "s", range: Range): ValueKind<number> {
  return {
    parse: (text) => measured(text, { "": secondsOf[unit]!, ...secondsOf }, secondsOf[unit]!, range),
    accepted: `a duration from ${range[0]}${unit} to ${range[1]}${unit}, such as ` +
      (unit === "ms" ? "500ms or 10s" : "10s or 5m"),
  };
}

function measured(
  text: string,
  units: Readonly<Record<string, number>>,
  base: number,
  range: Range,
): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const name = unit.toLowerCase();
  if (!Object.hasOwn(units, name)) return undefined;
  const exact = Number(number) * units[name]! / base;
  const rounded = Math.round(exact);
  // (Not exact: 0.001 has no exact form.)
  return Math.abs(exact - rounded) > 1e-6 * Math.max(1, rounded) ? undefined : within(rounded, range);
}

export function oneOf<const T extends string>(choices: readonly T[]): ValueKind<T> {
  return {
    parse: (text) => choices.find((choice) => choice === text),
    accepted: choices.length === 2 ? choices.join(" or ") : `one of ${choices.join(", ")}`,
  };
}

/** Several spellings of the same value. */
export function named<T>(names: ReadonlyMap<string, T>, accepted: string): ValueKind<T> {
  return { parse: (text) => names.get(text), accepted };
}

const answers = new Map<string, boolean>([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["off", false],
  ["0", false],
]);

export const yesOrNo: ValueKind<boolean> = named(answers, "true or false");

export const anyText: ValueKind<string> = { parse: (text) => text, accepted: "a text" };

export const secretText: ValueKind<string> = { ...anyText, secret: true };

export const someText: ValueKind<string> = {
  parse: (text) => text === "" ? undefined : text,
  accepted: "a text that is not empty",
};

/** (A URL would become directories of its name, with the password in it.) */
export const filePath: ValueKind<string> = {
  parse: (text) => text === "" || /^[a-z]+:\/\//i.test(text) ? undefined : text,
  accepted: "a path, not a URL",
};

/** Permission bits as `chmod` takes them. */
export const fileMode: ValueKind<number> = {
  parse: (text) => /^(0o?)?[0-7]{3}$/.test(text) ? parseInt(text.slice(-3), 8) : undefined,
  accepted: "permissions in octal, such as 0660",
};

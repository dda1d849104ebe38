/** How single values are written, wherever they stand: a file, the environment, the command line. */

export interface ValueKind<T> {
  /** Undefined when the text is no such value. */
  parse(text: string): T | undefined;
  /** What is accepted, for messages; follows "expected". */
  readonly accepted: string;
  /** What documentation, the schema for editors and `config show` make of it. */
  readonly shape: Shape;
  /** It is never shown. */
  readonly secret?: boolean;
  /** What is wrong with a text, where that can be said more exactly than with `accepted`. */
  fault?(text: string): string;
  /** In a file it may also be a list of these. */
  readonly item?: ValueKind<unknown>;
  /** In a file it may also be a mapping: each key and its value are an item, `key=value`. */
  readonly pairs?: true;
  /** It may begin with `~/`. */
  readonly path?: true;
}

export type Range = readonly [low: number, high: number];

/** What a value looks like, whatever its name. */
export type Shape =
  | { readonly is: "integer"; readonly range: Range }
  | {
    readonly is: "size";
    readonly range: Range;
    readonly none?: true;
    readonly share?: true;
    readonly small?: string;
  }
  /** `small`: what a bare number below the range counts, which may be 0. */
  | { readonly is: "duration"; readonly unit: "ms" | "s"; readonly range: Range; readonly small?: string }
  | { readonly is: "yes or no" }
  | { readonly is: "one of"; readonly choices: readonly string[] }
  | { readonly is: "text"; readonly mayBeEmpty: boolean }
  | { readonly is: "path" }
  | { readonly is: "permissions" }
  | { readonly is: "address" }
  | { readonly is: "network" }
  | { readonly is: "origins" }
  | { readonly is: "level of a component" }
  | { readonly is: "list"; readonly of: Shape };

function within(value: number, [low, high]: Range): number | undefined {
  return Number.isSafeInteger(value) && value >= low && value <= high ? value : undefined;
}

export function integer(range: Range): ValueKind<number> {
  return {
    parse: (text) => /^\d+$/.test(text) ? within(Number(text), range) : undefined,
    accepted: `a whole number from ${range[0]} to ${range[1]}`,
    shape: { is: "integer", range },
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
    shape: { is: "size", range },
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
    shape: { is: "duration", unit, range },
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
    shape: { is: "one of", choices },
  };
}

/** Several spellings of the same value. The choices are those that are shown. */
export function named<T>(
  names: ReadonlyMap<string, T>,
  accepted: string,
  choices: readonly string[] = [...names.keys()],
): ValueKind<T> {
  return { parse: (text) => names.get(text), accepted, shape: { is: "one of", choices } };
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

export const yesOrNo: ValueKind<boolean> = {
  parse: (text) => answers.get(text),
  accepted: "true or false",
  shape: { is: "yes or no" },
};

export const anyText: ValueKind<string> = {
  parse: (text) => text,
  accepted: "a text",
  shape: { is: "text", mayBeEmpty: true },
};

export const secretText: ValueKind<string> = { ...anyText, secret: true };

export const someText: ValueKind<string> = {
  parse: (text) => text === "" ? undefined : text,
  accepted: "a text that is not empty",
  shape: { is: "text", mayBeEmpty: false },
};

/** Of a file or a directory. (A URL would become directories of its name, with the password in it.) */
export const filePath: ValueKind<string> = {
  parse: (text) => text === "" || /^[a-z]+:\/\//i.test(text) ? undefined : text,
  accepted: "a path, not a URL",
  shape: { is: "path" },
  path: true,
};

/** The path of anything that is no place for data. */
export const anyPath: ValueKind<string> = { ...someText, shape: { is: "path" }, path: true };

/** Permission bits as `chmod` takes them. */
export const fileMode: ValueKind<number> = {
  parse: (text) => /^(0o?)?[0-7]{3}$/.test(text) ? parseInt(text.slice(-3), 8) : undefined,
  accepted: "permissions in octal, such as 0660",
  shape: { is: "permissions" },
};

/** Several of a kind: with commas between them, in a file also a list. */
export function listOf<T>(item: ValueKind<T>): ValueKind<readonly T[]> {
  return {
    parse(text) {
      const values = text.split(",").map((part) => item.parse(part.trim()));
      return values.every((value) => value !== undefined) ? values : undefined;
    },
    accepted: `${item.accepted}, or several of them with commas between`,
    shape: { is: "list", of: item.shape },
    item,
  };
}

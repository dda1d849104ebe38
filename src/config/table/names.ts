/** What settings are called outside of files: variables of the environment and options of the command line. */

import { type Item, type Items, itemsOf, type Setting, type TaggedList } from "./item.ts";
import { table } from "./table.ts";

export interface Named {
  /** `limits.packetSize` */
  readonly path: string;
  /** `COMQTT_LIMITS_PACKET_SIZE` */
  readonly variable: string;
  /** `limits-packet-size`, without dashes before it. */
  readonly option: string;
  readonly item: Setting<unknown> | TaggedList;
  /** It is the path of a file with the value in it. */
  readonly inFile: boolean;
  /** The section at the top that it belongs to; null when it belongs to none. */
  readonly section: string | null;
}

/** `COMQTT_LIMITS_PACKET_SIZE` and the like. */
export function variableName(...path: readonly string[]): string {
  return ["COMQTT", ...path.map((part) => part.replace(/([a-z])([A-Z])/g, "$1_$2"))].join("_").toUpperCase();
}

/** `packet-size` */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

let all: readonly Named[] | null = null;
let byVariable: ReadonlyMap<string, Named> | null = null;
let byOption: ReadonlyMap<string, Named> | null = null;

/** All of them, those with secrets twice. (Made when it is needed: a start without options needs none.) */
export function namedSettings(): readonly Named[] {
  return all ??= withFiles(namedIn(table.items as Items, []));
}

export function namedByVariable(): ReadonlyMap<string, Named> {
  return byVariable ??= new Map(namedSettings().map((one) => [one.variable, one]));
}

/**
 * The setting that an option means, `limits-packet-size`, `limits.packet-size` or `limits.packetSize`; undefined when it is
 * none.
 */
export function namedByOption(option: string): Named | undefined {
  byOption ??= new Map(namedSettings().map((one) => [one.option, one]));
  return byOption.get(option) ?? byOption.get(kebabCase(option).replace(/[._]/g, "-"));
}

function namedIn(items: Items, above: readonly string[]): Named[] {
  return Object.entries(items).flatMap(([name, item]: [string, Item]) => {
    const path = [...above, name];
    if (item.is === "section") return namedIn(itemsOf(item), path);
    return [{
      path: path.join("."),
      variable: variableName(...path),
      option: path.map(kebabCase).join("-"),
      item,
      inFile: false,
      section: above[0] ?? null,
    }];
  });
}

/** Where a secret may stand in a file, as containers are given theirs. A setting of that name goes first. */
function withFiles(settings: readonly Named[]): Named[] {
  const taken = new Set(settings.map(({ option }) => option));
  return settings.flatMap((one) => {
    const { item, option, variable } = one;
    const secret = item.is === "setting" && item.kind.secret === true && !taken.has(`${option}-file`);
    return secret
      ? [one, { ...one, option: `${option}-file`, variable: `${variable}_FILE`, inFile: true }]
      : [one];
  });
}

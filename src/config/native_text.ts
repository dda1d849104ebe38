/** A configuration as the file that says the same. */

import type { Configuration, ListenerSetting } from "./configuration.ts";
import { taggedOf } from "./listener_list.ts";
import { comment, scalar, section } from "./mosquitto/yaml_text.ts";
import { formatProblem, type Problem } from "../core/problem.ts";
import { itemsOf, type Tagged, type TaggedList } from "./table/item.ts";
import { table } from "./table/table.ts";

/** `from`: the file it was read from; `remarks`: what is to be known of that, at the top. */
export function nativeText(
  { listeners, values }: Configuration,
  from: string,
  remarks: readonly Problem[],
): string {
  const blocks = [
    listeners.length === 0 ? ["listeners: []"] : ["listeners:", ...listeners.flatMap(listenerLines)],
    ...Object.entries(itemsOf(table)).map(([name, item]) => {
      const value = (values as Readonly<Record<string, unknown>>)[name];
      return item.is === "list" && value !== undefined
        ? listBlock(name, item, value as readonly Tagged[])
        : block(name, value);
    }),
  ];
  return [
    ...comment(`Made from ${JSON.stringify(from)} by "comqtt config migrate"`),
    ...(remarks.length === 0
      ? []
      : ["#", "# Remarks:", ...remarks.flatMap((one) => comment(formatProblem(one), "- "))]),
    ...blocks.filter((block) => block.length > 0).flatMap((block) => ["", ...block]),
    "",
  ].join("\n");
}

/** What is set of it. */
function block(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  const isSection = typeof value === "object" && !Array.isArray(value);
  return isSection ? section(name, texts(value as Record<string, unknown>)) : [`${name}: ${textOf(value)}`];
}

/** One that stands at the top, besides listeners. */
function listBlock(name: string, { words = {} }: TaggedList, list: readonly Tagged[]): string[] {
  const [first] = list;
  if (first === undefined) return [`${name}: []`];
  if (Object.hasOwn(words, first.type)) return [`${name}: ${first.type}`];
  return [`${name}:`, ...list.map(({ values }) => `  - ${textOf(values)}`)];
}

/** Those that say something. */
function texts(values: Readonly<Record<string, unknown>>): Map<string, string> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Map(entries.map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${[...texts(value as Record<string, unknown>)].map((pair) => pair.join(": ")).join(", ")} }`;
  }
  return scalar(value as string | number | boolean);
}

/** Mappings as they stand in a file. */
function certificates({ certificates: all }: { readonly certificates?: readonly Tagged[] }): unknown {
  return all?.map(({ values }) => values);
}

function listenerLines(listener: ListenerSetting): string[] {
  const { type, values } = taggedOf(listener);
  const { tls, mode, ...rest } = values as { readonly tls?: object; readonly mode?: number };
  const octal = mode === undefined ? undefined : mode.toString(8).padStart(4, "0");
  const lines = [...texts({ type, ...rest, mode: octal })].map(([key, value]) => `${key}: ${value}`);
  if (tls !== undefined) lines.push(...section("tls", texts({ ...tls, certificates: certificates(tls) })));
  return lines.map((line, i) => `${i === 0 ? "  - " : "    "}${line}`);
}

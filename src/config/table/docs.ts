/** docs/configuration.md, from the table. */

import type { Shape } from "../values.ts";
import { type Items, itemsOf, type Section, type Setting, type TaggedList } from "./item.ts";
import { kebabCase, variableName } from "./names.ts";
import { table } from "./table.ts";
import { durationText, sizeText, written } from "./written.ts";

const FIRST_VERSION = "0.1.0";

const MARK = "<!-- The rest is made from src/config/table/ by `deno task docs:configuration`. -->";

/** The whole page, with the tables of today. `page`: as it is; what stands above the mark in it stays. */
export function documentation(page: string): string {
  const items = table.items as unknown as Items;
  const alone = Object.entries(items).filter(([, item]) => item.is === "setting");
  const sections = Object.entries(items).flatMap(([name, item]) =>
    item.is === "section" ? sectionText(name, item) : item.is === "list" ? listText(name, item) : []
  );
  const top = [
    "## Single settings",
    "",
    ...settingTable(Object.fromEntries(alone), []),
  ];
  const introduction = page.split(MARK, 1)[0]!.trimEnd();
  return `${[introduction, "", MARK, "", ...sections, ...top].join("\n").trimEnd()}\n`;
}

function sectionText(name: string, section: Section<object>): string[] {
  return [
    "",
    `## ${name}`,
    "",
    section.text,
    ...shortText(section, name),
    "",
    ...settingTable(itemsOf(section), [name]),
    "",
  ]
    .slice(1);
}

function shortText({ short }: Section<object>, name: string): string[] {
  return short === undefined ? [] : [`\`${name}: VALUE\` sets its \`${short}\` alone.`];
}

function listText(name: string, list: TaggedList): string[] {
  const option = `The whole list as JSON: \`${variableName(name)}\`, \`--${kebabCase(name)}\`.`;
  const lines = [`## ${name}`, "", list.text, option, "", ...aboutList(list)];
  const types = Object.entries(list.types);
  for (const [type, { text, items, needs }] of types) {
    const heading = list.byKey !== true
      ? [`### ${list.tag}: ${type}`, ""]
      : types.length > 1
      ? [`### ${name}: ${type}`, ""]
      : [];
    lines.push("", ...heading, text, "", ...itemTable(items, needs));
  }
  const inner = new Map(
    Object.values(list.types).flatMap(({ items }) => Object.entries(items)).filter(([, item]) =>
      item.is === "section"
    ),
  );
  for (const [key, item] of inner) {
    if (item.is === "section") {
      const table = itemTable(itemsOf(item), item.needs ?? []);
      lines.push("", `### ${key} of a ${list.one}`, "", item.text, "", ...table, ...innerLists(item, key));
    }
  }
  return [...lines, ""];
}

/** What all of its mappings have, and what may stand in its place. */
function aboutList(
  { one, tag, byKey, single, words, common, types, otherwise, reloadable }: TaggedList,
): string[] {
  if (byKey !== true) {
    return [`Each ${one} has a \`${tag}\`; these keys go with any:`, "", ...itemTable(common, [])];
  }
  const names = Object.keys(types).map((type) => `\`${type}\``);
  const texts = [
    names.length === 1
      ? `Each ${one} has these keys.`
      : `Each item has one of the keys ${names.join(", ")}, which says what it is.`,
    ...(single === true ? ["One that is alone needs no list around it."] : []),
    ...Object.entries(words ?? {}).map(([word, text]) =>
      `\`${word}\` in place of the list: ${lowered(text)}`
    ),
    ...(otherwise === undefined ? [] : [`Default: ${otherwise}.`]),
    ...(reloadable === true ? ["A change needs a reload."] : []),
  ];
  return [texts.join(" ")];
}

function lowered(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

/** Mappings in a section of a list. */
function innerLists(section: Section<object>, above: string): string[] {
  return Object.entries(itemsOf(section)).flatMap(([key, item]) => {
    if (item.is !== "list") return [];
    const { text, common, types } = item;
    const [only] = Object.values(types);
    const rows = itemTable({ ...common, ...only?.items }, only?.needs ?? []);
    return ["", `#### ${key} of ${above}`, "", text, "", ...rows];
  });
}

/** With their names outside of files. */
function settingTable(items: Items, above: readonly string[]): string[] {
  const rows = Object.entries(items).flatMap(([name, item]) => {
    if (item.is !== "setting") return [];
    const path = [...above, name];
    return [[
      `\`${name}\``,
      typeText(item.kind.shape, item.kind.secret),
      defaultText(item),
      item.reloadable === true ? "reload" : "restart",
      item.since ?? FIRST_VERSION,
      item.text,
      `\`${variableName(...path)}\``,
    ]];
  });
  const heads = ["setting", "type", "default", "a change needs", "since", "what it says", "variable"];
  return markdownTable(heads, rows);
}

function itemTable(items: Items, needs: readonly string[]): string[] {
  const rows = Object.entries(items).map(([name, item]) => {
    if (item.is !== "setting") {
      return [`\`${name}\``, "see below", "", item.since ?? FIRST_VERSION, item.text];
    }
    const without = needs.includes(name) ? "needed" : defaultText(item);
    return [
      `\`${name}\``,
      typeText(item.kind.shape, item.kind.secret),
      without,
      item.since ?? FIRST_VERSION,
      item.text,
    ];
  });
  return markdownTable(["key", "type", "default", "since", "what it says"], rows);
}

function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)];
}

function defaultText({ kind, default: value, otherwise }: Setting<unknown>): string {
  if (value === undefined) return otherwise ?? "–";
  return value === "" ? "empty" : `\`${written(kind, value)}\``;
}

/** The type, its unit and range in words. */
export function typeText(shape: Shape, secret = false): string {
  const text = plainType(shape);
  return secret ? `${text}, secret` : text;
}

function plainType(shape: Shape): string {
  switch (shape.is) {
    case "integer":
      return `whole number, ${shape.range[0]} to ${shape.range[1]}`;
    case "size":
      return `size, ${sizeText(shape.range[0])} to ${sizeText(shape.range[1])}${shape.none ? ", or 0" : ""}${
        shape.share ? ", or a share in %" : ""
      }${shape.small === undefined ? "" : `; a bare number below counts ${shape.small}`}`;
    case "duration":
      return `duration, ${durationText(shape.range[0], shape.unit)} to ${
        durationText(shape.range[1], shape.unit)
      }` +
        `; a bare number counts ${shape.unit === "ms" ? "milliseconds" : "seconds"}` +
        (shape.small === undefined ? "" : `, one below ${shape.small}`);
    case "one of":
      return shape.choices.map((choice) => `\`${choice}\``).join(", ");
    case "list":
      return `list of: ${plainType(shape.of)}`;
    default:
      return shape.is;
  }
}

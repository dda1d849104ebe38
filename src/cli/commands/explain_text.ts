/** An explanation for people: what came of it, each step with its time, the rules around the one that decides, the bytes. */

import type { ExplainedRule } from "../../hook/explained.ts";
import type { ExplainedPacket, ExplainStep, Explanation } from "../../broker/explain/types.ts";
import { printable } from "../../core/quoted.ts";

/** Columns of a line before it is broken. */
const WIDTH = 110;
const MOST = 2000;

const TITLES: Readonly<Record<ExplainStep["step"], string>> = {
  client: "Client",
  listener: "Listener",
  limits: "Limits",
  bans: "Bans",
  topic: "Topic",
  hook: "Hook",
  subscriptions: "Subscriptions",
  receivers: "Receivers",
  storage: "Storage",
};
const WIRE = "On the wire";
const MARGIN = Math.max(WIRE.length, ...Object.values(TITLES).map(({ length }) => length)) + 4;

/** Ends with a line break. What clients chose does nothing to a terminal. */
export function explanationText(explanation: Explanation): string {
  const { microseconds, reason, steps, text } = explanation;
  const width = Math.max(...steps.map((step) => wrapped(stepText(step), MARGIN)[0]!.length));
  const said = reason === null ? "" : ` (0x${hex(reason.code)} ${reason.text})`;
  return [
    ...wrapped(`${text}${said}`, 0),
    `Asked with the rules of now, ${time(microseconds)}; nothing was changed by it.`,
    "",
    ...steps.flatMap((step) => stepLines(step, width)),
    ...wireLines(explanation),
    "",
  ].join("\n");
}

function stepText({ hook, method, text }: ExplainStep): string {
  return hook === undefined ? text : `${hook}${method === undefined ? "" : ` ${method}`}: ${text}`;
}

/** `width`: columns of the widest text that has a time behind it. */
function stepLines(step: ExplainStep, width: number): string[] {
  const mark = step.answer === "deny" ? "✗" : step.answer === "allow" ? "✓" : " ";
  const head = `${mark} ${TITLES[step.step]}`.padEnd(MARGIN);
  const [first = "", ...rest] = wrapped(stepText(step), MARGIN);
  return [
    `${head}${first.padEnd(width)}  +${time(step.at)}`,
    ...rest.map(indented),
    ...rulesOf(step).map(indented),
  ];
}

/** Those around the one that decides, which is marked. */
function rulesOf({ neighbours = [], rule }: ExplainStep): string[] {
  if (neighbours.length < 2) return [];
  const width = Math.max(...neighbours.map(({ where }) => where.length));
  return neighbours.map((one) =>
    printable(`${same(one, rule) ? ">" : " "} ${one.where.padEnd(width)}  ${one.text}`, MOST)
  );
}

function same(one: ExplainedRule, other: ExplainedRule | undefined): boolean {
  return one.where === other?.where && one.text === other.text;
}

function wireLines({ client, wire, wireText }: Explanation): string[] {
  const head = `  ${WIRE}`.padEnd(MARGIN);
  if (wire === null) return [`${head}${wireText}`];
  const to = client.state === "connected" ? ` to ${client.address}` : "";
  const more = wireText === "" ? "" : `; ${wireText}`;
  const many = `${wire.length} ${wire.length === 1 ? "byte" : "bytes"}`;
  return [printable(`${head}${wire.name}, ${many}${to}${more}`, MOST), ...byteLines(wire).map(indented)];
}

/** The bytes of a field at the left, a long one in several lines, and what they are. */
function byteLines({ fields }: ExplainedPacket): string[] {
  const perLine = 12;
  const width = Math.min(perLine * 3 - 1, Math.max(...fields.map(({ bytes }) => bytes.length)));
  return fields.flatMap(({ bytes, name, value }) => {
    const all = bytes.split(" ");
    const lines: string[] = [];
    for (let i = 0; i < all.length; i += perLine) lines.push(all.slice(i, i + perLine).join(" "));
    const [first = "", ...rest] = lines;
    return [printable(`${first.padEnd(width)}  ${name}${value === "" ? "" : ` ${value}`}`, MOST), ...rest];
  });
}

function indented(line: string): string {
  return `${" ".repeat(MARGIN)}${line}`;
}

/** Broken at blanks; `margin`: columns before it. */
function wrapped(text: string, margin: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of printable(text, MOST).split(" ")) {
    if (line !== "" && line.length + word.length >= WIDTH - margin) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function time(microseconds: number): string {
  return microseconds < 10_000 ? `${microseconds} µs` : `${Math.round(microseconds / 1000)} ms`;
}

function hex(code: number): string {
  return code.toString(16).padStart(2, "0");
}

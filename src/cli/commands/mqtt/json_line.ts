/** A message as JSON, with the members of mosquitto_sub's `%j` and `%J` in their order. */

import type { PublishPacket } from "../../../packets/types.ts";
import type { Properties } from "../../../packets/properties.ts";
import { jsonTime, type Moment } from "./strftime.ts";

/** An object whose names may be there more than once: of user properties all are shown. */
export class Members {
  readonly entries: readonly (readonly [name: string, value: JsonValue])[];
  constructor(entries: readonly (readonly [name: string, value: JsonValue])[]) {
    this.entries = entries;
  }
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | Members | Raw;

/** JSON as it was sent, without the blanks in it: no number loses digits. */
export class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

/** Null: the payload is to be JSON and is none. */
export function jsonLine(
  message: PublishPacket,
  moment: Moment,
  { asIs, pretty }: { readonly asIs: boolean; readonly pretty: boolean },
): string | null {
  const payload = asIs ? parsed(message.payload, pretty) : quotedPayload(message.payload);
  if (payload === undefined) return null;
  const members: [string, JsonValue][] = [
    ["tst", jsonTime(moment)],
    ["topic", message.topic],
    ["qos", message.qos],
    ["retain", message.retain ? 1 : 0],
    ["payloadlen", message.payload.length],
  ];
  if (message.qos > 0) members.push(["mid", message.packetId]);
  if (Object.keys(message.properties).length > 0) {
    members.push(["properties", shownProperties(message.properties)]);
  }
  members.push(["payload", payload]);
  return print(new Members(members), pretty ? 0 : null);
}

/** Bytes that are no text are numbers. */
function quotedPayload(payload: Uint8Array): JsonValue {
  return textOf(payload) ?? [...payload];
}

/** Undefined: it is no JSON. */
function parsed(payload: Uint8Array, pretty: boolean): JsonValue | undefined {
  const text = textOf(payload);
  if (text === null) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return pretty ? asJson(value) : new Raw(minified(text));
  } catch {
    return undefined;
  }
}

function asJson(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value as JsonValue;
  return new Members(Object.entries(value).map(([name, one]) => [name, asJson(one)] as const));
}

/** Of valid JSON: without the blanks outside of strings. */
function minified(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|[ \t\r\n]+/g, (part) => part.startsWith('"') ? part : "");
}

/** In the order in which they came. */
function shownProperties(properties: Properties): JsonValue {
  const members: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(properties) as [keyof Properties, unknown][]) {
    if (name === "userProperties") {
      members.push(["user-properties", new Members(value as [string, string][])]);
    } else if (name === "subscriptionIdentifiers") {
      for (const one of value as number[]) members.push(["subscription-identifier", one]);
    } else {
      const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      members.push([dashed, value instanceof Uint8Array ? quotedPayload(value) : value as number | string]);
    }
  }
  return new Members(members);
}

/** `depth`: null is one line. Indented as cJSON does it. */
function print(value: JsonValue, depth: number | null): string {
  if (value instanceof Raw) return value.text;
  if (value instanceof Members) return printMembers(value, depth);
  if (Array.isArray(value)) {
    return `[${
      value.map((one: JsonValue) => print(one, depth === null ? null : depth + 1)).join(
        depth === null ? "," : ", ",
      )
    }]`;
  }
  return JSON.stringify(value);
}

function printMembers({ entries }: Members, depth: number | null): string {
  if (depth === null) {
    return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${print(value, null)}`).join(",")}}`;
  }
  const tabs = "\t".repeat(depth);
  const lines = entries.map(([name, value]) =>
    `${tabs}\t${JSON.stringify(name)}:\t${print(value, depth + 1)}`
  );
  return `{\n${lines.join(",\n")}${lines.length > 0 ? "\n" : ""}${tabs}}`;
}

/** How a message is printed: mosquitto_sub's ways, `-F FORMAT` among them, byte for byte. */

import type { PublishPacket } from "../../../packets/types.ts";
import { quote } from "../../../core/problem.ts";
import { UsageError } from "../../usage_error.ts";
import { jsonLine } from "./json_line.ts";
import { conversion, isoTime, type Moment, momentNow } from "./strftime.ts";

/** The bytes to print; complaints go to `complain`. */
export type Printer = (message: PublishPacket) => Uint8Array;

export interface PrintChoice {
  /** Null: the payload, or with `verbose` the topic and the payload. */
  readonly format: string | null;
  readonly verbose: boolean;
  /** A line end behind each. */
  readonly eol: boolean;
  readonly pretty: boolean;
  readonly complain: (text: string) => void;
  /** What it is; default the time of the machine. */
  readonly moment?: () => Moment;
}

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);
const LINE_END = "\n";

export function printerOf(choice: PrintChoice): Printer {
  const { format, verbose, eol } = choice;
  if (format !== null) {
    const pieces = compiled(format);
    const end = eol ? LINE_END : "";
    return (message) => {
      const context = { choice, moment: (choice.moment ?? momentNow)() };
      return joined([...pieces.map((piece) => piece(message, context)), end]);
    };
  }
  const end = eol ? LINE_END : "";
  return ({ topic, payload }) => {
    if (payload.length > 0) return joined(verbose ? [`${topic} `, payload, end] : [payload, end]);
    return verbose && eol ? encoder.encode(`${topic} (null)\n`) : NOTHING;
  };
}

function joined(parts: readonly (string | Uint8Array)[]): Uint8Array {
  const bytes = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const all = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

interface Context {
  readonly choice: PrintChoice;
  readonly moment: Moment;
}

type Piece = (message: PublishPacket, context: Context) => string | Uint8Array;

interface Field {
  readonly left: boolean;
  readonly zero: boolean;
  /** 0: none. */
  readonly width: number;
  /** -1: none. */
  readonly most: number;
}

const SEQUENCE = /%(-?)(0?)(\d*)(?:\.(\d*))?(.)|@(.)|\\(.)|[^%@\\]+/gsu;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "0": "\0",
  a: "\x07",
  e: "\x1b",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Throws a `UsageError` for what is not known. */
function compiled(format: string): Piece[] {
  const pieces: Piece[] = [];
  for (const found of format.matchAll(SEQUENCE)) {
    const [all, left, zero, width, most, percent, at, escape] = found;
    if (percent !== undefined) {
      const field = {
        left: left === "-",
        zero: zero === "0",
        width: Math.min(Number(width), 10_000),
        most: most === undefined ? -1 : Math.min(Number(most), 10_000),
      };
      if (!Object.hasOwn(parameters, percent)) {
        throw new UsageError(`There is no ${quote(`%${percent}`)} for -F`);
      }
      pieces.push(parameters[percent]!(field));
    } else if (at !== undefined) pieces.push(timePiece(at));
    else if (escape !== undefined) {
      const character = ESCAPES[escape];
      if (character === undefined) throw new UsageError(`There is no ${quote(`\\${escape}`)} for -F`);
      pieces.push(() => character);
    } else pieces.push(() => all);
  }
  return pieces;
}

function timePiece(letter: string): Piece {
  if (letter === "@") return () => "@";
  if (letter === "N") return (_message, { moment }) => String(moment.nanoseconds).padStart(9, "0");
  return (_message, { moment }) => conversion(letter, moment.date);
}

/** Widths count bytes. */
function text(value: string, { left, width, most }: Field): Uint8Array {
  const bytes = encoder.encode(value);
  const cut = most >= 0 ? bytes.subarray(0, most) : bytes;
  const pad = " ".repeat(Math.max(0, width - cut.length));
  return joined(left ? [cut, pad] : [pad, cut]);
}

function number(value: number, { left, zero, width }: Field): string {
  const shown = String(value);
  return left ? shown.padEnd(width) : shown.padStart(width, zero ? "0" : " ");
}

const blank = ({ zero, width }: Field, withZero = true): string =>
  (zero && withZero ? "0" : " ").repeat(width);

/** A width cuts the payload, too; of hexadecimal digits so many that half of the bytes are shown. */
function payloadPiece(hex: 0 | 1 | 2, { left, zero, width }: Field): Piece {
  return ({ payload }) => {
    let bytes = payload;
    let pad = 0;
    if (width > 0) {
      bytes = payload.subarray(0, Math.min(payload.length, width));
      if (hex > 0) bytes = bytes.subarray(0, Math.floor(bytes.length / 2));
      pad = width - bytes.length * (hex > 0 ? 2 : 1);
    }
    const shown = hex === 0 ? bytes : hexOf(bytes, hex === 2);
    return joined(left ? [shown, " ".repeat(pad)] : [(zero ? "0" : " ").repeat(pad), shown]);
  };
}

function hexOf(bytes: Uint8Array, upper: boolean): string {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return upper ? digits.toUpperCase() : digits;
}

type Numeric = "topicAlias" | "messageExpiryInterval" | "payloadFormatIndicator";

const numeric = (name: Numeric) => (field: Field): Piece => ({ properties }) => {
  const value = properties[name];
  return value === undefined ? blank(field) : number(value, field);
};

const json = (asIs: boolean): Piece => (message, { choice, moment }) => {
  const line = jsonLine(message, moment, { asIs, pretty: choice.pretty });
  if (line === null) choice.complain(`The payload is no JSON, topic ${JSON.stringify(message.topic)}`);
  return line ?? "";
};

const parameters: Readonly<Record<string, (field: Field) => Piece>> = {
  "%": () => () => "%",
  A: numeric("topicAlias"),
  C: (field) => ({ properties: { contentType } }) =>
    contentType === undefined ? blank(field, false) : text(contentType, field),
  D: () => ({ properties }) => properties.correlationData ?? "",
  E: numeric("messageExpiryInterval"),
  F: numeric("payloadFormatIndicator"),
  I: (field) => (_message, { moment }) => text(isoTime(moment.date), field),
  j: () => json(false),
  J: () => json(true),
  l: (field) => ({ payload }) => number(payload.length, field),
  m: (field) => ({ packetId }) => number(packetId, field),
  P: () => ({ properties: { userProperties = [] } }) =>
    userProperties.map(([name, value]) => `${name}:${value}`).join(" "),
  p: (field) => payloadPiece(0, field),
  q: () => ({ qos }) => String(qos),
  R: (field) => ({ properties: { responseTopic } }) =>
    responseTopic === undefined ? "" : text(responseTopic, field),
  r: () => ({ retain }) => retain ? "1" : "0",
  S: (field) => ({ properties: { subscriptionIdentifiers: [first] = [] } }) =>
    first === undefined ? blank(field) : number(first, field),
  t: (field) => ({ topic }) => text(topic, field),
  U: () => (_message, { moment }) =>
    `${conversion("s", moment.date)}.${String(moment.nanoseconds).padStart(9, "0")}`,
  x: (field) => payloadPiece(1, field),
  X: (field) => payloadPiece(2, field),
};

/**
 * The lines of a file of users, as mosquitto reads them: `name:hash`, blanks around both are not part of them; lines that
 * begin with `#` are comments. What mosquitto passes over silently (a line without a colon, one without a name) is a mistake
 * here: a line that was meant to be a user must not be none.
 */

import { Buffer } from "node:buffer";
import { quoted } from "../../../src/core/quoted.ts";

export interface UserLine {
  /** From 1 on. */
  readonly number: number;
  /** Where it begins. */
  readonly at: number;
  /** What ends it: `\n`, `\r\n`, or nothing at the end of the file. */
  readonly ending: string;
  /** As it stands there, without its end. */
  readonly text: string;
  readonly content:
    | { readonly kind: "nothing" }
    | { readonly kind: "user"; readonly name: string; readonly hash: string }
    | { readonly kind: "wrong"; readonly why: string };
}

const NOTHING = { kind: "nothing" } as const;
const BOM = "\xef\xbb\xbf";
/** What C takes for blanks. */
const BLANKS = " \t\v\f\r";
/** Bytes of a user name in MQTT. */
const MOST_BYTES = 65_535;
const SHOWN = 80;

/** So that no byte is lost: each is a character from U+0000 to U+00FF. */
export function bytesAsText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function textAsBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** `text`: from `bytesAsText`. */
export function* linesOf(text: string): Generator<UserLine> {
  let at = text.startsWith(BOM) ? BOM.length : 0;
  for (let number = 1; at < text.length; number++) {
    const found = text.indexOf("\n", at);
    const end = found < 0 ? text.length : found;
    const whole = text.slice(at, end);
    const line = whole.endsWith("\r") ? whole.slice(0, -1) : whole;
    const ending = found < 0 ? whole.slice(line.length) : `${whole.slice(line.length)}\n`;
    yield { number, at, ending, text: line, content: contentOf(line) };
    at = end + 1;
  }
}

function contentOf(line: string): UserLine["content"] {
  if (line.startsWith("#") || withoutBlanks(line) === "") return NOTHING;
  const colon = line.indexOf(":");
  if (colon < 0) return { kind: "wrong", why: 'Cannot find a ":" in this line, expected name:hash' };
  const bytes = withoutBlanks(line.slice(0, colon));
  const hash = withoutBlanks(line.slice(colon + 1));
  const name = decoded(bytes);
  if (name === null) return { kind: "wrong", why: "Cannot use the user name of this line: it is no UTF-8" };
  const fault = nameFault(name, bytes.length);
  if (fault !== null) return { kind: "wrong", why: `Cannot use the user name of this line: ${fault}` };
  return { kind: "user", name, hash };
}

function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && BLANKS.includes(text[from]!)) from++;
  while (to > from && BLANKS.includes(text[to - 1]!)) to--;
  return text.slice(from, to);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(text: string): string | null {
  try {
    return utf8.decode(textAsBytes(text));
  } catch {
    return null;
  }
}

/** Of a name that stands in a line; null: there is none. */
function nameFault(name: string, bytes: number): string | null {
  if (name === "") return "it is empty";
  if (bytes > MOST_BYTES) return `it is longer than the ${MOST_BYTES} bytes that MQTT has for one`;
  if (name.includes("\0")) return "U+0000 is in it, which MQTT does not allow";
  return null;
}

/** Why a name cannot be written to such a file; null: it can. */
export function unwritable(name: string): string | null {
  const fault = nameFault(name, Buffer.byteLength(name));
  if (fault !== null) return fault;
  if (name.includes(":")) return 'a ":" ends the name in such a file';
  if (/[\r\n]/.test(name)) return "there is a line break in it";
  if (name.startsWith("#")) return 'a line that begins with "#" is a comment';
  const bytes = bytesAsText(new TextEncoder().encode(name));
  if (bytes.startsWith(BOM)) return "it begins with U+FEFF";
  // (Half of a pair has no UTF-8.)
  if (decoded(bytes) !== name) return "it cannot be written as UTF-8";
  return withoutBlanks(bytes) === bytes
    ? null
    : "blanks at its beginning or end are no part of it in such a file";
}

/** A name for a message. */
export function shownName(name: string): string {
  return quoted(name, SHOWN);
}

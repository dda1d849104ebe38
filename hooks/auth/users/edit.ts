/** A file of users with one line changed; every other byte stays as it is. The text is that of `bytesAsText`. */

import { CodedError } from "../../../src/core/errors.ts";
import { bytesAsText, linesOf, shownName, type UserLine } from "./lines.ts";

/** With this hash for the user: in the place of the one there is, or at the end. Throws an Error of one line. */
export function withUser(text: string, name: string, hash: string): { text: string; added: boolean } {
  const [line, second] = linesOfUser(text, name);
  if (second !== undefined) {
    throw new CodedError(
      "users-invalid",
      `Cannot change the user ${shownName(name)}: lines ${line!.number} and ${second.number} both have it; ` +
        "to begin anew remove it first",
    );
  }
  if (line === undefined) return { text: appended(text, `${encoded(name)}:${hash}`), added: true };
  const before = text.slice(0, line.at);
  const after = text.slice(line.at + line.text.length);
  return { text: `${before}${encoded(name)}:${hash}${after}`, added: false };
}

/** Without the user, however often it stands there; null: it does not. */
export function withoutUser(text: string, name: string): string | null {
  const lines = linesOfUser(text, name);
  if (lines.length === 0) return null;
  let rest = text;
  for (const { at, text: line, ending } of lines.reverse()) {
    rest = rest.slice(0, at) + rest.slice(at + line.length + ending.length);
  }
  return rest;
}

function linesOfUser(text: string, name: string): UserLine[] {
  return [...linesOf(text)].filter(({ content }) => content.kind === "user" && content.name === name);
}

/** With the line ends that are there already. */
function appended(text: string, line: string): string {
  const ending = /\r\n/.test(text) ? "\r\n" : "\n";
  const open = text !== "" && text !== "\xef\xbb\xbf" && !text.endsWith("\n");
  return `${text}${open ? ending : ""}${line}${ending}`;
}

function encoded(name: string): string {
  return bytesAsText(new TextEncoder().encode(name));
}

/** Payloads and lists, in a line of a log. */

import { quoted } from "../../src/core/quoted.ts";

/** What text does not have: control characters of ASCII but tab, line feed and carriage return. */
const BINARY = /(?![\t\n\r\x80-\x9f])\p{Cc}/u;

/** As text in quotes when it is printable UTF-8, else in hex; `...`: there were more than `most` bytes. */
export function shownBytes(bytes: Uint8Array, most: number): string {
  const shown = bytes.subarray(0, most);
  const dots = shown.length < bytes.length ? "..." : "";
  const text = asText(shown, dots !== "");
  return text === null ? `0x${hexOf(shown)}${dots}` : `${quoted(text, Infinity)}${dots}`;
}

/** Null when it is none; the end of what was cut off may be the half of a character. */
function asText(bytes: Uint8Array, cut: boolean): string | null {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const text = decoder.decode(bytes, { stream: cut });
    return BINARY.test(text) ? null : text;
  } catch {
    return null;
  }
}

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** At most `most` of them, and how many more there are. */
export function listed(items: readonly string[], most: number): string {
  const more = items.length > most ? ` and ${items.length - most} more` : "";
  return `[${items.slice(0, most).join(" ")}${more}]`;
}

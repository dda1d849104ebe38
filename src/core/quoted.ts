/** What strangers chose, in a line of a log: none of it can end the line or look like another part of it. */

/** Control characters, what turns the direction of text or is invisible, other line ends, halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
/** Nearly all of what there is to show: nothing in it is to be escaped. */
const PLAIN = /^[ !#-[\]-~]*$/;
const QUOTES = /["\\]/g;
const SHORT = new Map([["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"]]);

/** In quotes and escaped; `...` after the quotes: there were more than `most` characters. */
export function quoted(text: string, most: number): string {
  const shown = shortened(text, most);
  if (PLAIN.test(shown)) return shown.length < text.length ? `"${shown}"...` : `"${shown}"`;
  const inside = shown.replace(QUOTES, "\\$&").replace(UNPRINTABLE, escaped);
  return `"${inside}"${shown.length < text.length ? "..." : ""}`;
}

/** Without quotes, on one line; `...` at the end: there were more than `most` characters. */
export function printable(text: string, most: number): string {
  const shown = shortened(text, most);
  if (PLAIN.test(shown)) return shown.length < text.length ? `${shown}...` : shown;
  return `${shown.replace(UNPRINTABLE, escaped)}${shown.length < text.length ? "..." : ""}`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  const hex = code.toString(16).padStart(4, "0");
  return SHORT.get(character) ?? (code > 0xffff ? `\\u{${hex}}` : `\\u${hex}`);
}

/** Does not cut a character in two. (A copy: a part of a string keeps all of it in memory.) */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = most > 0 ? text.charCodeAt(most - 1) : 0;
  return ` ${text.slice(0, last >= 0xd800 && last < 0xdc00 ? most - 1 : most)}`.slice(1);
}

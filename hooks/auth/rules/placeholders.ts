/** `%c` and `%u` in the filter of a rule. */

import type { RuleWho } from "./types.ts";

/** For the client id or the user name. */
export function hasPlaceholder(filter: string): boolean {
  return filter.includes("%c") || filter.includes("%u");
}

/**
 * The filter with the client's names in it; null: it matches nothing. That is so for a name that is empty or has `+`, `#`, `/`
 * or U+0000 in it, and for one with `$` at the very beginning of the filter: whoever chooses a name would choose what
 * the rule is about. What a name brings is not expanded again.
 */
export function expanded(filter: string, { clientId, username }: RuleWho): string | null {
  let text = "";
  let from = 0;
  for (let at = filter.indexOf("%"); at >= 0; at = filter.indexOf("%", at + 1)) {
    const kind = filter.charCodeAt(at + 1);
    if (kind !== LETTER_C && kind !== LETTER_U) continue;
    const name = kind === LETTER_C ? clientId : username;
    if (!isUsable(name) || (at === 0 && name.startsWith("$"))) return null;
    text += filter.slice(from, at) + name;
    from = at + 2;
    at++;
  }
  return text + filter.slice(from);
}

const LETTER_C = 99;
const LETTER_U = 117;

function isUsable(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c === 43 || c === 35 || c === 47 || c === 0) return false;
  }
  return name !== "";
}

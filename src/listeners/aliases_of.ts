/** The setting of listeners that says how many topic aliases the server sets. */

import { aliasRange, inRange } from "../core/options.ts";

/** Undefined: as the server says. Throws a RangeError. */
export function aliasesOf(
  id: string,
  { topicAliasMaximumOut: most }: { readonly topicAliasMaximumOut?: number },
): number | undefined {
  if (most !== undefined) inRange(`topicAliasMaximumOut of listener "${id}"`, most, aliasRange);
  return most;
}

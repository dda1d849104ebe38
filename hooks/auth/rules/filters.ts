/** Filters of rules, and of subscriptions. */

import { isShared, isTopicFilter, parseShared } from "../../../src/topics/names.ts";

/** What is wrong with a rule's filter; null: nothing. Placeholders are text to it. */
export function filterFault(filter: string): string | null {
  if (filter === "") return "it is empty";
  if (filter.includes("\0")) return "U+0000 is in it, which MQTT does not allow";
  if (isShared(filter)) return "rules are about the filter without $share/group/";
  if (isTopicFilter(filter)) return null;
  return "+ and # stand alone in their level, and # only at the end";
}

/** Without `$share/group/`. One that is not well formed is left as it is: the server has refused it before. */
export function unshared(filter: string): string {
  return isShared(filter) ? parseShared(filter)?.filter ?? filter : filter;
}

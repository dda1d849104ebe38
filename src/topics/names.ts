/** Topic names and filters: what is valid, what a shared subscription is. MQTT 5.0 sections 4.7 and 4.8. */

/** How many levels a name or filter has; `a//b` has three. */
export function levelCount(text: string): number {
  let levels = 1;
  for (let i = text.indexOf("/"); i >= 0; i = text.indexOf("/", i + 1)) levels++;
  return levels;
}

/** A topic name has at least one character and no wildcards. [MQTT-4.7.3-1] [MQTT-3.3.2-2] [MQTT-4.7.1-1] */
export function isTopicName(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 35 || c === 43 || c === 0) return false;
  }
  return true;
}

/** Wildcards stand alone in their level and `#` only at the end. [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] */
export function isTopicFilter(text: string): boolean {
  const last = text.length - 1;
  if (last < 0) return false;
  for (let i = 0; i <= last; i++) {
    const c = text.charCodeAt(i);
    if (c === 0) return false;
    if (c !== 35 && c !== 43) continue;
    if (i > 0 && text.charCodeAt(i - 1) !== 47) return false;
    if (c === 35 ? i !== last : i < last && text.charCodeAt(i + 1) !== 47) return false;
  }
  return true;
}

export function hasWildcard(filter: string): boolean {
  return filter.includes("#") || filter.includes("+");
}

export interface SharedFilter {
  readonly group: string;
  readonly filter: string;
}

/** Starts with `$share/`, so it is a shared subscription or an invalid one; case matters. */
export function isShared(filter: string): boolean {
  return filter.startsWith("$share/");
}

/** `$share/group/filter` in its parts; null when it is not well formed. [MQTT-4.8.2-1] [MQTT-4.8.2-2] */
export function parseShared(text: string): SharedFilter | null {
  if (!isShared(text)) return null;
  const slash = text.indexOf("/", 7);
  if (slash < 0) return null;
  const group = text.slice(7, slash);
  const filter = text.slice(slash + 1);
  if (group.length === 0 || hasWildcard(group) || !isTopicFilter(filter)) return null;
  return { group, filter };
}

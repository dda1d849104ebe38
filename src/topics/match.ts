/** The one topic matcher: routing, retained messages, access control and bridges all ask it. */

/**
 * Does the filter from `f` match the topic from `t`? Both positions are at the start of a level; -1 says
 * that this side has no level left. No allocation, no recursion.
 */
export function matchFrom(filter: string, f: number, topic: string, t: number): boolean {
  for (;;) {
    // `a/#` matches `a` too. [MQTT-4.7.1-2]
    if (f < 0) return t < 0;
    const c = filter.charCodeAt(f);
    if (c === 35) return true;
    if (t < 0) return false;
    if (c === 43) {
      f = f + 1 < filter.length ? f + 2 : -1;
      const slash = topic.indexOf("/", t);
      t = slash < 0 ? -1 : slash + 1;
      continue;
    }
    for (;;) {
      const fEnd = f >= filter.length || filter.charCodeAt(f) === 47;
      const tEnd = t >= topic.length || topic.charCodeAt(t) === 47;
      if (fEnd || tEnd) {
        if (fEnd !== tEnd) return false;
        break;
      }
      if (filter.charCodeAt(f) !== topic.charCodeAt(t)) return false;
      f++;
      t++;
    }
    f = f < filter.length ? f + 1 : -1;
    t = t < topic.length ? t + 1 : -1;
  }
}

/** Does a valid filter match a valid topic name? A leading wildcard does not match `$…`. [MQTT-4.7.2-1] */
export function topicMatches(filter: string, topic: string): boolean {
  if (topic.charCodeAt(0) === 36) {
    const c = filter.charCodeAt(0);
    if (c === 35 || c === 43) return false;
  }
  return matchFrom(filter, 0, topic, 0);
}

/** Is one filter wide enough for another? What access control asks about a subscription. */

/**
 * Is every topic that `filter` can match matched by `rule` too? Both are valid filters; a topic name is a filter
 * that matches itself. A leading wildcard does not cover `$…`. [MQTT-4.7.2-1]
 */
export function filterCovers(rule: string, filter: string): boolean {
  if (filter.charCodeAt(0) === 36) {
    const c = rule.charCodeAt(0);
    if (c === 35 || c === 43) return false;
  }
  return levelsCover(rule, filter);
}

/** The same, level by level only: here a leading wildcard covers `$…` like any other first level. */
export function levelsCover(rule: string, filter: string): boolean {
  // Positions are at the start of a level; -1: this side has no level left.
  let r = 0;
  let f = 0;
  for (;;) {
    // `a/#` matches `a` too. [MQTT-4.7.1-2]
    if (r < 0) return f < 0;
    const c = rule.charCodeAt(r);
    if (c === 35) return true;
    if (f < 0) return false;
    const d = filter.charCodeAt(f);
    // What comes before the `#` is matched too, which only another `#` does. In front nothing comes before it.
    if (d === 35) return f === 0 && rule === "+/#";
    if (c === 43) {
      r = r + 1 < rule.length ? r + 2 : -1;
      const slash = filter.indexOf("/", f);
      f = slash < 0 ? -1 : slash + 1;
      continue;
    }
    if (d === 43) return false;
    for (;;) {
      const rEnd = r >= rule.length || rule.charCodeAt(r) === 47;
      const fEnd = f >= filter.length || filter.charCodeAt(f) === 47;
      if (rEnd || fEnd) {
        if (rEnd !== fEnd) return false;
        break;
      }
      if (rule.charCodeAt(r) !== filter.charCodeAt(f)) return false;
      r++;
      f++;
    }
    r = r < rule.length ? r + 1 : -1;
    f = f < filter.length ? f + 1 : -1;
  }
}

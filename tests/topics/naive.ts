/** The matcher the standard describes, as plainly as it can be written: what the real one is compared with. */

/** Does the filter match the topic? MQTT 5.0 section 4.7. */
export function naiveMatches(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const given = topic.split("/");
  // [MQTT-4.7.2-1]
  if (topic.startsWith("$") && (wanted[0] === "#" || wanted[0] === "+")) return false;
  for (const [i, level] of wanted.entries()) {
    // Any number of levels, the parent's among them. [MQTT-4.7.1-2]
    if (level === "#") return true;
    if (i >= given.length) return false;
    if (level !== "+" && level !== given[i]) return false;
  }
  return wanted.length === given.length;
}

/** Is it a filter? MQTT 5.0 sections 4.7.1 and 4.7.3. */
export function naiveIsFilter(text: string): boolean {
  const levels = text.split("/");
  return text !== "" && !text.includes("\0") && levels.every((level, i) => {
    if (level === "#") return i === levels.length - 1;
    return level === "+" || (!level.includes("+") && !level.includes("#"));
  });
}

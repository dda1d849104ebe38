/** Whose address is it? */

/**
 * The network of one customer, as far as that can be told, for limits per address: an IPv4 address, or the first 64 bits
 * of an IPv6 address. `address` as streams give it, `1.2.3.4:5` or `[a::b]:5`. Null: none, as that of a Unix socket, or
 * this machine itself, where a proxy may stand for any number of clients.
 */
export function networkOf(address: string): string | null {
  const end = address.lastIndexOf(":");
  if (end < 0 || address.startsWith("unix:")) return null;
  if (!address.startsWith("[")) return ipv4(address.slice(0, end));
  const text = address.slice(1, address.lastIndexOf("]"));
  const mapped = text.lastIndexOf(":") + 1;
  // (An IPv4 client of a listener for both.)
  if (text.startsWith("::ffff:") && text.includes(".")) return ipv4(text.slice(mapped));
  if (text === "::1") return null;
  return `${firstGroups(text)}/64`;
}

function ipv4(text: string): string | null {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== 46 && (c < 48 || c > 57)) return null;
  }
  return text === "" || text.startsWith("127.") ? null : text;
}

/** The first four of eight groups, written out. */
function firstGroups(text: string): string {
  const [head = "", tail = ""] = text.split("%", 1)[0]!.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const groups = text.includes("::")
    ? [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0"), ...after]
    : before;
  return groups.slice(0, 4).join(":");
}

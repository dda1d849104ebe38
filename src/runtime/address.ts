/** How addresses are written, the same on every runtime, and which of them are one peer's. */

const mappedPrefix = "::ffff:";

/** `host:port`; IPv6 in brackets; an IPv4 address that came in over a dual-stack socket as plain IPv4. */
export function formatAddress(host: string, port: number): string {
  if (host.startsWith(mappedPrefix) && host.includes(".")) host = host.slice(mappedPrefix.length);
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Where the peer of a socket of `node:net` is. */
export function addressOf(
  socket: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined },
): string {
  return formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
}

/**
 * Who shares what one peer may have, of an address as `formatAddress` writes it: the IPv4 address; of IPv6 the first
 * 64 bits, because whoever has one such address has all of them; anything else, `unix:path` for example, is itself.
 */
export function addressGroup(address: string): string {
  if (!address.startsWith("[")) {
    const colon = address.indexOf(":");
    return colon > 0 && colon === address.lastIndexOf(":") && !address.startsWith("unix:")
      ? address.slice(0, colon)
      : address;
  }
  const end = address.indexOf("]");
  const [ip = ""] = address.slice(1, end < 0 ? undefined : end).split("%");
  const [before = "", after] = ip.split("::");
  const left = parts(before);
  const right = after === undefined ? [] : parts(after);
  const zeros = after === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const all = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return `${all.slice(0, 4).map((part) => part.toLowerCase().replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

/** Another machine's, of an address as `formatAddress` writes it. */
export function isRemote(address: string): boolean {
  if (address.startsWith("[")) return !address.startsWith("[::1]");
  return /^[0-9.]+:[0-9]+$/.test(address) && !address.startsWith("127.");
}

function parts(text: string): string[] {
  return text === "" ? [] : text.split(":");
}

/** How addresses are written, the same on every runtime. */

const mappedPrefix = "::ffff:";

/** `host:port`; IPv6 in brackets; an IPv4 address that came in over a dual-stack socket as plain IPv4. */
export function formatAddress(host: string, port: number): string {
  if (host.startsWith(mappedPrefix) && host.includes(".")) host = host.slice(mappedPrefix.length);
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

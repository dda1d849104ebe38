/**
 * Which pages may connect over WebSocket. Browsers let any page open a connection to anywhere, this machine and the
 * network behind the firewall included, and say in Origin whose page it is (RFC 6454); other clients say nothing, or the
 * address they connect to.
 */

import { builtin } from "../builtin.ts";
import { machineName } from "../process.ts";

/**
 * `own`: over a loopback address, pages of this machine; over others, pages of the host that is connected to. A list: pages
 * of these origins, as `canonicalOrigin` writes them.
 */
export type OriginRule = "any" | "own" | readonly string[];

export interface Asking {
  /** Null: there is no such header, so it is no page. */
  readonly origin: string | null;
  readonly host: string | null;
  /** `ip:port` of the peer. */
  readonly remoteAddress: string;
  /** Where the listener listens: an address or a name. */
  readonly hostname: string;
}

export function originAllowed(rule: OriginRule, { origin, host, remoteAddress, hostname }: Asking): boolean {
  if (origin === null || rule === "any") return true;
  const page = parse(origin);
  if (page === null) return false;
  if (rule !== "own") return rule.includes(page.canonical);
  if (page.scheme !== "http" && page.scheme !== "https") return false;
  // A name that a stranger has pointed to this machine is in Host and Origin alike, so here Host says nothing.
  if (isLoopbackName(nameIn(remoteAddress)) || isLoopbackName(nameIn(hostname))) {
    return isLoopbackName(page.name) || page.name === machineName()?.toLowerCase();
  }
  return host !== null && page.name !== null && page.name === nameIn(host);
}

/** `https://App.example:443` is `https://app.example`; null for what is no origin, or one with wildcards. */
export function canonicalOrigin(text: string): string | null {
  if (text.includes("*")) return null;
  return parse(text.endsWith("://") ? text : text.replace(/\/$/, ""))?.canonical ?? null;
}

interface Page {
  readonly canonical: string;
  readonly scheme: string;
  /** Null when it has none. */
  readonly name: string | null;
}

/** A name has 253 characters at most. A stranger's header may be longer, and patterns take their time with it. */
const longest = 300;

/** `null` is the origin of pages in a sandbox, of files and the like. */
function parse(origin: string): Page | null {
  if (origin.length > longest) return null;
  if (origin === "null") return { canonical: "null", scheme: "", name: null };
  const [, scheme, authority] = /^([a-z][a-z0-9+.-]*):\/\/([^\s/?#@\\,]*)$/.exec(origin.toLowerCase()) ?? [];
  if (scheme === undefined || authority === undefined) return null;
  if (scheme !== "http" && scheme !== "https") {
    return { canonical: origin.toLowerCase(), scheme, name: authority };
  }
  const url = urlOf(scheme, authority);
  return url === null ? null : { canonical: url.origin, scheme, name: nameOf(url) };
}

/** The name in `name:port`, in the one form that browsers write; null when it is none. */
function nameIn(authority: string): string | null {
  const url = urlOf("http", authority);
  return url === null ? null : nameOf(url);
}

function nameOf({ hostname }: URL): string {
  return hostname.replace(/\.$/, "");
}

function urlOf(scheme: string, authority: string): URL | null {
  if (authority.length > longest || /[\s/?#@\\,]/.test(authority)) return null;
  const text = `${scheme}://${bracketed(authority)}`;
  return authority !== "" && URL.canParse(text) ? new URL(text) : null;
}

/** (paho-mqtt writes IPv6 addresses without brackets, with a port or without.) */
function bracketed(authority: string): string {
  const [, address, port] = /^([^[\]]*:[^[\]]*):(\d+)$/.exec(authority) ?? [];
  if (address !== undefined && isIPv6(address)) return `[${address}]:${port}`;
  return isIPv6(authority) ? `[${authority}]` : authority;
}

function isIPv6(text: string): boolean {
  return /:.*:/.test(text) && builtin("net").isIPv6(text);
}

/** Whether `name:port`, an address that somebody listens at or what a `Host` header says, is this machine for itself. */
export function isLoopbackAuthority(authority: string): boolean {
  return isLoopbackName(nameIn(authority));
}

function isLoopbackName(name: string | null): boolean {
  return name !== null &&
    /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/.test(name);
}

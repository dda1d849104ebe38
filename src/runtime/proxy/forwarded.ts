/**
 * Where the client of an HTTP proxy is, by what trusted proxies have added to the request. Only one header is read: a
 * proxy that writes the one hands on the other as a client has sent it.
 */

import { formatAddress } from "../address.ts";
import { formatIp, parseIp } from "../ip.ts";
import type { Networks } from "../networks.ts";

/** `Forwarded` is that of RFC 7239. */
export type ForwardedHeader = "X-Forwarded-For" | "Forwarded";

/** Whose word is taken, and where it stands. */
export interface ForwardedRules {
  readonly trusted: Networks;
  readonly header: ForwardedHeader;
}

interface Hop {
  readonly ip: Uint8Array;
  readonly port: number;
}

/**
 * The nearest address that is no trusted proxy's, with port 0 where none is given; the farthest one that is known when
 * all of them are, or when the next cannot be read. `peer`: who is connected, and the answer when it is not trusted.
 * `value`: what stands in the header, with commas between several; null when there is none.
 */
export function forwardedFor(
  peer: string,
  value: string | null,
  { trusted, header }: ForwardedRules,
): string {
  if (value === null || !trusted.includes(peer)) return peer;
  const hops = header === "Forwarded" ? rfcHops(value) : value.split(",");
  let known = peer;
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = parseHop(hops[i]!.trim());
    if (hop === null) break;
    known = formatAddress(formatIp(hop.ip), hop.port);
    if (!trusted.includesIp(hop.ip)) break;
  }
  return known;
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`. */
function parseHop(text: string): Hop | null {
  if (text.length > 64) return null;
  const [, bracketed, plain, port = "0"] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/.exec(text) ??
    [];
  const ip = parseIp(bracketed ?? plain ?? text);
  return ip === null || Number(port) > 65535 ? null : { ip, port: Number(port) };
}

/**
 * What `for` says, hop by hop; empty where it says nothing. None of it counts when a quote has no end: a client could
 * swallow with one what the proxy has added after it.
 */
function rfcHops(value: string): string[] {
  const elements = splitOutsideQuotes(value, ",") ?? [];
  return elements.map((element) => {
    for (const pair of splitOutsideQuotes(element, ";") ?? []) {
      const equals = pair.indexOf("=");
      if (pair.slice(0, equals).trim().toLowerCase() !== "for") continue;
      const given = pair.slice(equals + 1).trim();
      return given.startsWith('"') && given.endsWith('"')
        ? given.slice(1, -1).replace(/\\(.)/g, "$1")
        : given;
    }
    return "";
  });
}

/** Null when a quote has no end. */
function splitOutsideQuotes(text: string, separator: string): string[] | null {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted && char === "\\") i++;
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return quoted ? null : parts;
}

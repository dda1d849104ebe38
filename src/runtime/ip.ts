/** IP addresses as bytes: 16 of them, an IPv4 address as it is mapped into IPv6. */

import { builtin } from "./builtin.ts";

const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Null when it is none. A zone (`%eth0`) does not count. */
export function parseIp(text: string): Uint8Array | null {
  const { isIPv4, isIPv6 } = builtin("net");
  const [ip = ""] = text.split("%", 1);
  if (isIPv4(ip)) return Uint8Array.of(...mapped, ...ip.split(".").map(Number));
  if (!isIPv6(ip)) return null;
  const [before = "", after] = withoutDots(ip).split("::");
  const left = groups(before);
  const right = after === undefined ? [] : groups(after);
  const zeros = Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0);
  return Uint8Array.from([...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]));
}

/** As RFC 5952 writes it; what is mapped as plain IPv4. */
export function formatIp(bytes: Uint8Array): string {
  if (isMapped(bytes)) return bytes.subarray(12).join(".");
  const parts: string[] = [];
  for (let i = 0; i < 16; i += 2) parts.push((bytes[i]! * 256 + bytes[i + 1]!).toString(16));
  const { start, length } = longestZeros(parts);
  if (length < 2) return parts.join(":");
  return `${parts.slice(0, start).join(":")}::${parts.slice(start + length).join(":")}`;
}

/** It is an IPv4 address. */
export function isMapped(bytes: Uint8Array): boolean {
  return mapped.every((byte, i) => bytes[i] === byte);
}

/** `::ffff:192.0.2.1` with its end as the other groups are written. */
function withoutDots(ip: string): string {
  const start = ip.lastIndexOf(":") + 1;
  if (!ip.includes(".", start)) return ip;
  const [a = 0, b = 0, c = 0, d = 0] = ip.slice(start).split(".").map(Number);
  return `${ip.slice(0, start)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}

/** The first of the longest. */
function longestZeros(parts: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < parts.length; i++) {
    let end = i;
    while (parts[end] === "0") end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    i = Math.max(i, end - 1);
  }
  return best;
}

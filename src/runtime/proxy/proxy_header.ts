/**
 * The header of the PROXY protocol, versions 1 and 2 ("The PROXY protocol", HAProxy, 2020): what a proxy says of the client
 * before the client's own bytes. A pure function of the bytes that have come.
 */

import { formatAddress } from "../address.ts";
import { builtin } from "../builtin.ts";
import { formatIp, parseIp } from "../ip.ts";
import { crc32c } from "./crc32c.ts";

/** A header that is complete. */
export interface ProxyHeader {
  /** Where the client is: `ip:port`, or `unix:path`. Null: the proxy speaks for itself, or does not know. */
  readonly source: string | null;
  /** Its bytes. */
  readonly length: number;
}

/** What came is no such header, or one with something wrong in it. */
export interface NoProxyHeader {
  /** What exactly, in a few words. */
  readonly fault: string;
}

/** The longest header that is taken. Version 1 says 107; the addresses of version 2 need 232, what it adds has the rest. */
export const longestProxyHeader: number = 4096;
const longestLine = 107;

const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const WORD = Uint8Array.of(0x50, 0x52, 0x4f, 0x58, 0x59, 0x20); // "PROXY "

/** Of `bytes[0..length)`. Null: more has to come. */
export function readProxyHeader(bytes: Uint8Array, length: number): ProxyHeader | NoProxyHeader | null {
  if (length === 0) return null;
  const start = bytes[0] === WORD[0] ? WORD : SIGNATURE;
  for (let i = 0; i < Math.min(start.length, length); i++) {
    if (bytes[i] !== start[i]) return { fault: whatElse(bytes[0]!) };
  }
  if (length < start.length) return null;
  return start === WORD ? readLine(bytes, length) : readBinary(bytes, length);
}

function whatElse(first: number): string {
  const what = first === 0x10
    ? "MQTT"
    : first === 0x16
    ? "TLS"
    : first >= 0x41 && first <= 0x5a
    ? "something else, HTTP perhaps,"
    : "something else";
  return `${what} came without a header of the PROXY protocol`;
}

// --- version 1: a line ---

function readLine(bytes: Uint8Array, length: number): ProxyHeader | NoProxyHeader | null {
  const most = Math.min(length, longestLine);
  for (let i = WORD.length; i < most; i++) {
    if (bytes[i] !== 10) continue;
    if (bytes[i - 1] !== 13) break;
    return parseLine(new TextDecoder("latin1").decode(bytes.subarray(0, i - 1)), i + 1);
  }
  if (bytes.subarray(WORD.length, most).includes(10)) return { fault: "the line does not end with CR LF" };
  return length >= longestLine ? { fault: `the line is longer than ${longestLine} bytes` } : null;
}

function parseLine(line: string, length: number): ProxyHeader | NoProxyHeader {
  const [, protocol, source = "", target = "", sourcePort = "", targetPort = "", ...more] = line.split(" ");
  // (Whatever follows is not to be looked at.)
  if (protocol === "UNKNOWN") return { source: null, length };
  const { isIPv4, isIPv6 } = builtin("net");
  const isAddress = protocol === "TCP4" ? isIPv4 : protocol === "TCP6" ? isIPv6 : null;
  if (isAddress === null) return { fault: "the protocol is none of TCP4, TCP6 and UNKNOWN" };
  if (more.length > 0 || ![source, target].every((ip) => isAddress(ip) && !ip.includes("%"))) {
    return { fault: `the addresses are not two of ${protocol}` };
  }
  if (!isPort(sourcePort) || !isPort(targetPort)) return { fault: "the ports are not two from 0 to 65535" };
  return { source: formatAddress(formatIp(parseIp(source)!), Number(sourcePort)), length };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535;
}

// --- version 2: binary ---

const FIXED = 16;
/** Bytes of both addresses and ports, by family. */
const addressLengths: readonly number[] = [0, 12, 36, 216];
const LOCAL = 0x20;
const PROXY = 0x21;
const STREAM = 1;

function readBinary(bytes: Uint8Array, length: number): ProxyHeader | NoProxyHeader | null {
  if (length < FIXED) {
    return length > SIGNATURE.length ? commandFault(bytes[SIGNATURE.length]!) : null;
  }
  const total = FIXED + bytes[14]! * 256 + bytes[15]!;
  const fault = commandFault(bytes[SIGNATURE.length]!);
  if (fault !== null) return fault;
  if (total > longestProxyHeader) {
    return { fault: `it has ${total} bytes, more than ${longestProxyHeader}` };
  }
  if (length < total) return null;
  return parseBinary(bytes.subarray(0, total));
}

function commandFault(command: number): NoProxyHeader | null {
  if (command === LOCAL || command === PROXY) return null;
  return { fault: command >> 4 === 2 ? "its command is not known" : "its version is neither 1 nor 2" };
}

function parseBinary(header: Uint8Array): ProxyHeader | NoProxyHeader {
  const { length } = header;
  // What else it says is to be ignored then, its family too.
  if (header[12] === LOCAL) return { source: null, length };
  const family = header[13]! >> 4;
  const addresses = addressLengths[family];
  if (addresses === undefined || (family > 0 && (header[13]! & 15) !== STREAM)) {
    return { fault: "its addresses are not of a kind that carries a stream" };
  }
  if (length < FIXED + addresses) return { fault: "it is too short for its addresses" };
  const added = checkAdded(header, FIXED + addresses);
  // (Without a family nobody knows how long the addresses are, so what comes after them is perhaps none of that.)
  if (added === "wrong" || (added === "torn" && family > 0)) {
    return { fault: added === "torn" ? "what follows its addresses is torn" : "its checksum is wrong" };
  }
  return { source: sourceOf(header, family), length };
}

/** Walks over what follows the addresses, and looks at nothing but the checksum. */
function checkAdded(header: Uint8Array, start: number): "fine" | "torn" | "wrong" {
  const CRC32C = 3;
  let checksum = -1;
  for (let at = start; at < header.length;) {
    if (at + 3 > header.length) return "torn";
    const end = at + 3 + header[at + 1]! * 256 + header[at + 2]!;
    if (end > header.length) return "torn";
    if (header[at] === CRC32C && end === at + 7) checksum = at + 3;
    else if (header[at] === CRC32C) return "torn";
    at = end;
  }
  if (checksum < 0) return "fine";
  const stated = new DataView(header.buffer, header.byteOffset).getUint32(checksum);
  return crc32c(header, checksum, checksum + 4) === stated ? "fine" : "wrong";
}

function sourceOf(header: Uint8Array, family: number): string | null {
  switch (family) {
    case 1: {
      const ip = header.subarray(16, 20).join(".");
      return formatAddress(ip, header[24]! * 256 + header[25]!);
    }
    case 2: {
      const ip = formatIp(header.subarray(16, 32));
      return formatAddress(ip, header[48]! * 256 + header[49]!);
    }
    case 3: {
      // A client has a path only if it asked for one; what it connected to always has.
      const path = pathOf(header.subarray(16, 124)) || pathOf(header.subarray(124, 232));
      return path === "" ? null : `unix:${path}`;
    }
    default:
      return null;
  }
}

/** A path ends with a zero; a name of the kernel's begins with one. */
function pathOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0, bytes[0] === 0 ? 1 : 0);
  const text = new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
  return text.startsWith("\0") ? (text.length > 1 ? `@${text.slice(1)}` : "") : text;
}

/** Networks whose word about where a client comes from is taken. */

import { RuntimeRangeError } from "./runtime_error.ts";
import { isMapped, parseIp } from "./ip.ts";

interface Network {
  readonly address: Uint8Array;
  /** How many of its 128 bits count. */
  readonly bits: number;
}

const accepted =
  'expected an address or a network such as "10.0.0.0/8", "192.0.2.7" or "fd00::/8", or "unix"';

/** Some of them. */
export class Networks {
  readonly #networks: readonly Network[];
  readonly #unix: boolean;

  /** `192.0.2.7`, `10.0.0.0/8`, `fd00::/8`, and `unix` for whoever comes over a Unix socket. Throws a RangeError. */
  constructor(texts: readonly string[]) {
    this.#networks = texts.filter((text) => text !== "unix").map(parseNetwork);
    this.#unix = texts.includes("unix");
  }

  /** `address` as `formatAddress` writes it, or `unix:path`. */
  includes(address: string): boolean {
    if (address.startsWith("unix:")) return this.#unix;
    const host = hostOf(address);
    const ip = host === null ? null : parseIp(host);
    return ip !== null && this.includesIp(ip);
  }

  /** An address as `parseIp` gives it. */
  includesIp(ip: Uint8Array): boolean {
    return this.#networks.some((network) => inNetwork(ip, network));
  }
}

/** What is wrong with it; null when nothing is. */
export function networkFault(text: string): string | null {
  try {
    if (text !== "unix") parseNetwork(text);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The host in `host:port` and `[host]:port`; null when it is neither. */
export function hostOf(address: string): string | null {
  if (address.startsWith("[")) {
    const end = address.indexOf("]");
    return end < 0 ? null : address.slice(1, end);
  }
  const colon = address.indexOf(":");
  return colon < 0 || colon !== address.lastIndexOf(":") ? null : address.slice(0, colon);
}

function parseNetwork(text: string): Network {
  const [ip = "", length, ...more] = text.split("/");
  const address = ip.includes("%") ? null : parseIp(ip);
  const most = address !== null && isMapped(address) && ip.includes(".") ? 32 : 128;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Infinity;
  if (address === null || more.length > 0 || bits > most) {
    throw new RuntimeRangeError(
      "argument-invalid",
      `Cannot use ${JSON.stringify(text.slice(0, 80))} as a network: ${accepted}`,
    );
  }
  return { address, bits: bits + 128 - most };
}

function inNetwork(ip: Uint8Array, { address, bits }: Network): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (ip[i] !== address[i]) return false;
  const shift = 8 - (bits & 7);
  return shift === 8 || ip[whole]! >> shift === address[whole]! >> shift;
}

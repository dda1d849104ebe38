/** Banned addresses and networks, by the address that somebody comes from. IPv4 is looked up without making anything. */

import { parseIp } from "../../../src/runtime/ip.ts";
import { hostOf } from "../../../src/runtime/networks.ts";
import { type Ban, type BanName, masked, networkOf } from "./ban.ts";

/** Bits of an IPv6 address before one of IPv4 that is mapped into it. */
const MAPPED = 96;

export class PlaceBans {
  /** IPv4, by how many of 32 bits count, longest first; then by those bits. */
  #v4: ReadonlyMap<number, Map<number, Ban>> = new Map();
  /** The others, by how many of 128 bits count, longest first. */
  #v6: ReadonlyMap<number, Map<string, Ban>> = new Map();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  *[Symbol.iterator](): Generator<Ban, void, void> {
    for (const alike of this.#v4.values()) yield* alike.values();
    for (const alike of this.#v6.values()) yield* alike.values();
  }

  get(name: BanName): Ban | undefined {
    const { ip, bits } = networkOf(name);
    if (isV4(name)) return this.#v4.get(bits - MAPPED)?.get(maskedV4(v4In(ip), bits - MAPPED));
    return this.#v6.get(bits)?.get(keyOf(ip, bits));
  }

  put(ban: Ban): void {
    if (this.get(ban) === undefined) this.#size++;
    const { ip, bits } = networkOf(ban);
    if (isV4(ban)) {
      this.#v4 = withLength(this.#v4, bits - MAPPED);
      this.#v4.get(bits - MAPPED)!.set(maskedV4(v4In(ip), bits - MAPPED), ban);
    } else {
      this.#v6 = withLength(this.#v6, bits);
      this.#v6.get(bits)!.set(keyOf(ip, bits), ban);
    }
  }

  /** False: there was none. */
  delete(name: BanName): boolean {
    if (this.get(name) === undefined) return false;
    this.#size--;
    const { ip, bits } = networkOf(name);
    if (isV4(name)) {
      this.#v4.get(bits - MAPPED)!.delete(maskedV4(v4In(ip), bits - MAPPED));
      this.#v4 = withoutEmpty(this.#v4);
    } else {
      this.#v6.get(bits)!.delete(keyOf(ip, bits));
      this.#v6 = withoutEmpty(this.#v6);
    }
    return true;
  }

  /** Of those that hold, the one with the most bits. `address` as `Client.remoteAddress` has it. */
  find(address: string, holds: (ban: Ban) => boolean): Ban | null {
    const v4 = v4Of(address);
    if (v4 >= 0) {
      for (const [bits, alike] of this.#v4) {
        const ban = alike.get(maskedV4(v4, bits));
        if (ban !== undefined && holds(ban)) return ban;
      }
    }
    if (this.#v6.size === 0) return null;
    const host = hostOf(address);
    const ip = host === null ? null : parseIp(host);
    if (ip === null) return null;
    for (const [bits, alike] of this.#v6) {
      const ban = alike.get(keyOf(ip, bits));
      if (ban !== undefined && holds(ban)) return ban;
    }
    return null;
  }
}

/** An IPv4 address, `192.0.2.7:4711`, as a number; -1: it is none. */
export function v4Of(address: string): number {
  let ip = 0;
  let part = -1;
  let dots = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      part = (part < 0 ? 0 : part * 10) + code - 48;
      if (part > 255) return -1;
    } else if (code === 46 && part >= 0 && dots < 3) {
      ip = ip * 256 + part;
      part = -1;
      dots++;
    } else return code === 58 && part >= 0 && dots === 3 ? ip * 256 + part : -1;
  }
  return dots === 3 && part >= 0 ? ip * 256 + part : -1;
}

/** The first `bits` of 32. */
export function maskedV4(ip: number, bits: number): number {
  // (Shifting by 32 would shift by nothing.)
  return bits === 0 ? 0 : (ip & (0xffff_ffff << (32 - bits))) >>> 0;
}

/** It is written as IPv4. */
export function isV4({ value }: BanName): boolean {
  return !value.includes(":");
}

function v4In(ip: Uint8Array): number {
  return ((ip[12]! * 256 + ip[13]!) * 256 + ip[14]!) * 256 + ip[15]!;
}

function keyOf(ip: Uint8Array, bits: number): string {
  return String.fromCharCode(...masked(ip, bits));
}

function withLength<Key>(
  all: ReadonlyMap<number, Map<Key, Ban>>,
  bits: number,
): ReadonlyMap<number, Map<Key, Ban>> {
  if (all.has(bits)) return all;
  const more: [number, Map<Key, Ban>][] = [...all, [bits, new Map()]];
  return new Map(more.sort(([a], [b]) => b - a));
}

function withoutEmpty<Key>(all: ReadonlyMap<number, Map<Key, Ban>>): ReadonlyMap<number, Map<Key, Ban>> {
  return new Map([...all].filter(([, alike]) => alike.size > 0));
}

/** All bans in force, by what is asked: a client id, a user name, an address. */

import { hostOf } from "../../../src/runtime/networks.ts";
import { parseIp } from "../../../src/runtime/ip.ts";
import { textKey } from "../../../src/topics/text_key.ts";
import { type Ban, type BanKind, type BanName, masked, networkOf } from "./ban.ts";

/** Who wants to connect. What is left out is not asked about. */
export interface Who {
  /** As the client gave it, or a hook changed it. */
  readonly clientId?: string;
  /** Empty: none. */
  readonly username?: string;
  /** As `Client.remoteAddress` has it. */
  readonly address?: string;
}

export class BanSet {
  readonly #clients: Map<string, Ban> = new Map();
  readonly #users: Map<string, Ban> = new Map();
  /** Addresses and networks by how many bits count, longest first; then by those bits. */
  #networks: ReadonlyMap<number, Map<string, Ban>> = new Map();

  get size(): number {
    return this.#clients.size + this.#users.size + this.#places;
  }

  /** There are addresses or networks among them. */
  get hasPlaces(): boolean {
    return this.#networks.size > 0;
  }

  get #places(): number {
    let size = 0;
    for (const alike of this.#networks.values()) size += alike.size;
    return size;
  }

  /** In no order. */
  *[Symbol.iterator](): Generator<Ban, void, void> {
    yield* this.#clients.values();
    yield* this.#users.values();
    for (const alike of this.#networks.values()) yield* alike.values();
  }

  get(name: BanName): Ban | undefined {
    const [map, key] = this.#placeOf(name);
    return map?.get(key);
  }

  /** In the place of the one with that name. */
  put(ban: Ban): void {
    if (isPlace(ban.kind)) {
      const { bits } = networkOf(ban);
      if (!this.#networks.has(bits)) {
        this.#networks = new Map(
          [...this.#networks, [bits, new Map<string, Ban>()] as const].sort(([a], [b]) => b - a),
        );
      }
    }
    const [map, key] = this.#placeOf(ban);
    map!.set(key, ban);
  }

  /** False: there was none. */
  delete(name: BanName): boolean {
    const [map, key] = this.#placeOf(name);
    if (map?.delete(key) !== true) return false;
    if (map.size === 0 && isPlace(name.kind)) {
      this.#networks = new Map([...this.#networks].filter(([, alike]) => alike.size > 0));
    }
    return true;
  }

  /** The first of them that holds at `now`: by client id, by user name, by address, by the smallest network. */
  find({ clientId, username, address }: Who, now: number): Ban | null {
    if (clientId !== undefined && this.#clients.size > 0) {
      const ban = this.#clients.get(textKey(clientId));
      if (holds(ban, now)) return ban;
    }
    if (username !== undefined && username !== "" && this.#users.size > 0) {
      const ban = this.#users.get(textKey(username));
      if (holds(ban, now)) return ban;
    }
    return address === undefined ? null : this.findPlace(address, now);
  }

  findPlace(address: string, now: number): Ban | null {
    if (this.#networks.size === 0) return null;
    const host = hostOf(address);
    const ip = host === null ? null : parseIp(host);
    if (ip === null) return null;
    for (const [bits, alike] of this.#networks) {
      const ban = alike.get(keyOf(ip, bits));
      if (holds(ban, now)) return ban;
    }
    return null;
  }

  #placeOf(name: BanName): [map: Map<string, Ban> | undefined, key: string] {
    if (name.kind === "client") return [this.#clients, textKey(name.value)];
    if (name.kind === "user") return [this.#users, textKey(name.value)];
    const { ip, bits } = networkOf(name);
    return [this.#networks.get(bits), keyOf(ip, bits)];
  }
}

function holds(ban: Ban | undefined, now: number): ban is Ban {
  return ban !== undefined && (ban.until === null || ban.until > now);
}

function isPlace(kind: BanKind): boolean {
  return kind === "address" || kind === "network";
}

function keyOf(ip: Uint8Array, bits: number): string {
  return String.fromCharCode(...masked(ip, bits));
}

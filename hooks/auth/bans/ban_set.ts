/** All bans in force, by what is asked: a client id, a user name, an address. */

import { textKey } from "../../../src/topics/text_key.ts";
import type { Ban, BanKind, BanName } from "./ban.ts";
import { PlaceBans } from "./places.ts";

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
  readonly #places: PlaceBans = new PlaceBans();

  get size(): number {
    return this.#clients.size + this.#users.size + this.#places.size;
  }

  /** There are addresses or networks among them. */
  get hasPlaces(): boolean {
    return this.#places.size > 0;
  }

  /** In no order. */
  *[Symbol.iterator](): Generator<Ban, void, void> {
    yield* this.#clients.values();
    yield* this.#users.values();
    yield* this.#places;
  }

  get(name: BanName): Ban | undefined {
    return isPlace(name.kind) ? this.#places.get(name) : this.#names(name.kind).get(textKey(name.value));
  }

  /** In the place of the one with that name. */
  put(ban: Ban): void {
    if (isPlace(ban.kind)) this.#places.put(ban);
    else this.#names(ban.kind).set(textKey(ban.value), ban);
  }

  /** False: there was none. */
  delete(name: BanName): boolean {
    return isPlace(name.kind)
      ? this.#places.delete(name)
      : this.#names(name.kind).delete(textKey(name.value));
  }

  /** The first of them that holds at `now`: by client id, by user name, by address, by the smallest network. */
  find({ clientId, username, address }: Who, now: number): Ban | null {
    if (clientId !== undefined && this.#clients.size > 0) {
      const ban = this.#clients.get(textKey(clientId));
      if (ban !== undefined && holds(ban, now)) return ban;
    }
    if (username !== undefined && username !== "" && this.#users.size > 0) {
      const ban = this.#users.get(textKey(username));
      if (ban !== undefined && holds(ban, now)) return ban;
    }
    return address === undefined ? null : this.findPlace(address, now);
  }

  findPlace(address: string, now: number): Ban | null {
    return this.#places.find(address, (ban) => holds(ban, now));
  }

  #names(kind: BanKind): Map<string, Ban> {
    return kind === "client" ? this.#clients : this.#users;
  }
}

function holds({ until }: Ban, now: number): boolean {
  return until === null || until > now;
}

function isPlace(kind: BanKind): boolean {
  return kind === "address" || kind === "network";
}

/** The bans of one program: what command line, API and dashboard list and change, and what decides about connections. */

import { type Ban, type BanName, banNameOf, banOf, type BanRequest } from "./ban.ts";
import { BanSet, type Who } from "./ban_set.ts";
import type { BanKeeper } from "./keeper.ts";

/** Bans that abuse brings about, at most: strangers have any number of addresses. Then the oldest of them goes. */
const MOST_OF_ABUSE = 10_000;

/** What has changed. `expired`: its time was over. */
export interface BanChange {
  /** What became of it. */
  readonly change: "added" | "removed" | "expired";
  /** Which one. */
  readonly ban: Ban;
}

/** From where on bans are listed, and how many. */
export interface BanPage {
  /** Those behind the one with this name, which need not be there any more. Default: from the first on. */
  readonly after?: BanName;
  /** At most so many. Default: all. */
  readonly limit?: number;
}

/** All that command line, API and dashboard do with bans. */
export interface BanAccess {
  /** In the order of kind and value. */
  list(page?: BanPage): Ban[];
  /** The one with that name; null: there is none. */
  get(name: BanName): Ban | null;
  /** The one that keeps somebody out; null: nobody does. */
  find(who: Who): Ban | null;
  /** Sets a ban, in the place of the one with the same kind and value; on the disk when it is settled. */
  add(request: BanRequest): Promise<Ban>;
  /** Removes it; on the disk when it is settled. False: there was none. */
  remove(name: BanName): Promise<boolean>;
  /** Is told of each change from now on; the result ends that. */
  listen(told: (change: BanChange) => void): () => void;
}

export class BanBook implements BanAccess {
  readonly #set: BanSet = new BanSet();
  readonly #keeper: BanKeeper | null;
  readonly #now: () => number;
  readonly #listeners: Set<(change: BanChange) => void> = new Set();
  /** Those of abuse in the order in which they end. */
  readonly #abuse: Set<Ban> = new Set();
  /** Changes of which the keeper is told together: abuse must not make it busy. */
  readonly #unwritten: Map<string, { readonly ban: Ban; readonly there: boolean }> = new Map();
  /** None ends before that. */
  #nextEnd = Infinity;

  /** `keeper`: null: they end with the process. `now`: milliseconds since 1970. Throws a `StorageError`. */
  constructor(keeper: BanKeeper | null, now: () => number) {
    this.#keeper = keeper;
    this.#now = now;
    for (const ban of keeper?.load() ?? []) this.#put(ban);
    this.tick();
  }

  get size(): number {
    return this.#set.size;
  }

  /** There is one of an address or network. */
  get hasPlaces(): boolean {
    return this.#set.hasPlaces;
  }

  list({ after, limit = Infinity }: BanPage = {}): Ban[] {
    const now = this.#now();
    const start = after === undefined ? null : orderOf(after);
    const found = [...this.#set].filter((ban) =>
      (ban.until === null || ban.until > now) && (start === null || orderOf(ban) > start)
    );
    found.sort((a, b) => orderOf(a) < orderOf(b) ? -1 : 1);
    return found.slice(0, limit);
  }

  get(name: BanName): Ban | null {
    return this.#set.get(banNameOf(name)) ?? null;
  }

  find(who: Who): Ban | null {
    return this.#set.find(who, this.#now());
  }

  findPlace(address: string): Ban | null {
    return this.#set.findPlace(address, this.#now());
  }

  async add(request: BanRequest): Promise<Ban> {
    const ban = banOf(request, this.#now());
    // (Written before it holds: what is told to be so is so after a restart as well.)
    this.#keeper?.write([ban], []);
    this.#unwritten.delete(orderOf(ban));
    this.#put(ban);
    this.#tell({ change: "added", ban });
    await this.#keeper?.durable();
    return ban;
  }

  /** For abuse: holds at once, and is written with others of its kind. One of an operator's for longer stays. */
  addForAbuse(request: BanRequest): Ban {
    const ban = banOf(request, this.#now(), "abuse");
    const there = this.#set.get(ban);
    if (there?.origin === "operator" && (there.until === null || there.until >= ban.until!)) return there;
    if (this.#abuse.size >= MOST_OF_ABUSE) {
      for (const oldest of this.#abuse) {
        this.#forget(oldest, "removed");
        break;
      }
    }
    this.#put(ban);
    this.#unwritten.set(orderOf(ban), { ban, there: true });
    this.#tell({ change: "added", ban });
    return ban;
  }

  async remove(name: BanName): Promise<boolean> {
    const ban = this.#set.get(banNameOf(name));
    if (ban === undefined) return false;
    this.#keeper?.write([], [ban]);
    this.#unwritten.delete(orderOf(ban));
    this.#drop(ban);
    this.#tell({ change: "removed", ban });
    await this.#keeper?.durable();
    return true;
  }

  listen(told: (change: BanChange) => void): () => void {
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  /** About once a second: what is over goes, and what was not written yet is. Throws a `StorageError`. */
  tick(): void {
    const now = this.#now();
    if (now >= this.#nextEnd) {
      this.#nextEnd = Infinity;
      for (const ban of [...this.#set]) {
        if (ban.until === null) continue;
        if (ban.until <= now) this.#forget(ban, "expired");
        else this.#nextEnd = Math.min(this.#nextEnd, ban.until);
      }
    }
    this.#flush();
  }

  /** What was not written is, as far as that can be done. */
  close(): void {
    try {
      this.#flush();
    } finally {
      this.#keeper?.close();
    }
  }

  #flush(): void {
    if (this.#unwritten.size === 0) return;
    const changes = [...this.#unwritten.values()];
    this.#keeper?.write(
      changes.filter(({ there }) => there).map(({ ban }) => ban),
      changes.filter(({ there }) => !there).map(({ ban }) => ban),
    );
    this.#unwritten.clear();
  }

  #put(ban: Ban): void {
    const before = this.#set.get(ban);
    if (before !== undefined) this.#abuse.delete(before);
    this.#set.put(ban);
    if (ban.origin === "abuse") this.#abuse.add(ban);
    if (ban.until !== null) this.#nextEnd = Math.min(this.#nextEnd, ban.until);
  }

  #drop(ban: Ban): void {
    this.#set.delete(ban);
    this.#abuse.delete(ban);
  }

  #forget(ban: Ban, change: "removed" | "expired"): void {
    this.#drop(ban);
    const key = orderOf(ban);
    // (What is only in memory need not be removed. A row of an earlier ban of that name ends before it.)
    if (!this.#unwritten.delete(key)) this.#unwritten.set(key, { ban, there: false });
    this.#tell({ change, ban });
  }

  #tell(change: BanChange): void {
    for (const told of [...this.#listeners]) told(change);
  }
}

function orderOf({ kind, value }: BanName): string {
  return `${kind}\n${value}`;
}

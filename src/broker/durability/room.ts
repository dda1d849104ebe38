/**
 * How much the storage may be told before it is given time: whoever has more to say waits for the commit, or until the
 * storage has put in order what it was told.
 */

import type { Share } from "../../core/share.ts";
import { CHECK, Slice, type SlicedWork, type Slices } from "../../core/slices.ts";
import type { Session } from "../../session/session.ts";
import type { Storage } from "../../storage/storage.ts";

/**
 * Deliveries that are told between two commits. A thousand messages to a thousand sessions, as one client may send them at
 * once, would be a million otherwise.
 */
const DELIVERIES_AT_ONCE = 16_384;
/** Who tells little does not wait: so many deliveries one may tell between two commits although there is no room, */
const SHARE = 256;
/** and so many all of them together, until there is room again. */
const SHARES = 16_384;
/** A queue of so many is short: its session tells little. */
const SHORT_QUEUE = 16;

/** The keeper of the storage, as far as it matters here. */
export interface Telling {
  /** There is something to commit, and it can be. */
  readonly dirty: boolean;
  readonly failing: boolean;
  readonly closed: boolean;
  /** The storage has something to commit that it was not told. */
  noted(): void;
}

export class StorageRoom implements SlicedWork {
  readonly #storage: Storage;
  readonly #slices: Slices;
  readonly #keeper: Telling;
  readonly #slice: Slice = new Slice();
  waitsForSlice = false;
  /** Deliveries since the last commit began. */
  #deliveriesTold = 0;
  #commits = 1;
  /** Deliveries that were told although there was no room. */
  #sharesTold = 0;
  /** Publishers wait for it. */
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
  /** Sessions whose queues wait for it. */
  readonly #held: Set<Session> = new Set();
  /** It is behind and could do nothing about it when it was last asked: nobody waits for that. */
  #helpless = false;

  constructor(storage: Storage, slices: Slices, keeper: Telling) {
    this.#storage = storage;
    this.#slices = slices;
    this.#keeper = keeper;
  }

  /** A delivery was told. */
  delivery(): void {
    this.#deliveriesTold++;
  }

  /** Resolves when more may be told; null: now. */
  get room(): Promise<void> | null {
    // (Without anything to commit, as of a storage in memory, there is no commit to wait for.)
    if ((this.#deliveriesTold < DELIVERIES_AT_ONCE || !this.#keeper.dirty) && !this.behind) return null;
    if (this.behind) this.#slices.wait(this);
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** So many deliveries may be told although there is no room: they are few. */
  spares(share: Share, deliveries: number): boolean {
    if (this.#sharesTold + deliveries > SHARES || !share.take(deliveries, this.#commits, SHARE)) return false;
    this.#sharesTold += deliveries;
    return true;
  }

  /** The storage was told more than it can put in order as quickly. */
  get behind(): boolean {
    const { failing, closed } = this.#keeper;
    return this.#storage.behind === true && !this.#helpless && !failing && !closed;
  }

  /** What waits in the session's queue is sent when the storage has caught up; false: it is little, and may go now. */
  waitFor(session: Session): boolean {
    if (session.queuedCount <= SHORT_QUEUE && this.#sharesTold < SHARES) {
      this.#sharesTold++;
      return false;
    }
    this.#held.add(session);
    this.#slices.wait(this);
    return true;
  }

  /** What waits in the session's queue waits for the storage. */
  holds(session: Session): boolean {
    return this.#held.has(session);
  }

  workName(): string {
    return `the ${this.#storage.name} storage putting in order what it was told`;
  }

  /** Lets the storage catch up, as long as nobody else has to wait for that. */
  goOn(): void {
    const slices = this.#slices;
    while (this.behind) {
      if (this.#storage.idle?.() !== true) this.#helpless = this.behind;
      slices.units = CHECK;
      if (slices.over(this.#slice)) break;
    }
    if (this.#storage.dirty) this.#keeper.noted();
    if (this.behind) slices.wait(this);
    else this.#letGo();
  }

  /** It is asked again whether it can do anything about it. */
  hope(): void {
    this.#helpless = false;
  }

  /** A commit begins, or failed. Nobody goes on before the caller has returned. */
  make(): void {
    this.#deliveriesTold = 0;
    this.#commits++;
    if (this.behind) this.#slices.wait(this);
    else this.#letGo();
  }

  #letGo(): void {
    this.#sharesTold = 0;
    const room = this.#room;
    this.#room = null;
    room?.resolve();
    for (const session of this.#held) this.#slices.wait(session);
    this.#held.clear();
  }
}

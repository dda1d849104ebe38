/** Sessions that have ended while what waits in them is still being passed on. */

import type { Session } from "../../session/session.ts";
import { textKey } from "../../topics/text_key.ts";
import type { Durable } from "../durability/durable.ts";
import { type Groups, HandOver } from "./hand_over.ts";

/** Queues that are read at the same time: a hundred thousand sessions may expire at once. */
const AT_ONCE = 16;

export class HandOvers {
  readonly #broker: Durable;
  readonly #groups: Groups;
  /** By `textKey` of the client id. */
  readonly #byId: Map<string, HandOver> = new Map();
  #reading = 0;
  /** They want to read. */
  readonly #next: Set<HandOver> = new Set();

  constructor(broker: Durable, groups: Groups) {
    this.#broker = broker;
    this.#groups = groups;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(clientId: string): HandOver | undefined {
    return this.#byId.get(textKey(clientId));
  }

  all(): IterableIterator<HandOver> {
    return this.#byId.values();
  }

  /** `shares`: its groups have other members. What can be done at once is done at once. */
  begin(session: Session, shares: boolean): void {
    new HandOver(this.#broker, { readers: this, groups: this.#groups }, session, shares).begin();
  }

  /** It takes time. */
  add(ending: HandOver): void {
    this.#byId.set(textKey(ending.session.clientId), ending);
  }

  /** It is over. */
  remove({ session }: HandOver): void {
    this.#byId.delete(textKey(session.clientId));
  }

  /** The storage can be written again. */
  goOn(): void {
    for (const ending of [...this.#byId.values()]) ending.goOn();
  }

  /** It cannot. */
  refuse(): void {
    for (const ending of this.#byId.values()) ending.refuse();
  }

  /** May it read? If not, it goes on when others have. `urgent`: somebody waits for it. */
  mayRead(ending: HandOver, urgent: boolean): boolean {
    if (this.#reading >= AT_ONCE && !urgent) {
      this.#next.add(ending);
      return false;
    }
    // (It may have waited for its turn before it became urgent: what is being read is not to be read once more.)
    this.#next.delete(ending);
    this.#reading++;
    return true;
  }

  /** Somebody has read. */
  hasRead(): void {
    this.#reading--;
    for (const next of this.#next) {
      this.#next.delete(next);
      next.goOn();
      if (this.#reading >= AT_ONCE) break;
    }
  }
}

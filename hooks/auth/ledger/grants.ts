/** What filters grant: the first that matches decides. */

import { type Own, patternOf, type Verdict, Verdicts } from "../rules/verdicts.ts";

/** Subscribe and receive. */
export const READ = 1;
/** Publish, wills too. */
export const WRITE = 2;

export type Wanted = typeof READ | typeof WRITE;

export interface Grant {
  /** Null: every topic there is. */
  readonly filter: string | null;
  /** `READ` and `WRITE` bits. */
  readonly access: number;
  /** `file:line:column`, or the path in an object. */
  readonly where: string;
  /** Whom its rule is about, for people. */
  readonly who: string;
}

/** What a rule without filters says. */
export const EVERYTHING: Pick<Grant, "filter" | "access"> = { filter: null, access: READ | WRITE };

/** With its place in the list. */
interface Numbered extends Verdict {
  readonly index: number;
}

/** There are no placeholders in a ledger. */
const NO_SLOTS: Own = [];

/**
 * Grants in the order in which they are asked.
 *
 * A leading wildcard grants nothing of `$…` topics, which it does not match, but it does deny them: who writes
 * `#: deny` means everything.
 */
export class Grants {
  /** As far as they are asked. */
  readonly list: readonly Grant[];
  #read: Verdicts<Numbered> | null = null;
  #write: Verdicts<Numbered> | null = null;

  constructor(list: readonly Grant[]) {
    // What stands after a rule about every topic is never asked.
    const end = list.findIndex(({ filter }) => filter === null);
    this.list = end < 0 ? list : list.slice(0, end + 1);
  }

  /** Is `wanted` granted for a topic? Undefined when no filter here matches. */
  forTopic(topic: string, wanted: Wanted): boolean | undefined {
    return this.#about(wanted).forTopic(topic, NO_SLOTS)?.allow;
  }

  /** Is `wanted` granted for the filter of a subscription? As `Verdicts` says. */
  forFilter(asked: string, wanted: Wanted): boolean | undefined {
    return this.#about(wanted).forFilter(asked, NO_SLOTS)?.allow;
  }

  /** Which one of the list decides about that filter, or topic; -1: none. */
  decider(asked: string, wanted: Wanted): number {
    return this.#about(wanted).forFilter(asked, NO_SLOTS)?.index ?? -1;
  }

  #about(wanted: Wanted): Verdicts<Numbered> {
    if (wanted === READ) return this.#read ??= this.#verdicts(READ);
    return this.#write ??= this.#verdicts(WRITE);
  }

  #verdicts(wanted: Wanted): Verdicts<Numbered> {
    const list = this.list.map(({ filter, access }, index): Numbered => ({
      index,
      pattern: filter === null ? null : patternOf(filter),
      allow: (access & wanted) !== 0,
      slot: -1,
      exact: false,
    }));
    return new Verdicts(list, true);
  }
}

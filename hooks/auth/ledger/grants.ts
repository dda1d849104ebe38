/** What filters grant: the first that matches decides. */

import { type Own, patternOf, type Verdict, Verdicts } from "../rules/verdicts.ts";

/** Subscribe and receive. */
export const READ = 1;
/** Publish, wills too. */
export const WRITE = 2;

type Wanted = typeof READ | typeof WRITE;

export interface Grant {
  /** Null: every topic there is. */
  readonly filter: string | null;
  /** `READ` and `WRITE` bits. */
  readonly access: number;
}

/** What a rule without filters says. */
export const EVERYTHING: Grant = { filter: null, access: READ | WRITE };

/** There are no placeholders in a ledger. */
const NO_SLOTS: Own = [];

/**
 * Grants in the order in which they are asked.
 *
 * A leading wildcard grants nothing of `$…` topics, which it does not match, but it does deny them: who writes
 * `#: deny` means everything.
 */
export class Grants {
  readonly #list: readonly Grant[];
  #read: Verdicts<Verdict> | null = null;
  #write: Verdicts<Verdict> | null = null;

  constructor(list: readonly Grant[]) {
    this.#list = list;
  }

  /** Is `wanted` granted for a topic? Undefined when no filter here matches. */
  forTopic(topic: string, wanted: Wanted): boolean | undefined {
    return this.#about(wanted).forTopic(topic, NO_SLOTS)?.allow;
  }

  /** Is `wanted` granted for the filter of a subscription? As `Verdicts` says. */
  forFilter(asked: string, wanted: Wanted): boolean | undefined {
    return this.#about(wanted).forFilter(asked, NO_SLOTS)?.allow;
  }

  #about(wanted: Wanted): Verdicts<Verdict> {
    if (wanted === READ) return this.#read ??= this.#verdicts(READ);
    return this.#write ??= this.#verdicts(WRITE);
  }

  #verdicts(wanted: Wanted): Verdicts<Verdict> {
    const list = this.#list.map(({ filter, access }): Verdict => ({
      pattern: filter === null ? null : patternOf(filter),
      allow: (access & wanted) !== 0,
      slot: -1,
      exact: false,
    }));
    return new Verdicts(list, true);
  }
}

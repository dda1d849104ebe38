/** What filters grant: the first that matches decides. */

import { filterCovers, levelsCover } from "../../../src/topics/covers.ts";
import { WildcardTree } from "../../../src/topics/wildcard_tree.ts";

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

/** A grant's place in the order, where the tree has its filter. */
interface Leaf {
  readonly index: number;
  position: number;
}

/** From here on a tree is faster than asking one after the other. */
const fewGrants = 8;

/**
 * Grants in the order in which they are asked.
 *
 * A leading wildcard grants nothing of `$…` topics, which it does not match, but it does deny them: who writes
 * `#: deny` means everything.
 */
export class Grants {
  readonly list: readonly Grant[];
  /** Made for the first topic; null when the list is short. */
  #tree: WildcardTree<Leaf> | null = null;
  #first = 0;
  /** The last topic and its answer, for each of the two wanted: a message has many receivers. */
  readonly #topics: (string | null)[] = [null, null, null];
  readonly #answers: (boolean | undefined)[] = [undefined, undefined, undefined];

  constructor(list: readonly Grant[]) {
    // What stands after a rule about every topic is never asked.
    const end = list.findIndex(({ filter }) => filter === null);
    this.list = end < 0 ? list : list.slice(0, end + 1);
  }

  /** Is `wanted` granted for a topic? Undefined when no filter here matches. */
  forTopic(topic: string, wanted: Wanted): boolean | undefined {
    if (this.#topics[wanted] === topic) return this.#answers[wanted];
    // (In the tree a leading wildcard has nothing to do with `$…`.)
    const inTurn = this.list.length <= fewGrants || topic.charCodeAt(0) === 36;
    const answer = inTurn ? this.forFilter(topic, wanted) : this.#search(topic, wanted);
    this.#topics[wanted] = topic;
    this.#answers[wanted] = answer;
    return answer;
  }

  /**
   * Is `wanted` granted for the filter of a subscription? It is decided by the first filter here that *covers* it,
   * that is, matches all that it can match. One that meets it only in part decides nothing: messages are asked about
   * again, each with its topic. A topic is a filter, too.
   */
  forFilter(asked: string, wanted: Wanted): boolean | undefined {
    const grant = this.list[this.decider(asked, wanted)];
    return grant === undefined ? undefined : (grant.access & wanted) !== 0;
  }

  /** Which one of the list decides it; -1: none. */
  decider(asked: string, wanted: Wanted): number {
    const dollar = asked.charCodeAt(0) === 36;
    for (let i = 0; i < this.list.length; i++) {
      const { filter, access } = this.list[i]!;
      if (filter === null || filterCovers(filter, asked)) return i;
      if (dollar && (access & wanted) === 0 && levelsCover(filter, asked)) return i;
    }
    return -1;
  }

  #search(topic: string, wanted: Wanted): boolean | undefined {
    this.#first = this.list.length;
    (this.#tree ??= this.#planted()).match(topic, this.#found);
    const grant = this.list[this.#first];
    return grant === undefined ? undefined : (grant.access & wanted) !== 0;
  }

  #found = (leaves: Leaf | Leaf[]): void => {
    // (Of several at the same filter the first has been planted first.)
    const { index } = Array.isArray(leaves) ? leaves[0]! : leaves;
    if (index < this.#first) this.#first = index;
  };

  #planted(): WildcardTree<Leaf> {
    const tree = new WildcardTree<Leaf>();
    for (const [index, { filter }] of this.list.entries()) tree.add(filter ?? "#", { index, position: 0 });
    return tree;
  }
}

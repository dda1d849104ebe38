/** Filters that are asked in turn, for one thing that somebody may want: the first that matches decides. */

import { filterCovers, levelsCover } from "../../../src/topics/covers.ts";
import { topicMatches } from "../../../src/topics/match.ts";
import { WildcardTree } from "../../../src/topics/wildcard_tree.ts";

/** A filter, with what most topics differ from it in. */
export interface Pattern {
  readonly filter: string;
  /** Where the text ends that all topics it matches begin with; -1: there is none. */
  readonly end: number;
  /** What stands there. */
  readonly last: number;
}

export function patternOf(filter: string): Pattern {
  const wildcard = filter.search(/[+#]/);
  // (`a/#` matches `a` too. [MQTT-4.7.1-2])
  const end = (wildcard < 0 ? filter.length : filter[wildcard] === "#" ? wildcard - 1 : wildcard) - 1;
  return { filter, end, last: end < 0 ? -1 : filter.charCodeAt(end) };
}

/** As `topicMatches`. */
function matches({ filter, end, last }: Pattern, topic: string): boolean {
  return (end < 0 || topic.charCodeAt(end) === last) && topicMatches(filter, topic);
}

/** The filters of one client in their slots, null for those that match nothing. */
export type Own = readonly (Pattern | null)[];

/** What one filter says. */
export interface Verdict {
  /** Null: every topic there is. */
  readonly pattern: Pattern | null;
  readonly allow: boolean;
  /** Of filters that differ from client to client, its place among them; -1: this one does not. */
  readonly slot: number;
  /** It decides subscriptions to this very filter only. */
  readonly exact: boolean;
}

/** A verdict's place in the order, where the tree has its filter. */
interface Leaf {
  readonly index: number;
  position: number;
}

/** Up to here they are asked one after the other: no slower than a tree, and nothing is allocated. */
const FEW = 24;

const DOLLAR = 36;

export class Verdicts<V extends Verdict> {
  readonly #list: readonly V[];
  /** Places of those that differ from client to client. */
  readonly #own: readonly number[];
  readonly #denyDollar: boolean;
  /** Of the others; made for the first topic, null when the list is short. */
  #tree: WildcardTree<Leaf> | null = null;
  #first = 0;
  /** The last topic and what those say to it that are the same for all: a message has many receivers. */
  #topic: string | null = null;
  #answer = 0;

  /** `denyDollar`: a leading wildcard denies `$…`, which it does not match and never grants. */
  constructor(list: readonly V[], denyDollar: boolean) {
    // What stands after a rule about every topic is never asked.
    const end = list.findIndex(({ pattern, slot }) => pattern === null && slot < 0);
    this.#list = end < 0 ? list : list.slice(0, end + 1);
    this.#own = this.#list.flatMap(({ slot }, index) => slot < 0 ? [] : [index]);
    this.#denyDollar = denyDollar;
  }

  get size(): number {
    return this.#list.length;
  }

  /**
   * What decides about a topic; null: nothing here matches. `own`: of the client.
   */
  forTopic(topic: string, own: Own): V | null {
    // (In the tree a leading wildcard has nothing to do with `$…`.)
    const inTurn = this.#list.length <= FEW || topic.charCodeAt(0) === DOLLAR;
    if (inTurn && this.#own.length > 0) return this.#list[this.#inTurn(topic, own)] ?? null;
    if (topic !== this.#topic) {
      this.#answer = inTurn ? this.#inTurn(topic, own) : this.#search(topic);
      this.#topic = topic;
    }
    let index = this.#answer;
    for (const at of this.#own) {
      if (at > index) break;
      const pattern = own[this.#list[at]!.slot]!;
      if (pattern !== null && matches(pattern, topic)) index = at;
    }
    return this.#list[index] ?? null;
  }

  /**
   * What decides about the filter of a subscription: the first that *covers* it, that is, matches all that it can match. One
   * that meets it only in part decides nothing: messages are asked about again, each with its topic.
   */
  forFilter(asked: string, own: Own): V | null {
    const dollar = this.#denyDollar && asked.charCodeAt(0) === DOLLAR;
    for (const verdict of this.#list) {
      const pattern = verdict.slot < 0 ? verdict.pattern : own[verdict.slot]!;
      if (pattern === null) {
        if (verdict.slot < 0) return verdict;
        continue;
      }
      const { filter } = pattern;
      if (verdict.exact ? filter === asked : filterCovers(filter, asked)) return verdict;
      if (dollar && !verdict.allow && !verdict.exact && levelsCover(filter, asked)) return verdict;
    }
    return null;
  }

  /** The place of the first that matches; that behind the last: none does. */
  #inTurn(topic: string, own: Own): number {
    const list = this.#list;
    const dollar = this.#denyDollar && topic.charCodeAt(0) === DOLLAR;
    for (let i = 0; i < list.length; i++) {
      const { pattern: common, slot, allow } = list[i]!;
      const pattern = slot < 0 ? common : own[slot]!;
      if (pattern === null) {
        if (slot < 0) return i;
        continue;
      }
      if (matches(pattern, topic) || (dollar && !allow && levelsCover(pattern.filter, topic))) return i;
    }
    return list.length;
  }

  #search(topic: string): number {
    this.#first = this.#list.length;
    (this.#tree ??= this.#planted()).match(topic, this.#found);
    return this.#first;
  }

  #found = (leaves: Leaf | Leaf[]): void => {
    // (Of several at the same filter the first has been planted first.)
    const { index } = Array.isArray(leaves) ? leaves[0]! : leaves;
    if (index < this.#first) this.#first = index;
  };

  #planted(): WildcardTree<Leaf> {
    const tree = new WildcardTree<Leaf>();
    for (const [index, { pattern, slot }] of this.#list.entries()) {
      if (slot < 0) tree.add(pattern?.filter ?? "#", { index, position: 0 });
    }
    return tree;
  }
}

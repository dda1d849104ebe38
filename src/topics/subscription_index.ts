/**
 * Which entries does a topic concern? Filters without wildcards are a hash lookup, the others a tree; a
 * publish never looks at a subscription it does not concern.
 */

import { hasWildcard } from "./names.ts";
import { addTo, type Entries, type Entry, removeFrom } from "./entries.ts";
import { ChangeCounters, type StampKey } from "./change_counters.ts";
import { WildcardTree } from "./wildcard_tree.ts";
import { textKey } from "./text_key.ts";

const NONE: never[] = [];

export class SubscriptionIndex<E extends Entry> {
  /** By `textKey` of the filter. */
  readonly #exact: Map<string, E | E[]> = new Map();
  readonly #tree: WildcardTree<E> = new WildcardTree<E>();
  readonly #stamps: ChangeCounters = new ChangeCounters();
  #wildcards = 0;
  #found: (E | E[])[] = [];

  /** `filter` is valid and without `$share/group/`. */
  add(filter: string, entry: E): void {
    this.#stamps.touch(filter);
    if (hasWildcard(filter)) {
      this.#wildcards++;
      this.#tree.add(filter, entry);
    } else {
      this.#exact.set(textKey(filter), addTo(this.#exact.get(textKey(filter)) ?? null, entry) as E | E[]);
    }
  }

  /** The entry must stand at this filter. */
  remove(filter: string, entry: E): void {
    this.#stamps.touch(filter);
    if (hasWildcard(filter)) {
      this.#wildcards--;
      this.#tree.remove(filter, entry);
      return;
    }
    const entries: Entries<E> = removeFrom(this.#exact.get(textKey(filter)) ?? null, entry);
    if (entries === null) this.#exact.delete(textKey(filter));
    else this.#exact.set(textKey(filter), entries);
  }

  /** How many entries at exactly this filter are `counted`. */
  count(filter: string, counted: (entry: E) => boolean): number {
    const entries = hasWildcard(filter) ? this.#tree.at(filter) : this.#exact.get(textKey(filter)) ?? null;
    if (entries === null) return 0;
    if (!Array.isArray(entries)) return counted(entries) ? 1 : 0;
    return entries.reduce((sum, entry) => sum + (counted(entry) ? 1 : 0), 0);
  }

  /** An entry that stays where it is changed in a way that matters to what was computed from it. */
  touch(filter: string): void {
    this.#stamps.touch(filter);
  }

  /**
   * All entries whose filter matches. The array may be the index's own: read it at once, do not keep it
   * beyond a change of `stamp`, do not change it.
   */
  match(topic: string): readonly E[] {
    const exact = this.#exact.get(textKey(topic));
    const found = this.#found;
    found.length = 0;
    if (exact !== undefined) found.push(exact);
    if (this.#wildcards > 0) this.#tree.match(topic, this.#push);
    if (found.length === 0) return NONE;
    const first = found[0]!;
    if (found.length === 1) return Array.isArray(first) ? first : [first];
    const all: E[] = [];
    for (const entries of found) {
      if (Array.isArray(entries)) { for (const e of entries) all.push(e); }
      else all.push(entries);
    }
    return all;
  }

  #push = (entries: E | E[]): void => {
    this.#found.push(entries);
  };

  locate(topic: string, key: StampKey): void {
    this.#stamps.locate(topic, key);
  }

  /** Changes whenever the answer of `match` for the located topic may have changed. */
  stamp(key: StampKey): number {
    return this.#stamps.read(key);
  }
}

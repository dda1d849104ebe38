/** Topics with a retained value: lookup by name, and all that a filter matches, lazily and in small steps. */

import { matchFrom } from "./match.ts";
import { textKey } from "./text_key.ts";

/** How many branches are looked at between two chances to stop, wherever in the tree they are. */
const BREATH = 32;

class Leaf<V> {
  readonly topic: string;
  /** Where the levels below this branch start; -1: none. */
  rest: number;
  constructor(topic: string, rest: number) {
    this.topic = topic;
    this.rest = rest;
  }
}

class Node<V> {
  here: string | null = null;
  /** By `levelKey`. */
  readonly kids: Map<string, Node<V> | Leaf<V>> = new Map();
}

export class RetainedIndex<V> {
  /** By `textKey` of the topic. */
  readonly #values: Map<string, V> = new Map();
  readonly #root: Node<V> = new Node<V>();

  get size(): number {
    return this.#values.size;
  }

  get(topic: string): V | undefined {
    return this.#values.get(textKey(topic));
  }

  values(): IterableIterator<V> {
    return this.#values.values();
  }

  set(topic: string, value: V): void {
    if (!this.#values.has(textKey(topic))) this.#insert(topic);
    this.#values.set(textKey(topic), value);
  }

  /** True when there was one. */
  delete(topic: string): boolean {
    if (!this.#values.delete(textKey(topic))) return false;
    this.#remove(this.#root, topic, 0);
    return true;
  }

  /**
   * The topics that match, one by one; the index may change between two steps. Now and then it gives an empty
   * string, so that whoever asks can let others have a turn while nothing matches. A leading wildcard does
   * not match `$…` [MQTT-4.7.2-1].
   */
  match(filter: string): IterableIterator<string, void, void> {
    if (filter.includes("#") || filter.includes("+")) return new Walk(this.#root, filter);
    return (this.#values.has(textKey(filter)) ? [filter] : []).values();
  }

  #insert(topic: string): void {
    let node = this.#root;
    for (let pos = 0;;) {
      const slash = topic.indexOf("/", pos);
      const level = levelKey(topic, pos, slash);
      const next = slash < 0 ? -1 : slash + 1;
      let child = node.kids.get(level);
      if (child === undefined) {
        node.kids.set(level, new Leaf(topic, next));
        return;
      }
      if (child instanceof Leaf) {
        const grown = new Node<V>();
        if (child.rest < 0) grown.here = child.topic;
        else {
          const end = child.topic.indexOf("/", child.rest);
          grown.kids.set(
            levelKey(child.topic, child.rest, end),
            new Leaf(child.topic, end < 0 ? -1 : end + 1),
          );
        }
        node.kids.set(level, grown);
        child = grown;
      }
      node = child;
      if (next < 0) {
        node.here = topic;
        return;
      }
      pos = next;
    }
  }

  #remove(node: Node<V>, topic: string, pos: number): void {
    const slash = topic.indexOf("/", pos);
    const level = levelKey(topic, pos, slash);
    const child = node.kids.get(level);
    if (child === undefined) return;
    if (child instanceof Node) {
      if (slash < 0) child.here = null;
      else this.#remove(child, topic, slash + 1);
      if (child.here !== null || child.kids.size > 0) return;
    }
    node.kids.delete(level);
  }
}

/**
 * The level that begins at `pos` and ends at `slash` (-1: at the end), with the slash before it. V8 hashes a text of
 * digits by its number alone: ids that are a thousand apart, a hundred thousand of them, would share a few buckets.
 */
function levelKey(topic: string, pos: number, slash: number): string {
  if (pos === 0) return `/${slash < 0 ? topic : topic.slice(0, slash)}`;
  return slash < 0 ? topic.slice(pos - 1) : topic.slice(pos - 1, slash);
}

/** Children of a node that are still to be looked at. */
interface Frame<V> {
  readonly kids: Iterator<[string, Node<V> | Leaf<V>]>;
  /** Where the filter goes on below them; `ALL`: everything below matches. */
  readonly pos: number;
  readonly root: boolean;
}

const ALL = -2;

/** The topics a filter matches, one by one. */
class Walk<V> implements IterableIterator<string, void, void> {
  readonly #filter: string;
  readonly #frames: Frame<V>[] = [];
  #root: Node<V> | null;
  #looked = 0;

  constructor(root: Node<V>, filter: string) {
    this.#root = root;
    this.#filter = filter;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<string, void> {
    if (this.#root !== null) {
      const first = this.#node(this.#root, 0, true);
      this.#root = null;
      if (first !== null) return { done: false, value: first };
    }
    for (;;) {
      const frame = this.#frames.at(-1);
      if (frame === undefined) return { done: true, value: undefined };
      const found = this.#step(frame);
      if (found !== null) return { done: false, value: found };
      if (++this.#looked % BREATH === 0) return { done: false, value: "" };
    }
  }

  /** Looks at one more child. */
  #step({ kids, pos, root }: Frame<V>): string | null {
    const step = kids.next();
    if (step.done === true) {
      this.#frames.pop();
      return null;
    }
    const [level, child] = step.value;
    if (root && level.charCodeAt(1) === 36) return null;
    if (pos !== ALL) return this.#child(child, pos);
    if (child instanceof Leaf) return child.topic;
    this.#look(child, ALL, false);
    return child.here;
  }

  #look(node: Node<V>, pos: number, root: boolean): void {
    this.#frames.push({ kids: node.kids.entries(), pos, root });
  }

  #child(child: Node<V> | Leaf<V>, pos: number): string | null {
    if (child instanceof Node) return this.#node(child, pos, false);
    return matchFrom(this.#filter, pos, child.topic, child.rest) ? child.topic : null;
  }

  /** `pos`: of the filter, for what is below the node; -1: it ends here. */
  #node(node: Node<V>, pos: number, root: boolean): string | null {
    if (pos < 0) return node.here;
    const filter = this.#filter;
    const c = filter.charCodeAt(pos);
    if (c === 35) {
      this.#look(node, ALL, root);
      return node.here;
    }
    const slash = filter.indexOf("/", pos);
    const next = slash < 0 ? -1 : slash + 1;
    if (c === 43) {
      this.#look(node, next, root);
      return null;
    }
    const child = node.kids.get(levelKey(filter, pos, slash));
    return child === undefined ? null : this.#child(child, next);
  }
}

/** Topics with a retained value: lookup by name, and all that a filter matches, lazily and in small steps. */

import { matchFrom } from "./match.ts";
import { textKey } from "./text_key.ts";

/** How many branches are looked at between two chances to stop. */
const BREATH = 256;

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
  *match(filter: string): Generator<string, void, void> {
    if (!filter.includes("#") && !filter.includes("+")) {
      if (this.#values.has(textKey(filter))) yield filter;
      return;
    }
    yield* matchNode(this.#root, filter, 0, true);
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

function* matchNode<V>(
  node: Node<V>,
  filter: string,
  pos: number,
  atRoot: boolean,
): Generator<string, void, void> {
  if (pos < 0) {
    if (node.here !== null) yield node.here;
    return;
  }
  const c = filter.charCodeAt(pos);
  if (c === 35) {
    if (node.here !== null) yield node.here;
    for (const [level, child] of node.kids) {
      if (atRoot && level.charCodeAt(1) === 36) continue;
      if (child instanceof Leaf) yield child.topic;
      else yield* matchNode(child, filter, pos, false);
    }
    return;
  }
  const slash = filter.indexOf("/", pos);
  const next = slash < 0 ? -1 : slash + 1;
  if (c === 43) {
    let visited = 0;
    for (const [level, child] of node.kids) {
      if (++visited % BREATH === 0) yield "";
      if (atRoot && level.charCodeAt(1) === 36) continue;
      yield* matchChild(child, filter, next);
    }
    return;
  }
  const child = node.kids.get(levelKey(filter, pos, slash));
  if (child !== undefined) yield* matchChild(child, filter, next);
}

function* matchChild<V>(
  child: Node<V> | Leaf<V>,
  filter: string,
  next: number,
): Generator<string, void, void> {
  if (child instanceof Leaf) {
    if (matchFrom(filter, next, child.topic, child.rest)) yield child.topic;
  } else yield* matchNode(child, filter, next, false);
}

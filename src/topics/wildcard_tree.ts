/**
 * Filters with wildcards, as a tree of levels. A filter whose rest nobody shares is one leaf that keeps its
 * text, so a million different `site/ID/+/state` cost one leaf each, not three nodes.
 */

import { matchFrom } from "./match.ts";
import { addTo, type Entries, type Entry, removeFrom } from "./entries.ts";
import { textKey } from "./text_key.ts";

class Leaf<E extends Entry> {
  filter: string;
  /** Where the levels below this branch start in `filter`; -1: none. */
  rest: number;
  here: Entries<E>;
  constructor(filter: string, rest: number, here: Entries<E>) {
    this.filter = filter;
    this.rest = rest;
    this.here = here;
  }
}

class Node<E extends Entry> {
  /** Filters that end at this level. */
  here: Entries<E> = null;
  /** Filters that end here with `/#`. */
  below: Entries<E> = null;
  plus: Branch<E> | null = null;
  /** By `textKey` of the level. */
  kids: Map<string, Branch<E>> | null = null;
}

type Branch<E extends Entry> = Node<E> | Leaf<E>;

export class WildcardTree<E extends Entry> {
  #root: Node<E> = new Node<E>();

  add(filter: string, entry: E): void {
    let node = this.#root;
    for (let pos = 0;;) {
      const slash = filter.indexOf("/", pos);
      const level = slash < 0 ? filter.slice(pos) : filter.slice(pos, slash);
      const next = slash < 0 ? -1 : slash + 1;
      if (level === "#") {
        node.below = addTo(node.below, entry);
        return;
      }
      let child = getChild(node, level);
      if (child === undefined) {
        setChild(node, level, new Leaf(filter, next, addTo(null, entry)));
        return;
      }
      if (child instanceof Leaf) {
        if (child.filter === filter) {
          child.here = addTo(child.here, entry);
          return;
        }
        const grown = grow(child);
        setChild(node, level, grown);
        child = grown;
      }
      node = child;
      if (next < 0) {
        node.here = addTo(node.here, entry);
        return;
      }
      pos = next;
    }
  }

  remove(filter: string, entry: E): void {
    removeAt(this.#root, filter, 0, entry);
  }

  /** What stands at exactly this filter. */
  at(filter: string): Entries<E> {
    let node = this.#root;
    for (let pos = 0;;) {
      const slash = filter.indexOf("/", pos);
      const level = slash < 0 ? filter.slice(pos) : filter.slice(pos, slash);
      if (level === "#") return node.below;
      const child = getChild(node, level);
      if (child === undefined) return null;
      if (child instanceof Leaf) return child.filter === filter ? child.here : null;
      if (slash < 0) return child.here;
      node = child;
      pos = slash + 1;
    }
  }

  /** Calls `found` with the entries of every filter that matches the topic. */
  match(topic: string, found: (entries: E | E[]) => void): void {
    const root = this.#root;
    if (topic.charCodeAt(0) !== 36) {
      matchNode(root, topic, 0, found);
      return;
    }
    // A leading wildcard does not match `$…`. [MQTT-4.7.2-1]
    if (root.kids === null) return;
    const slash = topic.indexOf("/");
    const child = root.kids.get(textKey(slash < 0 ? topic : topic.slice(0, slash)));
    if (child !== undefined) matchBranch(child, topic, slash < 0 ? -1 : slash + 1, found);
  }
}

function getChild<E extends Entry>(node: Node<E>, level: string): Branch<E> | undefined {
  return level === "+" ? node.plus ?? undefined : node.kids?.get(textKey(level));
}

function setChild<E extends Entry>(node: Node<E>, level: string, child: Branch<E>): void {
  if (level === "+") node.plus = child;
  else (node.kids ??= new Map()).set(textKey(level), child);
}

/** Turns a leaf into a node with the rest of its filter below it. */
function grow<E extends Entry>(leaf: Leaf<E>): Node<E> {
  const node = new Node<E>();
  if (leaf.rest < 0) {
    node.here = leaf.here;
    return node;
  }
  const slash = leaf.filter.indexOf("/", leaf.rest);
  const level = slash < 0 ? leaf.filter.slice(leaf.rest) : leaf.filter.slice(leaf.rest, slash);
  if (level === "#") node.below = leaf.here;
  else {
    leaf.rest = slash < 0 ? -1 : slash + 1;
    setChild(node, level, leaf);
  }
  return node;
}

function removeAt<E extends Entry>(node: Node<E>, filter: string, pos: number, entry: E): void {
  const slash = filter.indexOf("/", pos);
  const level = slash < 0 ? filter.slice(pos) : filter.slice(pos, slash);
  if (level === "#") {
    node.below = removeFrom(node.below, entry);
    return;
  }
  const child = getChild(node, level);
  if (child === undefined) return;
  if (child instanceof Leaf) {
    if (child.filter !== filter) return;
    child.here = removeFrom(child.here, entry);
    if (child.here !== null) return;
  } else {
    if (slash < 0) child.here = removeFrom(child.here, entry);
    else removeAt(child, filter, slash + 1, entry);
    if (child.here !== null || child.below !== null || child.plus !== null || child.kids !== null) return;
  }
  if (level === "+") node.plus = null;
  else if (node.kids !== null) {
    node.kids.delete(textKey(level));
    if (node.kids.size === 0) node.kids = null;
  }
}

function matchBranch<E extends Entry>(
  branch: Branch<E>,
  topic: string,
  pos: number,
  found: (entries: E | E[]) => void,
): void {
  if (branch instanceof Node) matchNode(branch, topic, pos, found);
  else if (branch.here !== null && matchFrom(branch.filter, branch.rest, topic, pos)) found(branch.here);
}

function matchNode<E extends Entry>(
  node: Node<E>,
  topic: string,
  pos: number,
  found: (entries: E | E[]) => void,
): void {
  if (node.below !== null) found(node.below);
  if (pos < 0) {
    if (node.here !== null) found(node.here);
    return;
  }
  const slash = topic.indexOf("/", pos);
  const next = slash < 0 ? -1 : slash + 1;
  if (node.kids !== null) {
    const child = node.kids.get(textKey(slash < 0 ? topic.slice(pos) : topic.slice(pos, slash)));
    if (child !== undefined) matchBranch(child, topic, next, found);
  }
  if (node.plus !== null) matchBranch(node.plus, topic, next, found);
}

/** The ACLs of a role as rules: there each kind has a list of its own, here they stand in one, and speak of some actions only. */

import { quoted } from "../../../src/core/quoted.ts";
import { isShared, parseShared } from "../../../src/topics/names.ts";
import { filterFault } from "../rules/filters.ts";
import { hasPlaceholder } from "../rules/placeholders.ts";
import type { Rule, RuleAccess, RuleAction } from "../rules/types.ts";
import { flagIn, type JsonObject, numberIn, objectsIn, textIn } from "./json.ts";

const SHOWN = 80;

export function shown(text: string): string {
  return quoted(text, SHOWN);
}

/** One ACL that has a counterpart. */
interface Acl {
  readonly allow: boolean;
  readonly filter: string;
  readonly exact: boolean;
  readonly where: string;
}

interface Lists {
  readonly publish: readonly Acl[];
  readonly receive: readonly Acl[];
  readonly subscribe: readonly Acl[];
}

const KINDS = new Map<string, RuleAction | "unsubscribe">([
  ["publishclientsend", "publish"],
  ["publishclientreceive", "receive"],
  ["subscribeliteral", "subscribe"],
  ["subscribepattern", "subscribe"],
  ["unsubscribeliteral", "unsubscribe"],
  ["unsubscribepattern", "unsubscribe"],
]);

/** `file`: what it is called. `report`: is given a line for what has no counterpart. */
export function rulesOf(
  role: JsonObject,
  name: string,
  file: string,
  report: (line: string) => void,
): Rule[] {
  const say = (text: string): void => report(`Role ${shown(name)}: ${text}`);
  const reader = new AclReader(`${file}, role ${shown(name)}`, say);
  for (const [index, acl] of objectsIn(role, "acls")) reader.take(index, acl);
  const lists = reader.lists();
  if (!flagIn(role, "allowwildcardsubs", true)) {
    say("that subscriptions with wildcards are refused (allowwildcardsubs) has no counterpart");
  }
  return merged(lists);
}

class AclReader {
  readonly #of: string;
  readonly #say: (text: string) => void;
  readonly #lists: Record<RuleAction, { acl: Acl; priority: number }[]> = {
    publish: [],
    receive: [],
    subscribe: [],
  };
  /** One line for all of them. */
  #unsubscribes = 0;
  #controls = 0;

  constructor(of: string, say: (text: string) => void) {
    this.#of = of;
    this.#say = say;
  }

  take(index: number, acl: JsonObject): void {
    const type = textIn(acl, "acltype") ?? "";
    const kind = KINDS.get(type.toLowerCase());
    const topic = textIn(acl, "topic");
    const where = `acls[${index}]`;
    if (kind === undefined || topic === null) {
      return this.#say(
        kind === undefined
          ? `${where} left out: its type is ${shown(type)}`
          : `${where} left out: it has no topic`,
      );
    }
    if (kind === "unsubscribe") {
      this.#unsubscribes++;
      return;
    }
    const allow = flagIn(acl, "allow", false);
    const exact = type.toLowerCase() === "subscribeliteral";
    const filter = this.#filter(
      topic,
      `${where} ${allow ? "allows" : "denies"} ${type} of ${shown(topic)}`,
      allow,
      exact,
    );
    if (filter === null) return;
    this.#lists[kind].push({
      acl: { allow, filter, exact, where: `${this.#of}, ${where}` },
      priority: numberIn(acl, "priority", 0),
    });
  }

  /** By their priority; of subscriptions those to a literal filter first, whatever theirs is. */
  lists(): Lists {
    if (this.#unsubscribes > 0) {
      this.#say(`${count(this.#unsubscribes, "rule")} for UNSUBSCRIBE left out: everybody may`);
    }
    if (this.#controls > 0) {
      this.#say(
        `${count(this.#controls, "rule")} for $CONTROL/... left out: there is nothing to control there`,
      );
    }
    const { publish, receive, subscribe } = this.#lists;
    const sorted = (list: typeof publish): Acl[] =>
      [...list].sort((a, b) => b.priority - a.priority).map(({ acl }) => acl);
    const all = sorted(subscribe);
    return {
      publish: sorted(publish),
      receive: sorted(receive),
      subscribe: [...all.filter(({ exact }) => exact), ...all.filter(({ exact }) => !exact)],
    };
  }

  /** Null: it has no counterpart. */
  #filter(topic: string, what: string, allow: boolean, exact: boolean): string | null {
    if (topic === "$CONTROL" || topic.startsWith("$CONTROL/")) {
      this.#controls++;
      return null;
    }
    let filter = topic;
    if (isShared(topic)) {
      const shared = parseShared(topic);
      if (shared === null || !allow) {
        this.#say(`${what}: left out, shared subscriptions are granted and refused by their filter`);
        return null;
      }
      filter = shared.filter;
      this.#say(`${what}: now of ${shown(filter)}, for every group and for none`);
    }
    const fault = filterFault(filter);
    if (fault !== null) {
      this.#say(`${what}: left out, ${fault}`);
      return null;
    }
    if (hasPlaceholder(filter) && (exact || !filter.split("/").every(isWhole))) {
      this.#say(`${what}: left out, %c and %u are text there, and stand for the client here`);
      return null;
    }
    if (!allow && !exact && /^[+#]/.test(filter)) {
      this.#say(`${what}: here it is about topics that begin with $, too`);
    }
    return filter;
  }
}

/** In mosquitto 2.1 a placeholder is a whole level. */
function isWhole(level: string): boolean {
  return level === "%c" || level === "%u" || !hasPlaceholder(level);
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/**
 * One list that says of each action what its own says, in the same order. What stands at the head of several of them becomes one
 * rule, and is waited for where it still comes.
 */
function merged({ publish, receive, subscribe }: Lists): Rule[] {
  const queues = [
    new Queue("publish", publish),
    new Queue("subscribe", subscribe),
    new Queue("receive", receive),
  ];
  const rules: Rule[] = [];
  for (;;) {
    const open = queues.filter(({ head }) => head !== null);
    const next = open.find(({ key }) => !open.some((other) => other.key !== key && other.waits(key))) ??
      open[0];
    if (next === undefined) return rules;
    const { head, key } = next;
    const together = open.filter((queue) => queue.key === key);
    for (const queue of together) queue.shift();
    rules.push(ruleOf(head!, together.map(({ action }) => action)));
  }
}

class Queue {
  readonly action: RuleAction;
  readonly #list: readonly Acl[];
  readonly #keys: readonly string[];
  /** How often each still comes. */
  readonly #left: Map<string, number> = new Map();
  #at = 0;

  constructor(action: RuleAction, list: readonly Acl[]) {
    this.action = action;
    this.#list = list;
    this.#keys = list.map(({ allow, filter, exact }) => `${allow} ${exact} ${filter}`);
    for (const key of this.#keys) this.#left.set(key, (this.#left.get(key) ?? 0) + 1);
  }

  get head(): Acl | null {
    return this.#list[this.#at] ?? null;
  }

  /** What of the head makes it another one. */
  get key(): string {
    return this.#keys[this.#at] ?? "";
  }

  waits(key: string): boolean {
    return (this.#left.get(key) ?? 0) > 0;
  }

  shift(): void {
    this.#left.set(this.key, this.#left.get(this.key)! - 1);
    this.#at++;
  }
}

function ruleOf({ allow, filter, exact, where }: Acl, actions: readonly RuleAction[]): Rule {
  const rule = { access: allow ? accessFor(actions) : "deny", filter, where } as const;
  return { ...rule, ...(actions.length === 3 ? {} : { actions }), ...(exact ? { exact } : {}) };
}

/** What grants these. */
export function accessFor(actions: readonly RuleAction[]): RuleAccess {
  if (!actions.includes("publish")) return "read";
  return actions.length === 1 ? "write" : "readwrite";
}

/** Rules as plainly as they can be decided: what the real ones are compared with. */

import type { Rule, RuleAction, RuleOrder, RuleWho } from "../../../../hooks/auth/rules/types.ts";
import { naiveMatches } from "../../../topics/naive.ts";

/** Null: nobody can say. */
export function naiveDecision(
  rules: readonly Rule[],
  order: RuleOrder,
  who: RuleWho,
  action: RuleAction,
  topic: string,
): { allow: boolean; rule: Rule } | null {
  const asked = action === "subscribe" ? topic.replace(/^\$share\/[^/]+\//, "") : topic;
  const deciding = rules.map((rule) => ({ rule, allow: allows(rule, action) })).filter(({ rule, allow }) => {
    if (!(rule.actions ?? [action]).includes(action)) return false;
    const filter = naiveExpanded(rule.filter, who);
    if (filter === null) return false;
    if (rule.exact === true) return action === "subscribe" && filter === asked;
    const wide = action === "subscribe" ? naiveCovers(filter, asked) : naiveMatches(filter, asked);
    return wide || (!allow && asked.startsWith("$") && covers(filter.split("/"), asked.split("/")));
  });
  if (order === "longest") {
    const length = ({ filter }: Rule): number => new TextEncoder().encode(filter).length;
    const most = Math.max(...deciding.map(({ rule }) => length(rule)));
    const longest = deciding.filter(({ rule }) => length(rule) === most);
    return longest.find(({ allow }) => !allow) ?? longest[0] ?? null;
  }
  return deciding[0] ?? null;
}

function allows({ access }: Rule, action: RuleAction): boolean {
  const granted: Record<Rule["access"], readonly RuleAction[]> = {
    deny: [],
    read: ["subscribe", "receive"],
    write: ["publish"],
    readwrite: ["publish", "subscribe", "receive"],
  };
  return granted[access].includes(action);
}

function naiveExpanded(filter: string, { clientId, username }: RuleWho): string | null {
  const parts = filter.split(/(%c|%u)/);
  for (const [i, part] of parts.entries()) {
    if (part !== "%c" && part !== "%u") continue;
    const name = part === "%c" ? clientId : username;
    if (name === "" || [..."+#/\0"].some((bad) => name.includes(bad))) return null;
    if (name.startsWith("$") && parts.slice(0, i).join("") === "") return null;
    parts[i] = name;
  }
  return parts.join("");
}

/** Does the rule match everything that the filter can match? */
export function naiveCovers(rule: string, filter: string): boolean {
  if (filter.startsWith("$") && /^[+#]/.test(rule)) return false;
  // (`#` matches what has at least one level.)
  if (filter === "#" && rule === "+/#") return true;
  return covers(rule.split("/"), filter.split("/"));
}

function covers([rule, ...rules]: readonly string[], [level, ...levels]: readonly string[]): boolean {
  if (rule === undefined) return level === undefined;
  if (rule === "#") return true;
  if (level === undefined || level === "#") return false;
  if (rule !== "+" && rule !== level) return false;
  return covers(rules, levels);
}

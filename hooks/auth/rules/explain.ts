/** Which of the rules decides, with those around it, for people. */

import type { Explained, ExplainedRule } from "../../../src/hook/hook.ts";
import { neighboursOf } from "../../../src/hook/explained.ts";
import { quoted } from "../../../src/core/quoted.ts";
import type { Rule } from "./types.ts";

/** Characters of a filter. */
const SHOWN = 100;

export interface ExplainedRules {
  /** In the order in which they are asked. */
  readonly rules: readonly Rule[];
  /** What was decided; null: none is about that. `rule` is null where it was not by a rule. */
  readonly decision: { readonly allow: boolean; readonly rule: Rule | null } | null;
  /** What is answered where none is about that. */
  readonly otherwise: "deny" | undefined;
  /** Whom a rule is about, where that is more than its place says. */
  readonly whom?: (rule: Rule) => string | null;
  /** Why, where no rule has decided, and one is not all that counts. */
  readonly detail?: string | undefined;
}

/** For a hook that has something to say of the client. */
export function explainRules(
  { rules, decision, otherwise, whom = () => null, detail }: ExplainedRules,
): Explained {
  const shown = (rule: Rule): ExplainedRule => ruleShown(rule, whom(rule));
  const rule = decision?.rule ?? null;
  const neighbours = neighboursOf(rules, rule === null ? -1 : rules.indexOf(rule), shown);
  if (decision === null) return { answer: otherwise, neighbours, detail: detail ?? "no rule of it matches" };
  const answer = decision.allow ? "allow" : "deny";
  return rule === null ? { answer, neighbours, detail } : { answer, rule: shown(rule), neighbours };
}

/** `deny "a/#" for user "anna"`. */
function ruleShown({ access, filter, actions, exact, where }: Rule, whom: string | null): ExplainedRule {
  const only = actions === undefined || impliedBy(access, actions) ? "" : ` to ${actions.join(" and ")}`;
  const just = exact === true ? " exactly" : "";
  const who = whom === null ? "" : ` for ${whom}`;
  return { where, text: `${access}${only}${just} ${quoted(filter, SHOWN)}${who}` };
}

/** (`read` that is about reading alone, and the like.) */
function impliedBy(access: Rule["access"], actions: readonly string[]): boolean {
  if (access === "read") return !actions.includes("publish") && actions.length === 2;
  return access === "write" && actions.length === 1 && actions[0] === "publish";
}

/** Of a hook that only speaks of clients it has let in itself. */
export const NOT_LET_IN: Explained = { detail: "it has not let the client in" };

/** How a hook says why it answers as it does: for `Server.explain`, and for the log's line of a refusal. */

import { printable } from "../core/quoted.ts";
import type { Action } from "./answers.ts";
import { checkedReason, isNothing } from "./checked_answers.ts";
import type { Reason } from "../packets/reason.ts";

/** What is asked about: `connect`, whether the client may connect at all, or what access control is asked. */
export type ExplainedAction = "connect" | Action;

/** A rule, a line of a file or a row, as people are shown it. */
export interface ExplainedRule {
  /** Where it stands: `file:line`, `file:line:column`, a row or the path in an object. */
  readonly where: string;
  /** What it says, on one line. Never a password, a hash or a key. */
  readonly text: string;
}

/** What a hook says of its answer. */
export interface Explained {
  /**
   * What it answers to that; `credentials`: that depends on the password, token or certificate the client gives; left out: it
   * has no opinion.
   */
  readonly answer?: "allow" | "deny" | "credentials" | undefined;
  /** The rule that decides; left out where none does. */
  readonly rule?: ExplainedRule | undefined;
  /** Rules before and after it, itself among them, in the order in which they are asked. A handful. */
  readonly neighbours?: readonly ExplainedRule[] | undefined;
  /** What a client is refused with, where it is another reason than the usual one. */
  readonly reason?: Reason | undefined;
  /** Anything else there is to say, in a few words. */
  readonly detail?: string | undefined;
}

const MOST = 1000;
const MOST_RULES = 20;
const ANSWERS: readonly unknown[] = ["allow", "deny", "credentials", undefined];

/** What a hook said, as far as it means anything: code without types may say anything. */
export function checkedExplained(said: unknown): Explained | null {
  if (typeof said !== "object" || said === null) return null;
  const { answer, rule, neighbours, reason, detail } = said as Record<keyof Explained, unknown>;
  if (!ANSWERS.includes(answer)) {
    throw new Error(`it answered ${JSON.stringify(answer)}, which means nothing here`);
  }
  const rules = Array.isArray(neighbours)
    ? neighbours.map(checkedRule).filter((one) => one !== undefined)
    : [];
  return {
    answer: answer as Explained["answer"],
    rule: checkedRule(rule),
    neighbours: rules.length === 0 ? undefined : rules.slice(0, MOST_RULES),
    reason: isNothing(reason) ? undefined : checkedReason(reason),
    detail: typeof detail === "string" ? printable(detail, MOST) : undefined,
  };
}

function checkedRule(rule: unknown): ExplainedRule | undefined {
  if (typeof rule !== "object" || rule === null) return undefined;
  const { where, text } = rule as Record<keyof ExplainedRule, unknown>;
  if (typeof where !== "string" || typeof text !== "string") return undefined;
  return { where: printable(where, MOST), text: printable(text, MOST) };
}

/** So many rules are shown before the one that decides, and after it. */
const AROUND = 2;

/** The rules around one of a list; the first of them when none decides (-1). */
export function neighboursOf<T>(
  rules: readonly T[],
  decides: number,
  shown: (rule: T) => ExplainedRule,
): ExplainedRule[] {
  const at = Math.max(0, decides);
  return rules.slice(Math.max(0, at - AROUND), at + AROUND + 1).map(shown);
}

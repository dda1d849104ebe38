/** Which rule of a ledger decides, with those around it. */

import { quoted } from "../../../src/core/quoted.ts";
import type { Explained, ExplainedRule } from "../../../src/hook/hook.ts";
import { neighboursOf } from "../../../src/hook/explained.ts";
import { type Grant, type Grants, READ, type Wanted, WRITE } from "./grants.ts";
import type { Gate } from "./rulebook.ts";

const SHOWN = 100;
const ACCESSES = new Map([[0, "deny"], [READ, "read"], [WRITE, "write"], [READ | WRITE, "readwrite"]]);
const NONE = new Uint8Array();

/** `fallback`: what is answered when no filter decides. */
export function explainGrants(
  grants: Grants,
  asked: string,
  wanted: Wanted,
  fallback: "allow" | undefined,
): Explained {
  const at = grants.decider(asked, wanted);
  const decides = grants.list[at];
  const neighbours = neighboursOf(grants.list, at, grantText);
  if (decides === undefined) {
    const detail = fallback === undefined
      ? "no filter of it matches"
      : "no filter of it matches, it allows the topic then";
    return { answer: fallback, neighbours, detail };
  }
  const granted = (decides.access & wanted) !== 0;
  return { answer: granted ? "allow" : "deny", rule: grantText(decides), neighbours };
}

function grantText({ filter, access, where, who }: Grant): ExplainedRule {
  const what = filter === null ? "everything" : quoted(filter, SHOWN);
  return { where, text: `${ACCESSES.get(access)} ${what} for ${who}` };
}

/** Without a password: what it comes to with any, or that it depends on that. `otherwise`: when no rule has it. */
export function explainGates(gates: readonly Gate[], otherwise: "deny" | undefined): Explained {
  const neighbours = gates.slice(0, 5).map(gateText);
  const [first] = gates;
  if (first === undefined) return { answer: otherwise, detail: "no rule of it is about this client" };
  const open = first.secret.kind === "pattern" && first.secret.matches(NONE);
  if (open) return { answer: first.allow ? "allow" : "deny", rule: gateText(first), neighbours };
  // (Whichever of several has the password: without it nobody can say.)
  const one = gates.length === 1 ? { rule: gateText(first) } : {};
  if (!gates.some(({ allow }) => allow) && otherwise === "deny") {
    return { answer: "deny", ...one, neighbours, detail: "whatever the password" };
  }
  return { answer: "credentials", ...one, neighbours, detail: "that depends on the password" };
}

function gateText({ secret, allow, where, who }: Gate): ExplainedRule {
  const any = secret.kind === "pattern" && secret.matches(NONE);
  return {
    where,
    text: `${allow ? "let in" : "refuse"} ${who} ${any ? "with any password" : "with a password"}`,
  };
}

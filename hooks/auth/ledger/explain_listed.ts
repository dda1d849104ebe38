/** What a blacklist says of a client or a topic: it refuses, or it has no opinion. */

import type { Client, Explained } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import { neighboursOf } from "../../../src/hook/explained.ts";
import { explainGrants } from "./explain.ts";
import type { Grants, Wanted } from "./grants.ts";
import type { Rulebook } from "./rulebook.ts";

interface Entry {
  readonly where: string;
  readonly who: string;
}

/** Passwords are not looked at. */
export function explainListed(rules: Rulebook, client: Client): Explained {
  const refusal = rules.refusal(client);
  const entries = rules.entries(client);
  const text = (one: Entry & { readonly allow?: boolean }): { where: string; text: string } => ({
    where: one.where,
    text: `${one.allow === true ? "pass" : "refuse"} ${one.who}`,
  });
  const [first] = entries;
  if (refusal === null) {
    return { detail: first === undefined ? "it is not listed" : `${first.where} lets ${first.who} pass` };
  }
  const neighbours = refusal === first ? neighboursOf(entries, 0, text) : [];
  return { answer: "deny", reason: Reasons.banned, rule: text({ ...refusal, allow: false }), neighbours };
}

/** What it allows is asked of others. */
export function explainListedTopic(grants: Grants, asked: string, wanted: Wanted): Explained {
  const said = explainGrants(grants, asked, wanted, undefined);
  if (said.answer !== "allow") return said;
  return { neighbours: said.neighbours, detail: `${said.rule!.where} lets it pass` };
}

/** What a store of users says of a client, and which of its rows says so. */

import type { Action, Explained } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import { explainRules } from "../rules/explain.ts";
import type { RuleDecision } from "../rules/types.ts";
import type { LocalAccessStore } from "./local_store.ts";
import type { Account } from "./records.ts";
import type { Rights } from "./rights.ts";
import { shown } from "./validate.ts";

/** Without a password. `others`: connections the user has besides this one. */
export function explainLogin(username: string, account: Account | undefined, others: number): Explained {
  if (account === undefined) {
    return { detail: username === "" ? "there is no user name" : "the user is not in the store" };
  }
  const row = (text: string): Explained["rule"] => ({ where: `user ${shown(username)}`, text });
  if (account.hash === null) return { answer: "deny", rule: row("has no password") };
  if (!account.enabled) return { answer: "deny", rule: row("is disabled") };
  const { connections = Infinity } = account.limits;
  if (others >= connections) {
    const rule = row(`has ${others} of ${connections} connections`);
    return { answer: "deny", reason: Reasons.quotaExceeded, rule };
  }
  return { answer: "credentials", rule: row("with a password"), detail: "that depends on the password" };
}

/** Of a client that it has let in. `decision`: as it was decided. */
export function explainTopic(
  { store, rights }: { readonly store: LocalAccessStore; readonly rights: Rights },
  { username, action, decision }: {
    readonly username: string;
    readonly action: Action;
    readonly decision: RuleDecision | "all" | "gone" | null;
  },
): Explained {
  const account = store.account(username);
  if (decision === "gone") {
    return { answer: "deny", detail: `the user ${shown(username)} is not there any more` };
  }
  if (account === undefined) return { detail: "the user is not in the store" };
  if (decision === "all") {
    return { answer: "allow", rule: { where: `user ${shown(username)}`, text: "is a superuser" } };
  }
  const rules = rights.of(account).asked(action);
  const detail = rules.length === 0 ? "the user has no rule" : undefined;
  return explainRules({ rules, decision, otherwise: undefined, detail });
}

/** What the hook asks, whatever the rules came from. */

import type { Action } from "../../../src/hook/answers.ts";
import type { Rule, RuleWho } from "../rules/types.ts";
import type { AclDecision } from "./types.ts";

/** What one client may do. */
export interface AclRights {
  /** Null: no rule is about that. */
  decide(action: Action, topic: string): AclDecision | null;
  /** Those that are about the client and speak of that, in the order in which they are asked; for people. */
  asked(action: Action): readonly Rule[];
}

/** The rules of one moment. */
export interface AclRules {
  readonly size: number;
  /** They hold as long as the names are the same. */
  rights(who: RuleWho): AclRights;
  /** Whom a rule of them is about; for people. */
  whom(rule: Rule): string;
}

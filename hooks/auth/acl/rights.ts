/** What the hook asks, whatever the rules came from. */

import type { Action } from "../../../src/hook/answers.ts";
import type { RuleWho } from "../rules/types.ts";
import type { AclDecision } from "./types.ts";

/** What one client may do. */
export interface AclRights {
  /** Null: no rule is about that. */
  decide(action: Action, topic: string): AclDecision | null;
}

/** The rules of one moment. */
export interface AclRules {
  readonly size: number;
  /** They hold as long as the names are the same. */
  rights(who: RuleWho): AclRights;
}

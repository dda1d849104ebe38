/** What users may do, by their own rules and those of their roles: put together when somebody asks, once for all with the same. */

import { RuleSet } from "../rules/rule_set.ts";
import type { Rule } from "../rules/types.ts";
import type { LocalAccessStore } from "./local_store.ts";
import type { Account } from "./records.ts";
import type { StoredRule } from "./types.ts";
import { shown } from "./validate.ts";

export class Rights {
  readonly #store: LocalAccessStore;
  /** Of users with rules of their own. */
  #ofAccount: WeakMap<Account, RuleSet> = new WeakMap();
  /** Of those without, by their roles. */
  #ofRoles: Map<string, RuleSet> = new Map();

  constructor(store: LocalAccessStore) {
    this.#store = store;
  }

  /** Roles or their order have changed. (Users that change are others then.) */
  forget(): void {
    this.#ofAccount = new WeakMap();
    this.#ofRoles = new Map();
  }

  of(account: Account): RuleSet {
    const known = this.#ofAccount.get(account);
    if (known !== undefined) return known;
    const made = account.rules.length > 0 ? this.#made(account) : this.#shared(account);
    this.#ofAccount.set(account, made);
    return made;
  }

  #shared(account: Account): RuleSet {
    const key = JSON.stringify(account.roles);
    let made = this.#ofRoles.get(key);
    if (made === undefined) this.#ofRoles.set(key, made = this.#made(account));
    return made;
  }

  #made({ name, rules, roles }: Account): RuleSet {
    const all = named(`user ${shown(name)}`, rules);
    for (const role of roles) all.push(...named(`role ${shown(role)}`, this.#store.rulesOf(role)));
    return new RuleSet(all, this.#store.currentOrder);
  }
}

function named(owner: string, rules: readonly StoredRule[]): Rule[] {
  return rules.map((rule, i) => ({ ...rule, where: `${owner}, rule ${i + 1}` }));
}

/** Rules for the clients of one back end alone. */

import type { MaybePromise } from "../../../src/core/maybe_promise.ts";
import type {
  Action,
  Client,
  Explained,
  ExplainedAction,
  Hook,
  HookHost,
  Opinion,
} from "../../../src/hook/hook.ts";
import { NOT_LET_IN } from "../rules/explain.ts";
import type { LetIn } from "./let_in.ts";

/** What a hook says about topics, of those that another one has let in. */
export class OwnTopics implements Hook {
  readonly id: string;
  readonly #of: LetIn;
  readonly #rules: Hook;

  /** `of`: whose clients; `rules`: what is asked about them. */
  constructor(of: LetIn, rules: Hook) {
    this.id = rules.id;
    this.#of = of;
    this.#rules = rules;
  }

  /** Called by the server. */
  init(host: HookHost): MaybePromise<void> {
    return this.#rules.init?.(host);
  }

  /** Called by the server. */
  onStopped(): MaybePromise<void> {
    return this.#rules.onStopped?.();
  }

  /** No opinion of all others. */
  onAclCheck(client: Client, action: Action, topic: string): MaybePromise<Opinion> {
    return this.#of.has(client) ? this.#rules.onAclCheck?.(client, action, topic) : undefined;
  }

  /** As the rules explain it. */
  onExplain(client: Client, action: ExplainedAction, topic: string): Explained | void {
    if (action === "connect") return;
    return this.#of.has(client) ? this.#rules.onExplain?.(client, action, topic) : NOT_LET_IN;
  }
}

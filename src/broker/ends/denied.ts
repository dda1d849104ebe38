/** Which hook has said no and which rule of it, as it explains that itself. Looked for only when there is a line of it. */

import type { Client } from "../../hook/client.ts";
import type { EventCode } from "../../core/codes.ts";
import type { LogFields } from "../../core/log.ts";
import type { Hooks } from "../../hook/dispatcher.ts";
import type { Explained, ExplainedAction } from "../../hook/explained.ts";

/** What the line says besides; undefined: nobody knows more. `code`, `given`: of the line. */
export function ruleOf(
  hooks: Hooks,
  client: Client | null,
  code: EventCode,
  given: LogFields,
): (() => LogFields) | undefined {
  if (client === null || hooks.on.onExplain.length === 0) return undefined;
  const { method, hook, filter, topic } = given;
  if (method === "onAclCheck") {
    const about = filter ?? topic;
    const action = filter !== undefined ? "subscribe" : ACTIONS.get(code) ?? "publish";
    return about === undefined ? undefined : () => ofAccess(hooks, client, action, about, given);
  }
  if (method !== "onConnectAuthenticate" && method !== "onConnect") return undefined;
  const asked = hooks.all.find(({ id }) => id === hook);
  if (asked?.onExplain === undefined) return undefined;
  return () => shown(hooks.explained(asked, client, "connect", ""), given);
}

const ACTIONS: ReadonlyMap<EventCode, ExplainedAction> = new Map<EventCode, ExplainedAction>([
  ["will-refused", "will"],
  ["delivery-withheld", "deliver"],
]);

/** The first that has an opinion has decided; one that explains nothing may be that. */
function ofAccess(
  hooks: Hooks,
  client: Client,
  action: ExplainedAction,
  topic: string,
  given: LogFields,
): LogFields {
  for (const hook of hooks.on.onAclCheck) {
    const said = hook.onExplain === undefined ? null : hooks.explained(hook, client, action, topic);
    if (said === null) return {};
    if (said.answer === undefined) continue;
    // (Another answer by now: what has decided is gone.)
    return said.answer === "deny" ? { hook: hook.id, ...shown(said, given) } : {};
  }
  return given.detail === undefined ? { detail: "no hook allows it" } : {};
}

function shown(said: Explained | null, given: LogFields): LogFields {
  if (typeof said?.rule?.where === "string") return { rule: said.rule.where };
  return given.detail === undefined && typeof said?.detail === "string" ? { detail: said.detail } : {};
}

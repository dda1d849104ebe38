/** May this client do that? What access control said of a publish is remembered while nothing changes. */

import type { Client } from "../../hook/client.ts";
import type { Action } from "../../hook/answers.ts";
import type { MaybePromise } from "../../core/maybe_promise.ts";
import type { Hooks } from "../../hook/dispatcher.ts";

const SYSTEM = "$SYS/";
const STATE_OF = "$SYS/broker/connection/";
const STATE = "/state";

export function isSystemTopic(topic: string): boolean {
  return topic.startsWith(SYSTEM) || topic === "$SYS";
}

/**
 * `$SYS/broker/connection/<name>/state`: a bridge says there whether it is connected, with its will and a retained
 * message. It is an ordinary topic.
 */
export function isBridgeState(topic: string): boolean {
  return topic.startsWith(STATE_OF) && topic.endsWith(STATE) &&
    topic.indexOf("/", STATE_OF.length) === topic.length - STATE.length;
}

/** Topics only the server publishes to, unless a hook says otherwise. */
export function isServerTopic(topic: string): boolean {
  return isSystemTopic(topic) && !isBridgeState(topic);
}

/** May a client publish there at all, whatever its own rights are? */
export function isOpen(
  hooks: Hooks,
  client: Client,
  action: "publish" | "will",
  topic: string,
): MaybePromise<boolean> {
  if (client.inline || !isSystemTopic(topic)) return true;
  return hooks.decide(
    "onServerTopic",
    (hook) => hook.onServerTopic!(client, action, topic),
    () => isBridgeState(topic),
  );
}

/** Asks access control. The program itself may do everything. */
export function mayDo(
  hooks: Hooks,
  client: Client,
  action: Action,
  topic: string,
): MaybePromise<boolean> {
  if (client.inline) return true;
  return hooks.decide("onAclCheck", (hook) => hook.onAclCheck!(client, action, topic));
}

/** What is refused while its connection goes on: a line for each filter and each publish. */

import type { Client } from "../../hook/client.ts";
import type { LogFields } from "../../core/log.ts";
import type { HookEvent } from "../../hook/dispatcher.ts";
import { type Reason, Reasons, reasonText } from "../../packets/reason.ts";
import type { Core } from "../core.ts";
import type { Durable } from "../durability/durable.ts";
import { isServerTopic } from "../access/access.ts";
import { type Cause, notOffered, topicBound } from "./cause.ts";
import { ruleOf } from "./denied.ts";
import { clientFields, type Connected, whoIs } from "./ended.ts";

/** A connection whose storage may be what says no. */
interface Refused extends Connected {
  readonly broker: Durable;
}

/** Which hook has said no, as far as that is known: with several it may have been any of them. */
export function deniedBy({ hooks }: Pick<Core, "hooks">, method: HookEvent): LogFields {
  const asked = hooks.on[method];
  if (asked.length === 0) return { method, detail: `no hook answers ${method}` };
  return { method, hook: asked.length === 1 ? asked[0]!.id : undefined };
}

/** SUBACK says no to some of the filters. `codes`: as MQTT 5 has them. */
export function tellRefusedFilters(
  connection: Refused,
  filters: readonly string[],
  codes: readonly number[],
): void {
  const { broker } = connection;
  if (!broker.events.wantsCode("subscribe-refused")) return;
  codes.forEach((code, i) => {
    if (code < 0x80) return;
    const filter = filters[i]!;
    const line = {
      ...whoIs(connection),
      filter,
      reason: reasonText(code),
      reasonCode: code,
      ...whyNotFilter(broker, filter, code),
    };
    broker.events.tell(
      "subscribe-refused",
      line,
      ruleOf(broker.hooks, connection.client, "subscribe-refused", line),
    );
  });
}

/** MQTT 3.1 has no word for it: the connection ends. */
export function filterCause(broker: Durable, filter: string, code: number): Cause {
  const { detail, ...why } = whyNotFilter(broker, filter, code);
  const end = "MQTT 3.1 has no word for that, the connection ends";
  return {
    code: "subscribe-refused",
    filter,
    ...why,
    detail: detail === undefined ? end : `${detail}; ${end}`,
  };
}

/** (0x80 stands for 0x87 where that is to be obscured.) */
function whyNotFilter(broker: Durable, filter: string, code: number): LogFields {
  const { capabilities, limits, persistence } = broker;
  switch (code) {
    case Reasons.notAuthorized.code:
    case Reasons.unspecifiedError.code:
      return deniedBy(broker, "onAclCheck");
    case Reasons.topicFilterInvalid.code:
      return topicBound(limits, filter) ?? { detail: "that is no topic filter" };
    case Reasons.sharedSubscriptionsNotSupported.code:
      return notOffered(capabilities, "sharedSubAvailable");
    case Reasons.wildcardSubscriptionsNotSupported.code:
      return notOffered(capabilities, "wildcardSubAvailable");
    case Reasons.implementationSpecificError.code:
      return { ...deniedBy(broker, "onSubscribe"), detail: "the hook failed" };
    case Reasons.quotaExceeded.code:
      if (persistence?.failing === true) return { detail: "the storage cannot be written" };
      return { setting: "limits.subscriptions", limit: limits.subscriptions };
    default:
      return {};
  }
}

/** UNSUBACK says no to some of the filters. */
export function tellRefusedUnsubscribe(
  connection: Connected,
  filters: readonly string[],
  codes: readonly number[],
): void {
  const { events } = connection.broker;
  if (!events.wantsCode("unsubscribe-refused")) return;
  codes.forEach((code, i) => {
    if (code < 0x80) return;
    events.tell("unsubscribe-refused", {
      ...whoIs(connection),
      filter: filters[i]!,
      reason: reasonText(code),
      reasonCode: code,
    });
  });
}

/** A publish that goes nowhere; of QoS 0, and in 3.x, only the log says so. */
export function tellRefusedPublish(
  connection: Connected,
  topic: string,
  reason: Reason,
  why: LogFields = {},
): void {
  const { events, hooks } = connection.broker;
  if (!events.wantsCode("publish-refused")) return;
  const { text, code } = reason;
  const line = { ...whoIs(connection), topic, reason: text, reasonCode: code, ...why };
  events.tell("publish-refused", line, ruleOf(hooks, connection.client, "publish-refused", line));
}

/** A client does not get what is published to a topic it has subscribed to. */
export function tellWithheld({ events, hooks }: Core, client: Client, topic: string): void {
  if (!events.wantsCode("delivery-withheld")) return;
  const line = { ...clientFields(client), topic, ...deniedBy({ hooks }, "onAclCheck") };
  events.tell("delivery-withheld", line, ruleOf(hooks, client, "delivery-withheld", line));
}

/** Why access control has said no to a publish or a will. */
export function deniedTopic(broker: Core, topic: string): LogFields {
  return isServerTopic(topic) ? { detail: "a topic of the server" } : deniedBy(broker, "onAclCheck");
}

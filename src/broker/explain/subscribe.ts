/** What would become of a subscription. */

import { type Reason, Reasons } from "../../packets/reason.ts";
import { utf8Length } from "../../packets/wire.ts";
import { hasWildcard, isShared, isTopicFilter, levelCount, parseShared } from "../../topics/names.ts";
import type { Parts } from "../parts.ts";
import { askAccess, notAsked, unauthorized } from "./access.ts";
import type { Question } from "./question.ts";
import type { Trail } from "./trail.ts";
import { number } from "./words.ts";

export async function explainSubscribe(parts: Parts, trail: Trail, question: Question): Promise<void> {
  const { client, session, topic } = question;
  // (What CONNACK has said is not there is looked at first. 3.x had none that could say it: there a filter is refused.)
  if (question.version === 5) lookAtCapabilities(parts, trail, question);
  if (trail.denial === null) {
    notAsked(parts, trail, ["onPacketRead", "onSubscribe"], "it may refuse or change the packet");
    lookAtFilter(parts, trail, question);
  }
  if (trail.denial === null && question.version !== 5) lookAtCapabilities(parts, trail, question);
  if (trail.denial === null) {
    await askAccess(parts, trail, client, "subscribe", topic, unauthorized(parts));
  }
  if (trail.denial === null) lookAtRoom(parts, trail, question);
  if (trail.denial !== null) trail.add("storage", "skipped", "not asked: nothing to commit");
  else if (parts.persistence === null || session?.kept !== true) {
    trail.add("storage", "pass", "nothing to commit: the session is kept nowhere");
  } else {
    trail.add(
      "storage",
      "pass",
      `it is committed before it is acknowledged (${parts.persistence.status.name})`,
    );
  }
}

function lookAtCapabilities({ capabilities }: Parts, trail: Trail, { topic, version }: Question): void {
  const how = version === 4 ? "answered" : "ended";
  if (isShared(topic) && !capabilities.sharedSubAvailable) {
    const text = "capabilities.sharedSubAvailable is false";
    const said = "shared subscriptions are not supported";
    trail.deny("limits", { reason: Reasons.sharedSubscriptionsNotSupported, how, text, said });
  } else if (!capabilities.wildcardSubAvailable && hasWildcard(topic)) {
    const text = "capabilities.wildcardSubAvailable is false";
    const said = "wildcard subscriptions are not supported";
    trail.deny("limits", { reason: Reasons.wildcardSubscriptionsNotSupported, how, text, said });
  }
}

function lookAtFilter({ limits }: Parts, trail: Trail, { topic, version }: Question): void {
  const filter = isShared(topic) ? parseShared(topic)?.filter ?? "" : topic;
  const length = utf8Length(topic);
  const levels = levelCount(topic);
  const why = !isTopicFilter(filter)
    ? "that is no topic filter"
    : length > limits.topicLength
    ? `the filter has ${number(length)} bytes, limits.topicLength is ${number(limits.topicLength)}`
    : levels > limits.topicLevels
    ? `the filter has ${number(levels)} levels, limits.topicLevels is ${number(limits.topicLevels)}`
    : null;
  if (why !== null) return refuse(trail, Reasons.topicFilterInvalid, version, why);
  const most = `${number(length)} of ${number(limits.topicLength)} bytes`;
  trail.add("limits", "pass", `filter ${most}, ${levels} of ${limits.topicLevels} levels`);
}

function lookAtRoom(
  { limits, persistence }: Parts,
  trail: Trail,
  { session, topic, version }: Question,
): void {
  if (session === null) return;
  const { size } = session.subscriptions;
  if (persistence?.failing === true && session.kept) {
    return refuse(trail, Reasons.quotaExceeded, version, "the storage cannot be written");
  }
  if (session.subscriptions.has(topic)) {
    return trail.add("subscriptions", "pass", "it has subscribed to that filter: it is replaced", {
      count: size,
    });
  }
  const many = `${number(size)} of ${number(limits.subscriptions)} (limits.subscriptions)`;
  if (size >= limits.subscriptions) refuse(trail, Reasons.quotaExceeded, version, many);
  else trail.add("subscriptions", "pass", `it has ${many}`, { count: size });
}

/** MQTT 3.1 has no word for it: the connection ends. */
function refuse(trail: Trail, reason: Reason, version: number, text: string): void {
  trail.deny("limits", { reason, how: version === 3 ? "ended" : "answered", text });
}

/** What would become of a publish, in the order in which a real one is looked at. */

import { type Reason, Reasons } from "../../packets/reason.ts";
import { utf8Length } from "../../packets/wire.ts";
import { isTopicName, levelCount } from "../../topics/names.ts";
import type { Parts } from "../parts.ts";
import { askAccess, askServerTopic, notAsked } from "./access.ts";
import type { Question } from "./question.ts";
import { type Receivers, receiversOf } from "./receivers.ts";
import type { Trail } from "./trail.ts";
import { counted, number } from "./words.ts";

export async function explainPublish(parts: Parts, trail: Trail, question: Question): Promise<Receivers> {
  lookAtLimits(parts, trail, question);
  const receivers = isTopicName(question.topic)
    ? await receiversOf(parts, question.topic, question.qos, question.session)
    : { matching: 0, anybody: false, kept: false };
  if (trail.denial === null) await askHooks(parts, trail, question);
  tellReceivers(trail, receivers);
  tellStorage(parts, trail, question, receivers);
  return receivers;
}

function lookAtLimits(
  { capabilities, limits, overload, persistence }: Parts,
  trail: Trail,
  asked: Question,
): void {
  const { topic, qos, retain, version } = asked;
  const ended = (text: string, reason: Reason, said: string): void =>
    trail.deny("limits", { reason, how: "ended", text, said });
  const noTopic = (text: string): void =>
    ended(text, Reasons.topicNameInvalid, "the topic name has wildcards, or is too long or deep");
  if (!isTopicName(topic)) return noTopic("the topic name has wildcards");
  const length = utf8Length(topic);
  const levels = levelCount(topic);
  if (length > limits.topicLength) {
    const most = number(limits.topicLength);
    return noTopic(`the topic has ${number(length)} bytes, limits.topicLength is ${most}`);
  }
  if (levels > limits.topicLevels) {
    const most = number(limits.topicLevels);
    return noTopic(`the topic has ${number(levels)} levels, limits.topicLevels is ${most}`);
  }
  if (qos > capabilities.maximumQos) {
    const text = `capabilities.maximumQos is ${capabilities.maximumQos}, and it is QoS ${qos}`;
    return ended(text, Reasons.qosNotSupported, `QoS ${qos} is not supported`);
  }
  if (retain && version === 5 && !capabilities.retainAvailable) {
    const said = "retained messages are not supported";
    return ended("capabilities.retainAvailable is false", Reasons.retainNotSupported, said);
  }
  // 3.x can't be told but by the end of the connection.
  const told = version === 5 ? "answered" : "ended";
  const why = qos === 0
    ? null
    : overload.high
    ? { reason: Reasons.quotaExceeded, text: "memory is short (limits.memory)" }
    : persistence?.failing === true
    ? {
      reason: told === "answered" ? Reasons.quotaExceeded : Reasons.serverBusy,
      text: "the storage cannot be written",
    }
    : null;
  if (why !== null) return trail.deny("limits", { ...why, how: told });
  const most = `${number(length)} of ${number(limits.topicLength)} bytes`;
  trail.add("limits", "pass", `topic ${most}, ${levels} of ${limits.topicLevels} levels, QoS ${qos}`);
}

async function askHooks(parts: Parts, trail: Trail, { client, topic }: Question): Promise<void> {
  notAsked(parts, trail, ["onPacketRead"], "it may refuse or change the packet");
  await askServerTopic(parts, trail, client, topic, Reasons.notAuthorized);
  if (trail.denial !== null) return;
  await askAccess(parts, trail, client, "publish", topic, Reasons.notAuthorized);
  if (trail.denial !== null) return;
  notAsked(parts, trail, ["onPublish"], "it may refuse or change the message");
}

function tellReceivers(trail: Trail, { matching, anybody }: Receivers): void {
  const more = { count: matching };
  const many = counted(matching, "subscription");
  const match = matching === 1 ? "matches" : "match";
  if (trail.denial !== null) {
    const would = matching === 0 ? "no subscription would have matched" : `${many} would have matched`;
    trail.add("receivers", "skipped", `not asked: ${would}`, more);
  } else if (matching === 0) trail.add("receivers", "pass", "no subscription matches", more);
  else if (anybody === false) {
    trail.add("receivers", "pass", `${many} ${match}, and none of them may or can receive it`, more);
  } else trail.add("receivers", "pass", `${many} ${match}`, more);
}

function tellStorage(
  { persistence }: Parts,
  trail: Trail,
  { qos, retain }: Question,
  { kept }: Receivers,
): void {
  if (trail.denial !== null) {
    trail.add("storage", "skipped", "not asked: nothing to commit");
    return;
  }
  if (persistence === null) {
    trail.add("storage", "pass", "none: what waits and what is retained stays in memory");
  } else if (retain || (qos > 0 && kept)) {
    trail.add("storage", "pass", `it is committed before it is acknowledged (${persistence.status.name})`);
  } else trail.add("storage", "pass", "nothing to commit: it is kept for nobody");
}

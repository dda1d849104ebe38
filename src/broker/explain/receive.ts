/** Would a client get what is published to a topic? */

import { Reasons } from "../../packets/reason.ts";
import type { QoS } from "../../packets/types.ts";
import type { Subscription } from "../../session/subscription.ts";
import { topicMatches } from "../../topics/match.ts";
import { isTopicName, parseShared } from "../../topics/names.ts";
import type { Parts } from "../parts.ts";
import { askAccess, notAsked } from "./access.ts";
import type { Question } from "./question.ts";
import type { Trail } from "./trail.ts";
import { counted, number, shown } from "./words.ts";

/** As what it gets it. */
export interface Received {
  readonly qos: QoS;
  readonly retain: boolean;
  readonly identifiers: readonly number[];
}

const NAMED = 3;

/** Null: not at all, or nobody knows. */
export async function explainReceive(
  parts: Parts,
  trail: Trail,
  question: Question,
): Promise<Received | null> {
  const { client, session, topic } = question;
  if (!isTopicName(topic)) {
    const text = "that is no topic name: nothing can be published to it";
    trail.deny("limits", { reason: Reasons.topicNameInvalid, how: "answered", text });
    return null;
  }
  const matching = session === null
    ? null
    : [...session.subscriptions.values()].filter(({ filter }) => matches(filter, topic));
  tellSubscriptions(trail, question, matching);
  if (trail.denial !== null) return null;
  await askAccess(parts, trail, client, "deliver", topic, Reasons.notAuthorized);
  if (trail.denial !== null) return null;
  const events = ["onSelectSubscribers", "onDeliver"] as const;
  notAsked(parts, trail, events, "it may leave this client out, or change the message");
  const received = matching === null ? null : receivedOf(matching, question);
  tellQueue(parts, trail, question, received);
  return received;
}

function matches(filter: string, topic: string): boolean {
  return topicMatches(parseShared(filter)?.filter ?? filter, topic);
}

function tellSubscriptions(
  trail: Trail,
  { session }: Question,
  matching: readonly Subscription[] | null,
): void {
  if (matching === null) {
    trail.add("subscriptions", "unknown", "nobody knows what it would subscribe to");
    return;
  }
  const count = matching.length;
  if (count === 0) {
    const all = session!.subscriptions.size;
    const text = all === 0
      ? "it has no subscriptions"
      : `none of its ${counted(all, "subscription")} matches`;
    trail.deny("subscriptions", { reason: Reasons.noMatchingSubscribers, how: "answered", text }, { count });
    return;
  }
  const filters = matching.slice(0, NAMED).map(({ filter, qos }) => `${shown(filter)} with QoS ${qos}`);
  const more = count > NAMED ? ` and ${number(count - NAMED)} more` : "";
  const shared = matching.some(({ group }) => group !== null) ? "; of a shared one, one member gets it" : "";
  trail.add("subscriptions", "pass", `${filters.join(", ")}${more}${shared}`, { count });
}

/** One copy, with the highest QoS and all identifiers; of shared subscriptions one of its own each. */
function receivedOf(all: readonly Subscription[], { qos, retain, session }: Question): Received {
  const direct = all.filter(({ group }) => group === null);
  const matching = direct.length > 0 ? direct : all.slice(0, 1);
  const highest = Math.max(...matching.map((one) => one.qos));
  return {
    qos: Math.min(highest, qos) as QoS,
    retain: retain && session!.optionsHold && matching.some(({ retainAsPublished }) => retainAsPublished),
    identifiers: matching.flatMap(({ identifiers }) => identifiers ?? []),
  };
}

function tellQueue({ limits }: Parts, trail: Trail, { session }: Question, received: Received | null): void {
  if (session === null || received === null) return;
  const waiting = session.queuedCount;
  const queue = `${number(waiting)} of ${number(limits.queuedMessages)} messages wait for it`;
  if (session.outlet !== null) trail.add("limits", "pass", `it is connected; ${queue}`);
  else if (received.qos === 0) {
    const text = "it is away, and QoS 0 waits for nobody";
    trail.deny("limits", { reason: Reasons.noMatchingSubscribers, how: "answered", text });
  } else trail.add("limits", "pass", `it is away: the message waits for it; ${queue}`);
}

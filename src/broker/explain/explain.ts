/**
 * Why something is allowed or refused: everything that a real packet meets is looked at in its order, and nothing is changed by
 * that. Hooks are asked what they are asked anyway, but for those that see a packet or a password.
 */

import type { Client } from "../../hook/client.ts";
import { type Reason, Reasons } from "../../packets/reason.ts";
import type { Packet } from "../../packets/types.ts";
import { askBefore, type ConnectParts, explainConnect, lookAtBans, welcomeOf } from "./connect.ts";
import { explainPublish } from "./publish.ts";
import { type Question, questionOf } from "./question.ts";
import { explainReceive, type Received } from "./receive.ts";
import type { Receivers } from "./receivers.ts";
import { explainSubscribe } from "./subscribe.ts";
import { type Denial, Trail } from "./trail.ts";
import type { ExplainedPacket, ExplainRequest, Explanation } from "./types.ts";
import {
  connectRefusal,
  disconnectOf,
  publishAnswer,
  publishTo,
  type Reader,
  readerOf,
  shownPacket,
  subscribeAnswer,
} from "./wire.ts";
import { shown, versionText } from "./words.ts";

/** What is known of the listeners. */
export interface ExplainListeners {
  /** Where somebody comes in of whom it is not said. */
  readonly first: string;
  /** Null: there is none with that id. */
  find(id: string): { readonly protocol: string; readonly address: string } | null;
}

/** Throws a TypeError when the question is none, an Error when nobody has that client id. */
export async function explain(
  parts: ConnectParts,
  listeners: ExplainListeners,
  request: ExplainRequest,
): Promise<Explanation> {
  const { clock } = parts;
  const question = questionOf(parts.sessions, request, listeners.first);
  const { action, client, state, topic, version } = question;
  const trail = new Trail(() => clock.monotonic());
  tellClient(trail, question);
  tellListener(trail, client, listeners);
  const answer = await through(parts, trail, question);
  const { denial, doubt, allowedBy } = trail;
  const outcome = denial !== null ? "refused" : doubt !== null ? "unknown" : "allowed";
  return {
    client: {
      clientId: client.id,
      username: client.username,
      address: client.remoteAddress,
      listener: client.listener,
      version,
      state,
    },
    action,
    topic,
    outcome,
    text: sentence(trail),
    reason: denial?.reason ?? null,
    hook: denial === null ? allowedBy?.hook ?? null : denial.hook ?? null,
    rule: (denial === null ? allowedBy?.rule : denial.rule) ?? null,
    steps: trail.steps,
    ...answer,
    microseconds: trail.microseconds,
  };
}

type Answer = Pick<Explanation, "wire" | "wireText">;

async function through(parts: ConnectParts, trail: Trail, question: Question): Promise<Answer> {
  const reader = readerOf(question.client, question.version);
  if (question.action === "connect") {
    explainConnect(parts, trail, question);
    return connectAnswer(parts, trail, question, reader);
  }
  lookAtBans(parts, trail, question);
  // (Whoever is connected has met them.)
  if (question.state !== "connected" && trail.denial === null) askBefore(parts, trail, question.client);
  if (trail.denial !== null) return { wire: null, wireText: "nothing: it cannot connect" };
  switch (question.action) {
    case "publish": {
      const receivers = await explainPublish(parts, trail, question);
      return publishedAnswer(trail, question, receivers, reader);
    }
    case "subscribe":
      await explainSubscribe(parts, trail, question);
      return subscribedAnswer(trail, question, reader, parts.capabilities.maximumQos);
    case "receive":
      return receivedAnswer(trail, question, await explainReceive(parts, trail, question), reader);
  }
}

function tellClient(trail: Trail, { client, state, version }: Question): void {
  const user = client.username === "" ? "no user name" : `user ${shown(client.username)}`;
  const where = {
    connected: `connected from ${client.remoteAddress}`,
    away: "away, its session is kept",
    unknown: "not looked for: who it would be",
  }[state];
  trail.add("client", "pass", `${shown(client.id)}, ${user}, ${versionText(version)}, ${where}`);
}

function tellListener(trail: Trail, { certificate, listener }: Client, listeners: ExplainListeners): void {
  const found = listeners.find(listener);
  const where = found === null ? "" : `, ${found.protocol} ${found.address}`;
  const certified = certificate === null ? "" : `, certificate ${shown(certificate.subject)}`;
  trail.add("listener", "pass", `${shown(listener)}${where}${certified}`);
}

function sentence({ denial, doubt, allowedBy, steps }: Trail): string {
  if (denial !== null) {
    const who = denial.hook === undefined || denial.rule !== undefined
      ? ""
      : `hook "${denial.hook}" says no: `;
    return `Refused: ${who}${denial.text}`;
  }
  if (doubt !== null) return `Nobody can say: ${doubt}`;
  const skipped = steps.filter(({ step, answer }) => step === "hook" && answer === "skipped");
  const asLongAs = skipped.length === 0
    ? ""
    : `, as long as ${[...new Set(skipped.map(({ hook }) => `"${hook}"`))].join(" and ")} does not stop it`;
  if (allowedBy?.rule !== undefined) {
    return `Allowed: ${allowedBy.rule.where}: ${allowedBy.rule.text}${asLongAs}`;
  }
  return `Allowed${allowedBy === null ? "" : ` by hook "${allowedBy.hook}"`}${asLongAs}`;
}

// --- what the client would be sent ---

function connectAnswer(parts: ConnectParts, trail: Trail, question: Question, reader: Reader): Answer {
  const { denial, doubt } = trail;
  if (denial === null) {
    const said = sent(reader, welcomeOf(parts, question));
    return doubt === null ? said : { ...said, wireText: "when it is let in" };
  }
  const packet = connectRefusal(reader, denial.reason);
  if (packet === null) return { wire: null, wireText: "nothing, and the end of the connection" };
  return sent(reader, packet, "then the end of the connection");
}

function publishedAnswer(
  trail: Trail,
  { qos }: Question,
  { matching, anybody }: Receivers,
  reader: Reader,
): Answer {
  const { denial } = trail;
  if (denial?.how === "ended") return ended(reader, denial);
  if (qos === 0) return { wire: null, wireText: "nothing: QoS 0 is not answered" };
  const reason: Reason = denial?.reason ??
    (matching === 0 || anybody === false ? Reasons.noMatchingSubscribers : Reasons.success);
  const silent = reader.version !== 5 && denial !== null;
  return sent(
    reader,
    publishAnswer(reader, qos, reason),
    silent ? `${versionText(reader.version)} cannot be told: an ordinary answer` : "",
  );
}

function subscribedAnswer(trail: Trail, { qos }: Question, reader: Reader, maximumQos: number): Answer {
  const { denial } = trail;
  if (denial?.how === "ended") return ended(reader, denial);
  const code = denial?.reason.code ?? Math.min(qos, maximumQos);
  const silent = reader.version === 3 && denial !== null;
  const text = silent ? "MQTT 3.1 cannot be told: as if it were granted" : "";
  return sent(reader, subscribeAnswer(reader, code, qos), text);
}

function receivedAnswer(
  trail: Trail,
  { topic, state }: Question,
  got: Received | null,
  reader: Reader,
): Answer {
  if (trail.denial !== null) return { wire: null, wireText: "nothing" };
  if (got === null) return { wire: null, wireText: "nobody knows: that depends on its subscriptions" };
  const packet = publishTo(topic, got.qos, got.retain, got.identifiers);
  const later = state === "connected" ? "" : ", when it comes back";
  return sent(reader, packet, `then the payload${later}`);
}

function ended(reader: Reader, { reason, said }: Denial): Answer {
  const packet = disconnectOf(reader, reason, said);
  if (packet === null) return { wire: null, wireText: "nothing, and the end of the connection" };
  return sent(reader, packet, "then the end of the connection");
}

function sent(reader: Reader, packet: Packet, wireText = ""): Answer {
  const wire: ExplainedPacket | null = shownPacket(reader, packet);
  return wire === null
    ? { wire, wireText: "nothing: the answer is larger than the client takes, and its connection ends" }
    : { wire, wireText };
}

/** Wills: an ordinary publish, at a time the client left to us. MQTT 5.0 sections 3.1.2.5 and 3.1.3.2. */

import type { Client } from "../../hook/client.ts";
import type { WillAnswer } from "../../hook/answers.ts";
import { isPromise, type MaybePromise } from "../../core/maybe_promise.ts";
import { NO_PROPERTIES, type Properties } from "../../packets/properties.ts";
import { type Reason, Reasons } from "../../packets/reason.ts";
import type { ConnectPacket, Will } from "../../packets/types.ts";
import { isText } from "../../packets/text_payload.ts";
import { Message } from "../../session/message.ts";
import type { Session } from "../../session/session.ts";
import type { DueWill } from "../../session/will.ts";
import { isTopicName } from "../../topics/names.ts";
import type { LogFields } from "../../core/log.ts";
import type { Distributor } from "../delivery/distribute.ts";
import type { Durable } from "../durability/durable.ts";
import { notOffered, type Refusal, topicBound } from "../ends/cause.ts";
import { clientFields } from "../ends/ended.ts";
import { ruleOf } from "../ends/denied.ts";
import { deniedTopic } from "../ends/refused.ts";
import { expiryTime } from "../delivery/expiry.ts";
import { checkedWill, isNothing } from "../../hook/checked_answers.ts";
import { isOpen, isServerTopic, mayDo } from "../access/access.ts";
import { shownMessage } from "../delivery/shown_message.ts";

/** What wills need of the broker. */
export interface WillParts extends Durable {
  readonly distributor: Distributor;
}

/** Why a will can't be accepted, before anybody is asked; null: it can. */
export function checkWill(broker: WillParts, packet: ConnectPacket): Refusal | null {
  const { topic, qos, retain, payload, properties } = packet.will!;
  const { capabilities, limits } = broker;
  const no = (reason: Reason, why: LogFields): Refusal => ({
    reason,
    cause: { code: "will-refused", topic, ...why },
  });
  if (broker.distributor.topicEntry(topic) === null) {
    broker.stats.refused.topic++;
    return no(Reasons.topicNameInvalid, topicBound(limits, topic) ?? { detail: "that is no topic name" });
  }
  // [MQTT-3.2.2-12] [MQTT-3.2.2-13]
  if (qos > capabilities.maximumQos) {
    return no(Reasons.qosNotSupported, notOffered(capabilities, "maximumQos", qos));
  }
  if (retain && !capabilities.retainAvailable) {
    return no(Reasons.retainNotSupported, notOffered(capabilities, "retainAvailable"));
  }
  const { responseTopic, payloadFormatIndicator } = properties;
  if (responseTopic !== undefined && !isTopicName(responseTopic)) {
    return no(Reasons.protocolError, { detail: "its response topic has wildcards" });
  }
  if (payloadFormatIndicator === 1 && !isText(payload)) {
    return no(Reasons.payloadFormatInvalid, { detail: "its payload is not UTF-8" });
  }
  return null;
}

/** Seconds; never longer than the session lives. [MQTT-3.1.3-9] */
export function willDelay(session: Session, will: Will): number {
  return Math.min(will.properties.willDelayInterval ?? 0, session.expiryInterval);
}

export class Wills {
  readonly #broker: WillParts;

  constructor(broker: WillParts) {
    this.#broker = broker;
  }

  /**
   * The connection ended without a proper DISCONNECT [MQTT-3.1.2-8]. The delay never outlives the session
   * [MQTT-3.1.3-9].
   */
  connectionLost(session: Session, will: Will, now: number): void {
    const delay = willDelay(session, will);
    if (delay === 0) void this.publish(session, will);
    else session.pendingWill = { will, at: now + delay * 1000 };
  }

  /**
   * Hooks may change it or take it back, and the right to it may have gone since CONNECT. While they take their time it
   * stays with a session that is kept: a server that starts after a crash publishes it.
   */
  publish(session: Session, will: Will): MaybePromise<void> {
    const final = this.#decide(session, will);
    const decided = !session.kept
      ? final
      : isPromise(final)
      ? final.then((later) => this.#receiversKnown(later))
      : this.#receiversKnown(final);
    if (!isPromise(decided)) return this.#publish(session, decided);
    if (!session.kept) return decided.then((later) => this.#publish(session, later));
    const at = this.#broker.clock.now();
    const due: DueWill = { will, at, decided: decided.then((later) => this.#decided(session, due, later)) };
    session.dueWill = due;
    return due.decided;
  }

  #decided(session: Session, due: DueWill, final: Will | null): void {
    const { persistence, hooks } = this.#broker;
    // (Nobody has answered: the server is closed, and the next one publishes it.)
    if (hooks.ended) return;
    this.#publish(session, final);
    // (Another one may have become due since.)
    if (session.dueWill !== due) return;
    session.dueWill = null;
    if (persistence?.closed === false) persistence.changed(session);
  }

  /** The will as it is to be published; null: it is not. */
  #decide(session: Session, will: Will): MaybePromise<Will | null> {
    const client = session.client;
    if (client === null) return isServerTopic(will.topic) ? null : will;
    const final = this.#throughHooks(client, will);
    return isPromise(final)
      ? final.then((later) => this.#allowed(client, later))
      : this.#allowed(client, final);
  }

  /** Once access control has said who may receive it: until then it is in nobody's session. */
  #receiversKnown(final: Will | null): MaybePromise<Will | null> {
    const entry = final === null ? null : this.#broker.distributor.topicEntry(final.topic);
    if (entry === null) return final;
    const { pending } = this.#broker.distributor.router.of(entry);
    return pending === null ? final : pending.then(() => this.#receiversKnown(final));
  }

  #throughHooks(client: Client, will: Will): MaybePromise<Will | null> {
    const { hooks } = this.#broker;
    if (hooks.on.onWill.length === 0) return will;
    let current = will;
    return hooks.ask<WillAnswer, Will | null>({
      event: "onWill",
      call: (hook) => hook.onWill!(client, current),
      take: (answer) => {
        if (answer === "drop") {
          this.#broker.stats.messagesDropped++;
          return null;
        }
        if (!isNothing(answer) && answer !== current) current = checkedWill(answer);
        return undefined;
      },
      failed: null,
      none: () => current,
    });
  }

  /** The will, null when it may not be published. */
  #allowed(client: Client, will: Will | null): MaybePromise<Will | null> {
    const broker = this.#broker;
    if (will === null) return null;
    const open = isOpen(broker.hooks, client, "will", will.topic);
    const right = (yes: boolean): MaybePromise<boolean> =>
      yes && (broker.hooks.on.onAclCheck.length === 0 || mayDo(broker.hooks, client, "will", will.topic));
    const answer = isPromise(open) ? open.then(right) : right(open);
    const decided = (yes: boolean): Will | null => {
      if (yes) return will;
      broker.stats.refused.notAuthorized++;
      broker.stats.messagesDropped++;
      const line = { ...clientFields(client), topic: will.topic, ...deniedTopic(broker, will.topic) };
      broker.events.tell("will-refused", line, ruleOf(broker.hooks, client, "will-refused", line));
      return null;
    };
    return isPromise(answer) ? answer.then(decided) : decided(answer);
  }

  #publish(session: Session, final: Will | null): void {
    if (final === null) return;
    const broker = this.#broker;
    const entry = broker.distributor.topicEntry(final.topic);
    if (entry === null) return;
    const message = new Message(
      entry.topic,
      entry.raw,
      final.payload,
      0,
      final.payload.length,
      final.qos,
      final.retain && broker.capabilities.retainAvailable,
      session.clientId,
      true,
      travelling(final.properties),
      expiryTime(broker, final.properties.messageExpiryInterval),
    );
    // It speaks for the client: No Local holds for it. [MQTT-3.8.3-3]
    broker.distributor.distribute(message, entry, session);
    broker.hooks.notify("onWillSent", session.clientId, shownMessage(broker, message));
  }
}

/** A will's properties that become the message's. */
function travelling(properties: Properties): Properties {
  const { willDelayInterval: _d, messageExpiryInterval: _e, ...rest } = properties;
  return Object.keys(rest).length === 0 ? NO_PROPERTIES : rest;
}

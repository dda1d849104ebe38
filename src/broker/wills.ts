/** Wills: an ordinary publish, at a time the client left to us. MQTT 5.0 sections 3.1.2.5 and 3.1.3.2. */

import type { Client } from "../hook.ts";
import { NO_PROPERTIES, type Properties } from "../packets/properties.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import type { ConnectPacket, Will } from "../packets/types.ts";
import { isText } from "../packets/text_payload.ts";
import { Message } from "../session/message.ts";
import type { Session } from "../session/session.ts";
import { isTopicName } from "../topics/names.ts";
import type { Broker } from "./broker.ts";
import { expiryTime } from "./expiry.ts";
import { isServerTopic } from "./permission.ts";

/** Why a will can't be accepted, before anybody is asked; null: it can. */
export function checkWill(broker: Broker, packet: ConnectPacket): Reason | null {
  const will = packet.will!;
  if (broker.topicEntry(will.topic) === null) {
    broker.stats.refused.topic++;
    return Reasons.topicNameInvalid;
  }
  if (isServerTopic(will.topic)) return Reasons.notAuthorized;
  // [MQTT-3.2.2-12] [MQTT-3.2.2-13]
  if (will.qos > broker.capabilities.maximumQos) return Reasons.qosNotSupported;
  if (will.retain && !broker.capabilities.retainAvailable) return Reasons.retainNotSupported;
  const { responseTopic, payloadFormatIndicator } = will.properties;
  if (responseTopic !== undefined && !isTopicName(responseTopic)) return Reasons.protocolError;
  if (payloadFormatIndicator === 1 && !isText(will.payload)) return Reasons.payloadFormatInvalid;
  return null;
}

/** Seconds; never longer than the session lives. [MQTT-3.1.3-9] */
export function willDelay(session: Session, will: Will): number {
  return Math.min(will.properties.willDelayInterval ?? 0, session.expiryInterval);
}

export class Wills {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /**
   * The connection ended without a proper DISCONNECT [MQTT-3.1.2-8]. The delay never outlives the session
   * [MQTT-3.1.3-9].
   */
  connectionLost(session: Session, will: Will, now: number): void {
    const delay = willDelay(session, will);
    if (delay === 0) this.publish(session, will);
    else session.pendingWill = { will, at: now + delay * 1000 };
  }

  publish(session: Session, will: Will): void {
    const broker = this.#broker;
    const client = session.client as Client | null;
    let final = will;
    if (client !== null) {
      for (const hook of broker.hooks.on.onWill) {
        try {
          final = hook.onWill(client, final) ?? final;
        } catch (error) {
          broker.hooks.failed(hook, "onWill", error);
        }
      }
      // The right may have been taken away since CONNECT; an answer that takes time was given then.
      if (broker.hooks.on.onAclCheck.length > 0) {
        const { topic } = final;
        if (broker.hooks.decide("onAclCheck", (h) => h.onAclCheck!(client, "will", topic)) === false) return;
      }
    }
    const entry = broker.topicEntry(final.topic);
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
    broker.publish(message, entry, session);
    broker.hooks.notify("onWillSent", session.clientId, message);
  }
}

/** A will's properties that become the message's. */
function travelling(properties: Properties): Properties {
  const { willDelayInterval: _d, messageExpiryInterval: _e, ...rest } = properties;
  return Object.keys(rest).length === 0 ? NO_PROPERTIES : rest;
}

/** PUBLISH from a client, MQTT 5.0 section 3.3: everything the hot path (`hot_path.ts`) leaves. */

import { decode } from "../../../packets/decode.ts";
import { NO_PROPERTIES, type Properties } from "../../../packets/properties.ts";
import { Malformed, type Reason, Reasons } from "../../../packets/reason.ts";
import { PacketType, type PublishPacket, type QoS } from "../../../packets/types.ts";
import { Message } from "../../../session/message.ts";
import type { TopicEntry } from "../../../topics/topic_table.ts";
import { resolveAlias } from "./inbound_aliases.ts";
import type { Connection } from "../../connection/connection.ts";
import { forwarded } from "../../delivery/forwarded.ts";
import { expiryTime } from "../../delivery/expiry.ts";
import { mayPublish } from "./right_to_publish.ts";
import { answer, deny, refusePublish } from "./answers.ts";
import { acceptable, cannotKeep, mustWait, oddProperties, refuseMalformed } from "./checks.ts";
import type { Routes } from "../../delivery/routes.ts";

/** False: it has to wait. */
export function handlePublish(
  connection: Connection,
  first: number,
  bytes: Uint8Array,
  body: number,
  end: number,
): boolean {
  const { broker, version } = connection;
  const qos = ((first >> 1) & 3) as QoS;
  const length = end - body < 2 ? -1 : (bytes[body]! << 8) | bytes[body + 1]!;
  const afterTopic = body + 2 + length;
  const payloadAt = afterTopic + (qos > 0 ? 2 : 0) + (version === 5 ? 1 : 0);
  // With neither properties nor anything odd there is no need for a packet object.
  const plain = length > 0 && payloadAt <= end && (qos as number) < 3 &&
    (qos > 0 || (first & 8) === 0 || version === 3) &&
    (version !== 5 || bytes[payloadAt - 1] === 0);
  const entry = plain ? broker.distributor.topics.get(bytes, body + 2, afterTopic) : null;
  const packetId = qos > 0 && plain ? (bytes[afterTopic]! << 8) | bytes[afterTopic + 1]! : 0;
  if (entry === null || (qos > 0 && packetId === 0)) {
    return handleUnusual(connection, first, bytes, body, end);
  }
  if (mustWait(connection, entry, qos, (first & 1) === 1, end - body)) return false;
  broker.stats.packetsReceived++;
  broker.stats.messagesReceived++;
  const retain = (first & 1) === 1;
  if (!acceptable(connection, entry.topic, qos, retain, packetId, NO_PROPERTIES, bytes, payloadAt, end)) {
    return true;
  }
  const allowed = mayPublish(connection, entry);
  if (allowed === true) {
    accept(connection, entry, qos, retain, packetId, bytes, payloadAt, end, NO_PROPERTIES, false);
  } else if (allowed === false) deny(connection, entry, qos, packetId);
  else {
    // What the answer is waited for with can't stay where it is.
    const payload = bytes.slice(payloadAt, end);
    acceptLater(connection, entry, allowed, qos, retain, packetId, payload, NO_PROPERTIES);
  }
  return true;
}

/** As a packet object: it has properties, or something is wrong with it. */
function handleUnusual(
  connection: Connection,
  first: number,
  bytes: Uint8Array,
  body: number,
  end: number,
): boolean {
  const { broker, version } = connection;
  const packet = decode(first, bytes, body, end, {
    version,
    maxUserProperties: broker.limits.userProperties,
  });
  if (packet instanceof Malformed) return refuseMalformed(connection, packet);
  if (packet.type !== PacketType.PUBLISH) return refuseMalformed(connection, null);
  const { qos, retain, packetId, payload, properties } = packet;
  const entry = resolveAlias(connection, packet);
  if (entry !== null && mustWait(connection, entry, qos, retain, end - body)) return false;
  broker.stats.packetsReceived++;
  broker.stats.messagesReceived++;
  if (entry === null) return true;
  const odd = oddProperties(properties);
  if (odd !== null) connection.malformed(odd, Reasons.protocolError);
  else if (
    acceptable(connection, entry.topic, qos, retain, packetId, properties, payload, 0, payload.length)
  ) {
    acceptLater(
      connection,
      entry,
      mayPublish(connection, entry),
      qos,
      retain,
      packetId,
      payload,
      properties,
    );
  }
  return true;
}

/** Once access control has answered. */
function acceptLater(
  connection: Connection,
  entry: TopicEntry<Routes>,
  answered: boolean | Promise<boolean>,
  qos: QoS,
  retain: boolean,
  packetId: number,
  payload: Uint8Array,
  properties: Properties,
): void {
  connection.after(answered, (allowed) => {
    if (!allowed) deny(connection, entry, qos, packetId);
    else {
      whenReceiversKnown(connection, entry, () => {
        accept(connection, entry, qos, retain, packetId, payload, 0, payload.length, properties, true);
      });
    }
  });
}

/**
 * Once access control has said who may receive messages of that topic: until then what is accepted is in nobody's
 * session, and an acknowledgement would promise what a crash takes away. (That was known before the packet was looked at;
 * since then a hook may have changed the topic, or somebody may have subscribed while its own right was asked for.)
 */
export function whenReceiversKnown(
  connection: Connection,
  entry: TopicEntry<Routes>,
  then: () => void,
): void {
  const { pending } = connection.broker.distributor.router.of(entry);
  if (pending === null) then();
  else connection.after(pending, () => whenReceiversKnown(connection, entry, then));
}

/** Distributes an allowed packet and acknowledges it; with what reason. */
export function acceptPacket(
  connection: Connection,
  packet: PublishPacket,
  entry: TopicEntry<Routes>,
): Reason {
  const { qos, retain, packetId, payload, properties } = packet;
  return accept(connection, entry, qos, retain, packetId, payload, 0, payload.length, properties, true);
}

function accept(
  connection: Connection,
  entry: TopicEntry<Routes>,
  qos: QoS,
  retain: boolean,
  packetId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  properties: Properties,
  owned: boolean,
): Reason {
  const { broker, session } = connection;
  if (cannotKeep(connection, entry.topic, qos, packetId)) return Reasons.quotaExceeded;
  const message = new Message(
    entry.topic,
    entry.raw,
    bytes,
    start,
    end,
    qos,
    retain && broker.capabilities.retainAvailable,
    session!.clientId,
    owned,
    forwarded(properties),
    expiryTime(broker, properties.messageExpiryInterval, broker.clock.recent),
  );
  const count = broker.distributor.distribute(message, entry, session);
  if (count === null) {
    const { limits, overload } = broker;
    const name = overload.high ? "memory" : "retained";
    const why = { setting: `limits.${name}`, limit: limits[name] };
    refusePublish(connection, entry.topic, qos, packetId, Reasons.quotaExceeded, why);
    return Reasons.quotaExceeded;
  }
  const reason = count === 0 ? Reasons.noMatchingSubscribers : Reasons.success;
  answer(connection, qos, packetId, reason);
  broker.publishTimes.distributed(connection.heardAt, qos);
  return reason;
}

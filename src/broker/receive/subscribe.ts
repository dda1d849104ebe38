/** SUBSCRIBE, MQTT 5.0 section 3.8. */

import { isPromise, type MaybePromise } from "../../core/maybe_promise.ts";
import { Reasons, reasonText } from "../../packets/reason.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import { PacketType, type QoS, type SubscribeOptions, type SubscribePacket } from "../../packets/types.ts";
import { utf8Length } from "../../packets/wire.ts";
import { hasWildcard, isShared, isTopicFilter, levelCount, parseShared } from "../../topics/names.ts";
import type { Session } from "../../session/session.ts";
import type { Parts } from "../parts.ts";
import type { Connection } from "../connection/connection.ts";
import { unavailable } from "../ends/cause.ts";
import { filterCause, tellRefusedFilters } from "../ends/refused.ts";
import { changedSubscribe } from "../../hook/checked_answers.ts";
import { mayDo } from "../access/access.ts";
import { processed } from "../connection/processed.ts";

/** A right that is missing, also in the words of `obscureNotAuthorized`. */
const UNAUTHORIZED: ReadonlySet<number> = new Set<number>([
  Reasons.notAuthorized.code,
  Reasons.unspecifiedError.code,
]);

/** A refusal that a DISCONNECT announces: asking for what CONNACK said is not there. */
function unsupported(connection: Connection, packet: SubscribePacket): boolean {
  const { capabilities } = connection.broker;
  if (connection.version !== 5) return false;
  if (!capabilities.subIdAvailable && packet.properties.subscriptionIdentifiers !== undefined) {
    connection.malformed(
      "subscription identifiers are not supported",
      Reasons.subscriptionIdentifiersNotSupported,
      unavailable(capabilities, "subIdAvailable"),
    );
    return true;
  }
  for (const { filter, noLocal } of packet.subscriptions) {
    const shared = isShared(filter);
    if (shared && !capabilities.sharedSubAvailable) {
      connection.malformed(
        "shared subscriptions are not supported",
        Reasons.sharedSubscriptionsNotSupported,
        { ...unavailable(capabilities, "sharedSubAvailable"), filter },
      );
      return true;
    }
    if (shared && noLocal) {
      // [MQTT-3.8.3-4]
      connection.malformed("no-local on a shared subscription", Reasons.protocolError);
      return true;
    }
    if (!capabilities.wildcardSubAvailable && hasWildcard(filter)) {
      connection.malformed(
        "wildcard subscriptions are not supported",
        Reasons.wildcardSubscriptionsNotSupported,
        { ...unavailable(capabilities, "wildcardSubAvailable"), filter },
      );
      return true;
    }
  }
  return false;
}

/**
 * What a 3.x bridge subscribes to: nothing of its own comes back, and RETAIN stays as published, so that two brokers do
 * not send each other a message for ever, and what one has retained the other has as well. (That is what the bit of its
 * protocol level asks for; no standard says so, mosquitto does. A shared subscription cannot be No Local.)
 */
function asBridge(packet: SubscribePacket): SubscribePacket {
  const subscriptions = packet.subscriptions.map((options) => ({
    ...options,
    noLocal: !isShared(options.filter),
    retainAsPublished: true,
  }));
  return { ...packet, subscriptions };
}

export function handleSubscribe(connection: Connection, read: SubscribePacket): void {
  const packet = connection.bridge ? asBridge(read) : read;
  if (unsupported(connection, packet)) {
    processed(connection, packet);
    return;
  }
  const { hooks } = connection.broker;
  const client = connection.client!;
  const through = hooks.chain(
    "onSubscribe",
    packet,
    (hook, p) => hook.onSubscribe!(client, p),
    changedSubscribe,
  );
  connection.after(through, (final) => {
    if (final === null) {
      refuseAll(connection, packet);
      return;
    }
    const codes = final.subscriptions.map((options) => check(connection, options));
    connection.after(
      codes.some(isPromise) ? Promise.all(codes) : codes as number[],
      (known) => {
        subscribe(connection, final, known);
      },
    );
  });
}

/** A hook that fails, or answers what is no answer, must not let through what it was there to stop. */
function refuseAll(connection: Connection, packet: SubscribePacket): void {
  subscribe(connection, packet, packet.subscriptions.map(() => Reasons.implementationSpecificError.code));
}

/** The reason code of one filter: the QoS granted, or why not. */
function check(connection: Connection, options: SubscribeOptions): MaybePromise<number> {
  const { broker } = connection;
  const { capabilities, limits } = broker;
  const shared = isShared(options.filter);
  const filter = shared ? parseShared(options.filter)?.filter ?? "" : options.filter;
  if (!isTopicFilter(filter)) return Reasons.topicFilterInvalid.code;
  if (utf8Length(options.filter) > limits.topicLength || levelCount(options.filter) > limits.topicLevels) {
    broker.stats.refused.topic++;
    return Reasons.topicFilterInvalid.code;
  }
  // (5.0 was disconnected for these already.)
  if (shared && !capabilities.sharedSubAvailable) return Reasons.sharedSubscriptionsNotSupported.code;
  if (!capabilities.wildcardSubAvailable && hasWildcard(filter)) {
    return Reasons.wildcardSubscriptionsNotSupported.code;
  }
  const granted = Math.min(options.qos, capabilities.maximumQos);
  const client = connection.client!;
  const allowed = mayDo(broker.hooks, client, "subscribe", options.filter);
  const code = (yes: boolean): number => {
    if (yes) return granted;
    broker.stats.refused.notAuthorized++;
    return capabilities.obscureNotAuthorized ? Reasons.unspecifiedError.code : Reasons.notAuthorized.code;
  };
  return isPromise(allowed) ? allowed.then(code) : code(allowed);
}

function subscribe(connection: Connection, packet: SubscribePacket, codes: readonly number[]): void {
  const { broker, session } = connection;
  if (session === null) return;
  const identifier = packet.properties.subscriptionIdentifiers?.[0] ?? 0;
  const reasonCodes = withinQuota(broker, session, packet, codes);
  if (connection.version === 3 && endsFor(connection, packet, reasonCodes)) {
    processed(connection, packet);
    return;
  }
  const retained: SubscribeOptions[] = [];
  packet.subscriptions.forEach((options, i) => {
    const code = reasonCodes[i]!;
    if (code > 2) return;
    const existed = session.subscriptions.has(options.filter);
    // An identical filter replaces, without a gap in delivery. [MQTT-3.8.4-3]
    broker.sessions.subscribe(session, options, code as QoS, identifier);
    // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]; never for shared ones, section 4.8.2
    const wanted = options.retainHandling === 0 || (options.retainHandling === 1 && !existed);
    if (wanted && !isShared(options.filter)) retained.push(options);
  });
  if (reasonCodes.some((code) => code >= 0x80)) {
    tellRefusedFilters(connection, packet.subscriptions.map(({ filter }) => filter), reasonCodes);
  }
  // [MQTT-3.8.4-1] [MQTT-3.8.4-6]
  connection.send({
    type: PacketType.SUBACK,
    packetId: packet.packetId,
    reasonCodes: connection.version === 5
      ? reasonCodes
      : reasonCodes.map((c, i) => v3Code(connection, packet, c, i)),
    properties: NO_PROPERTIES,
  });
  if (broker.hooks.on.onSubscribed.length > 0) {
    const counts = packet.subscriptions.map(({ filter }) => broker.sessions.subscribers(filter));
    broker.hooks.notify("onSubscribed", connection.client!, packet, reasonCodes, counts);
  }
  processed(connection, packet);
  for (const options of retained) broker.replayRetained(connection, options);
}

/** The codes, with a refusal for what there is no room for. */
function withinQuota(
  broker: Parts,
  session: Session,
  packet: SubscribePacket,
  codes: readonly number[],
): number[] {
  // (Looked at now: access control may have taken its time.)
  const refuseWhileStorageFails = broker.persistence?.failing === true && session.kept;
  let room = broker.limits.subscriptions - session.subscriptions.size;
  const fresh = new Set<string>();
  return packet.subscriptions.map(({ filter }, i) => {
    const code = codes[i]!;
    if (code > 2) return code;
    if (refuseWhileStorageFails) return Reasons.quotaExceeded.code;
    if (session.subscriptions.has(filter) || fresh.has(filter)) return code;
    if (room <= 0) {
      broker.stats.refused.subscriptions++;
      return Reasons.quotaExceeded.code;
    }
    room--;
    fresh.add(filter);
    return code;
  });
}

/**
 * MQTT 3.1 has no word for a filter that is refused. Of one that the client has no right to it says that the answer is
 * positive all the same (section 3.8). For every other reason that would promise messages that never come: the
 * connection ends. True: it has.
 */
function endsFor(connection: Connection, packet: SubscribePacket, codes: readonly number[]): boolean {
  const at = codes.findIndex((code) => code > 2 && !UNAUTHORIZED.has(code));
  if (at < 0) return false;
  const unsaid = codes[at]!;
  const cause = filterCause(connection.broker, packet.subscriptions[at]!.filter, unsaid);
  if (unsaid === Reasons.topicFilterInvalid.code) {
    const detail = "a topic filter that is ill-formed, too long or too deep";
    connection.malformed(detail, Reasons.topicFilterInvalid, cause);
  } else connection.disconnect({ code: unsaid, text: reasonText(unsaid) }, cause);
  return true;
}

/** 3.1.1 knows one failure; 3.1 none, there the QoS asked for is all that can be said. */
function v3Code(connection: Connection, packet: SubscribePacket, code: number, at: number): number {
  if (code <= 2) return code;
  return connection.version === 4 ? 0x80 : packet.subscriptions[at]!.qos;
}

/** What hooks answer, looked at before anything is done with it: code without types may answer anything. */

import { decode } from "../packets/decode.ts";
import { encode } from "../packets/encode.ts";
import { remainingLength, varintLength } from "../packets/fixed_header.ts";
import { NO_PROPERTIES, type Properties } from "../packets/properties.ts";
import { Malformed, type Reason } from "../packets/reason.ts";
import type {
  Packet,
  ProtocolVersion,
  PublishPacket,
  SubscribePacket,
  UnsubscribePacket,
  Will,
} from "../packets/types.ts";
import { EMPTY, utf8Length, Writer } from "../packets/wire.ts";
import type { PublishChanges } from "./publish_view.ts";
import { isTopicName } from "../topics/names.ts";

// One for all: nothing here waits or calls back.
const writer = new Writer(512);
const MOST_USER_PROPERTIES = 65_535;
/** Of a string. */
const MOST_BYTES = 65_535;

/** Nothing was said. (Null is what others take for nothing.) */
export function isNothing(answer: unknown): answer is undefined | null {
  return answer === undefined || answer === null;
}

/** Throws unless it is a reason. (What its packet may not say becomes what it may: `reason_for.ts`.) */
export function checkedReason(reason: unknown): Reason {
  if (typeof reason === "object" && reason !== null) {
    const { code, text } = reason as Partial<Record<keyof Reason, unknown>>;
    if (Number.isInteger(code) && (code as number) >= 0 && (code as number) <= 0xff && isString(text)) {
      return reason as Reason;
    }
  }
  throw new Error("it refused with what is no reason: a code from 0 to 255 and a text");
}

/** The packet as a client or server could have sent it; throws when there is no such packet. */
export function wellFormed<P extends Packet>(packet: P, version: ProtocolVersion): P {
  writer.reset();
  encode(writer, packet, version);
  const bytes = writer.view();
  const rest = remainingLength(bytes, 1, bytes.length);
  const options = { version, maxUserProperties: MOST_USER_PROPERTIES };
  const decoded = decode(bytes[0]!, bytes, 1 + varintLength(rest), bytes.length, options);
  if (decoded instanceof Malformed) throw new Error(`it answered a packet that is none: ${decoded.detail}`);
  return decoded as P;
}

/** What is to be changed of a publish whose properties were `before`; throws when that is nothing of the kind. */
export function checkedChanges(answer: unknown, before: Properties): PublishChanges {
  const { topic, payload, retain, properties } = object(answer) as Record<keyof PublishChanges, unknown>;
  if (topic !== undefined && (!isString(topic) || utf8Length(topic) > MOST_BYTES)) {
    throw new Error(`it changed a topic into what is no string of at most ${MOST_BYTES} bytes`);
  }
  if (payload !== undefined && !(payload instanceof Uint8Array)) {
    throw new Error("it changed a payload into what is no Uint8Array");
  }
  if (retain !== undefined && typeof retain !== "boolean") {
    throw new Error("it changed retain into what is neither true nor false");
  }
  return properties === undefined || properties === before
    ? answer as PublishChanges
    : { ...pick(topic, payload, retain), properties: checkedProperties(properties) };
}

/** (A view's fields are not its own: spreading it would lose them.) */
function pick(topic?: string, payload?: Uint8Array, retain?: boolean): PublishChanges {
  const changes: { -readonly [K in keyof PublishChanges]: PublishChanges[K] } = {};
  if (topic !== undefined) changes.topic = topic;
  if (payload !== undefined) changes.payload = payload;
  if (retain !== undefined) changes.retain = retain;
  return changes;
}

const NOTHING: PublishPacket = {
  type: 3,
  dup: false,
  qos: 0,
  retain: false,
  topic: "-",
  packetId: 0,
  payload: EMPTY,
  properties: NO_PROPERTIES,
};

/** Properties a PUBLISH may have; throws when they are none. */
function checkedProperties(properties: unknown): Properties {
  const checked = wellFormed({ ...NOTHING, properties: object(properties) as Properties }, 5).properties;
  const { responseTopic } = checked;
  if (responseTopic !== undefined && !isTopicName(responseTopic)) {
    throw new Error("it changed the response topic into what is none");
  }
  return checked;
}

/** A will that can be published; throws when it is none. */
export function checkedWill(answer: unknown): Will {
  const { topic, payload, qos, retain, properties } = object(answer) as Partial<Will>;
  if (!isString(topic) || !isTopicName(topic)) throw new Error("it changed a will's topic into what is none");
  if (!(payload instanceof Uint8Array)) {
    throw new Error("it changed a will's payload into what is no Uint8Array");
  }
  if (qos !== 0 && qos !== 1 && qos !== 2) throw new Error("it changed a will's QoS into what is none");
  const { willDelayInterval: _, ...others } = object(properties) as Properties;
  return { topic, payload, qos, retain: retain === true, properties: checkedProperties(others) };
}

/** Whose answer it is, and how many filters there are, stays. [MQTT-3.8.4-2] [MQTT-3.8.4-6] */
export function changedSubscribe(packet: SubscribePacket, answer: SubscribePacket): SubscribePacket {
  const changed = wellFormed({ ...answer, type: packet.type, packetId: packet.packetId }, 5);
  return sameNumber(changed, packet.subscriptions.length, changed.subscriptions.length);
}

/** As `changedSubscribe`. [MQTT-3.10.4-5] [MQTT-3.11.3-2] */
export function changedUnsubscribe(packet: UnsubscribePacket, answer: UnsubscribePacket): UnsubscribePacket {
  const changed = wellFormed({ ...answer, type: packet.type, packetId: packet.packetId }, 5);
  return sameNumber(changed, packet.filters.length, changed.filters.length);
}

function sameNumber<P>(changed: P, before: number, now: number): P {
  if (before === now) return changed;
  throw new Error(`it answered ${now} filters, there were ${before}`);
}

/** Throws unless it is one. */
export function object(answer: unknown): object {
  if (typeof answer === "object" && answer !== null) return answer;
  throw new Error(`it answered ${JSON.stringify(answer) ?? typeof answer}, which means nothing here`);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

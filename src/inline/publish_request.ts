/** What a program wants published, checked and in memory the server may read. */

import { CodedRangeError, CodedTypeError } from "../core/errors.ts";
import type { Broker } from "../broker/broker.ts";
import { oddProperties } from "../broker/receive/publish/checks.ts";
import type { CommitPromise } from "../core/commit_promise.ts";
import { copyBytes } from "../packets/copy.ts";
import { NO_PROPERTIES, type Properties } from "../packets/properties.ts";
import { decodeProperties, encodeProperties } from "../packets/property_codec.ts";
import { PacketType, type QoS } from "../packets/types.ts";
import { isText } from "../packets/text_payload.ts";
import { Reader, Writer } from "../packets/wire.ts";
import { checkOptions, checkText, described, type Shape } from "../core/misuse.ts";
import { checkPropertyNames, checkTopic, quoted } from "./checks.ts";

/** How a message of the program is published. */
export interface InlinePublishOptions {
  /** The highest QoS with which subscribers get it. Default 0. */
  readonly qos?: QoS;
  /** Kept for later subscribers; with an empty payload what is kept is removed. Default false. */
  readonly retain?: boolean;
  /** Those of a PUBLISH in MQTT 5, Message Expiry Interval among them, without aliases and identifiers. */
  readonly properties?: Properties;
  /**
   * Only to this client, whether it subscribed or not. While it is away it gets QoS 1 and 2 when it comes back. It has
   * to be allowed to receive the topic. Not together with `retain`.
   */
  readonly to?: string;
}

export interface PublishRequest {
  readonly topic: string;
  payload: Uint8Array;
  /** The payload stays as it is. */
  owned: boolean;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Of a PUBLISH, expiry included. */
  readonly properties: Properties;
  readonly to: string | null;
  /** What it changed is durable with that; null: there is nothing to wait for. */
  commitPromise: CommitPromise | null;
}

const encoder = new TextEncoder();

/** Nothing is said about how. */
export const NONE: InlinePublishOptions = {};

const shape: Shape<InlinePublishOptions> = {
  qos: "number",
  retain: "boolean",
  properties: "object",
  to: "string",
};

/** Throws a TypeError or RangeError that says what is wrong. */
export function publishRequest(
  broker: Broker,
  topic: string,
  payload: string | Uint8Array,
  options: InlinePublishOptions,
): PublishRequest {
  checkTopic(topic, broker.limits);
  const what = `Cannot publish to ${quoted(topic)}`;
  if (options !== NONE) checkOptions("publish", options, shape);
  const { qos = 0, retain = false, to = null, properties = NO_PROPERTIES } = options;
  if (qos !== 0 && qos !== 1 && qos !== 2) {
    throw new CodedRangeError("argument-invalid", `${what} with QoS ${qos}: expected 0, 1 or 2`);
  }
  if (retain && to !== null) {
    throw new CodedTypeError("argument-invalid", `${what}: "retain" and "to" exclude each other`);
  }
  if (to !== null) checkText(`${what}, to a client`, to);
  const text = typeof payload === "string";
  if (!text && !(payload instanceof Uint8Array)) {
    throw new CodedTypeError(
      "argument-invalid",
      `${what}: expected a string or a Uint8Array as its payload, got ${described(payload)}`,
    );
  }
  const bytes = text ? encoder.encode(payload) : payload;
  const { packetSize } = broker.limits;
  if (bytes.length > packetSize) {
    throw new CodedRangeError(
      "packet-too-large",
      `${what}: a payload of ${bytes.length} bytes, at most ${packetSize} (limits.packetSize) are accepted`,
    );
  }
  return {
    topic,
    payload: bytes,
    owned: text,
    commitPromise: null,
    qos,
    retain,
    properties: properties === NO_PROPERTIES ? properties : checked(broker, what, properties, bytes),
    to,
  };
}

/** The caller may change the bytes from now on. */
export function own(request: PublishRequest): void {
  if (request.owned) return;
  request.payload = copyBytes(request.payload, 0, request.payload.length);
  request.owned = true;
}

/** As they would arrive from a client: what cannot be sent does not get as far as a subscriber. */
function checked(broker: Broker, what: string, properties: Properties, payload: Uint8Array): Properties {
  if (properties.topicAlias !== undefined || properties.subscriptionIdentifiers !== undefined) {
    throw new CodedTypeError(
      "packet-invalid",
      `${what}: topic alias and subscription identifiers are not for the publisher to give`,
    );
  }
  checkPropertyNames(what, properties);
  const writer = new Writer();
  try {
    encodeProperties(writer, properties, PacketType.PUBLISH);
  } catch (error) {
    throw new CodedTypeError("packet-invalid", `${what}: its properties cannot be encoded`, { cause: error });
  }
  const reader = new Reader(writer.view());
  const decoded = decodeProperties(reader, PacketType.PUBLISH, broker.limits.userProperties);
  const odd = reader.failure?.detail ?? oddProperties(decoded);
  if (odd !== null) throw new CodedTypeError("packet-invalid", `${what}: ${odd}`);
  if (decoded.payloadFormatIndicator === 1 && !isText(payload)) {
    throw new CodedTypeError(
      "packet-invalid",
      `${what}: payload format indicator 1 with a payload that is not UTF-8`,
    );
  }
  return decoded;
}

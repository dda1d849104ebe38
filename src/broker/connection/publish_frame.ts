/** Writes one PUBLISH straight into a connection's output, without a packet object in between. */

import { varintLength } from "../../packets/fixed_header.ts";
import { NO_PROPERTIES, type Properties } from "../../packets/properties.ts";
import { encodeProperties } from "../../packets/property_codec.ts";
import { PacketType, type QoS } from "../../packets/types.ts";
import { EMPTY, Writer } from "../../packets/wire.ts";
import type { Message } from "../../session/message.ts";
import type { Wire } from "./wire.ts";

const SMALL = 96;

/** False when the packet would be larger than the client takes. [MQTT-3.1.2-24] */
export function publishFrame(
  connection: Wire,
  message: Message,
  qos: QoS,
  retain: boolean,
  dup: boolean,
  packetId: number,
  identifiers: readonly number[] | null,
): boolean {
  const { rawTopic } = message;
  const size = message.end - message.start;
  const v5 = connection.version === 5;
  let topic = rawTopic;
  let alias = 0;
  let fresh = false;
  let propertyLength = 0;
  let remaining = 2 + size + (qos > 0 ? 2 : 0);
  if (v5) {
    // (An alias takes three bytes, and may make the length of the properties take one more. None with QoS 2: there are
    // clients that look it up when PUBLISH comes and hand the message on at PUBREL, without its topic.)
    if (connection.outboundAliases !== null && qos < 2 && topic.length > 3) {
      alias = connection.outboundAliases.known(rawTopic);
      if (alias > 0) topic = "";
      else fresh = true;
    }
    propertyLength = propertyLengthOf(message, identifiers);
    // A new alias is given only when the packet is sent, so its three bytes are counted in any case.
    if (alias > 0 || fresh) propertyLength += 3;
    remaining += varintLength(propertyLength) + propertyLength;
  }
  remaining += topic.length;
  const total = 1 + varintLength(remaining) + remaining;
  if (total > connection.maximumPacketSize && !fresh) return false;
  if (fresh) {
    if (total <= connection.maximumPacketSize) alias = connection.outboundAliases!.give(rawTopic);
    if (alias === 0) {
      // There is no room for an alias, or all are given away: the same packet without one.
      const aliases = connection.outboundAliases;
      connection.outboundAliases = null;
      const sent = publishFrame(connection, message, qos, retain, dup, packetId, identifiers);
      connection.outboundAliases = aliases;
      return sent;
    }
  }
  const { output } = connection;
  const out = output.reserve(total);
  let { at } = output;
  out[at++] = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  at = varint(out, at, remaining);
  out[at++] = topic.length >> 8;
  out[at++] = topic.length & 255;
  for (let i = 0; i < topic.length; i++) out[at++] = topic.charCodeAt(i);
  if (qos > 0) {
    out[at++] = packetId >> 8;
    out[at++] = packetId & 255;
  }
  if (v5) {
    at = varint(out, at, propertyLength);
    at = writeProperties(out, at, connection, message, identifiers, alias);
  }
  if (size <= SMALL) {
    const { bytes, start: from } = message;
    for (let i = 0; i < size; i++) out[at++] = bytes[from + i]!;
  } else out.set(message.view, at);
  output.commit(total);
  connection.broker.stats.bytesSent += total;
  return true;
}

/** Those of the message, and what belongs to this one copy of it. The position after them. */
function writeProperties(
  out: Uint8Array,
  at: number,
  connection: Wire,
  message: Message,
  identifiers: readonly number[] | null,
  alias: number,
): number {
  if (message.expiresAt !== Infinity) {
    // What is left of the interval; nothing, for what is repeated after its time. [MQTT-3.3.2-6]
    const left = Math.max(0, Math.ceil((message.expiresAt - connection.broker.clock.recent) / 1000));
    out[at++] = 0x02;
    out[at++] = left >>> 24;
    out[at++] = (left >>> 16) & 255;
    out[at++] = (left >>> 8) & 255;
    out[at++] = left & 255;
  }
  if (identifiers !== null) {
    for (const id of identifiers) {
      out[at++] = 0x0b;
      at = varint(out, at, id);
    }
  }
  if (alias > 0) {
    out[at++] = 0x23;
    out[at++] = alias >> 8;
    out[at++] = alias & 255;
  }
  const properties = message.encodedProperties!;
  for (let i = 0; i < properties.length; i++) out[at++] = properties[i]!;
  return at;
}

/** Would it be no larger than the client takes, without an alias? */
export function frameFits(
  connection: Wire,
  message: Message,
  qos: QoS,
  identifiers: readonly number[] | null,
): boolean {
  let remaining = 2 + message.rawTopic.length + message.payloadLength + (qos > 0 ? 2 : 0);
  if (connection.version === 5) {
    const length = propertyLengthOf(message, identifiers);
    remaining += varintLength(length) + length;
  }
  return 1 + varintLength(remaining) + remaining <= connection.maximumPacketSize;
}

/** Without an alias, and without the length before them. */
function propertyLengthOf(message: Message, identifiers: readonly number[] | null): number {
  if (message.encodedProperties === null) message.encodedProperties = encodeForwarded(message.properties);
  let length = message.encodedProperties.length;
  if (message.expiresAt !== Infinity) length += 5;
  if (identifiers !== null) { for (const id of identifiers) length += 1 + varintLength(id); }
  return length;
}

/** The properties that travel on, without the length before them. */
function encodeForwarded(properties: Properties): Uint8Array {
  if (properties === NO_PROPERTIES) return EMPTY;
  const writer = new Writer(128);
  encodeProperties(writer, properties, PacketType.PUBLISH);
  const view = writer.view();
  let length = 1;
  while (view[length - 1]! > 127) length++;
  return view.slice(length);
}

function varint(out: Uint8Array, at: number, value: number): number {
  while (value > 127) {
    out[at++] = (value & 127) | 128;
    value >>>= 7;
  }
  out[at++] = value;
  return at;
}

/** What is sent when hooks look at it: packet objects instead of bytes written in place. */

import { NO_PROPERTIES, type Properties } from "../../packets/properties.ts";
import type { Packet, QoS } from "../../packets/types.ts";
import { type PacketView, publishFlags, PublishView, viewOf } from "../../hook/publish_view.ts";
import type { Message } from "../../session/message.ts";
import type { Wire } from "./wire.ts";
import { encodeFor, fits } from "./encode_for.ts";
import { encodeThroughHooks, tellSent } from "../../hook/packet_events.ts";
import { publishFrame } from "./publish_frame.ts";

/** What is sent is remembered until it is written: hooks are told then. */
export interface HookedWire extends Wire {
  readonly outgoing: { sent: SentPackets | null };
}

/** What was encoded for one connection and not written yet. */
export class SentPackets {
  readonly #connection: Pick<Wire, "broker" | "client">;
  #packets: PacketView[] = [];
  #sizes: number[] = [];

  constructor(connection: Pick<Wire, "broker" | "client">) {
    this.#connection = connection;
  }

  add(packet: PacketView, size: number): void {
    this.#packets.push(packet);
    this.#sizes.push(size);
  }

  /** They were written. */
  tell(): void {
    if (this.#packets.length === 0) return;
    const { broker, client } = this.#connection;
    const packets = this.#packets;
    const sizes = this.#sizes;
    this.#packets = [];
    this.#sizes = [];
    for (let i = 0; i < packets.length; i++) tellSent(broker.hooks, client!, packets[i]!, sizes[i]!);
  }
}

/** False when it is larger than the client takes. */
export function sendThroughHooks(connection: HookedWire, packet: Packet): boolean {
  const { broker, client } = connection;
  // (Who never said a proper CONNECT is nobody to hooks.)
  if (client === null) return encodeFor(connection, packet) > 0;
  const final = encodeThroughHooks(broker.hooks, client, viewOf(packet));
  const size = encodeFor(connection, final);
  if (size > 0) sent(connection, final, size);
  return size > 0;
}

/**
 * A PUBLISH. False when it is larger than the client takes. One that hooks have left as it was goes the way of all
 * others; a changed one has no topic alias.
 */
export function publishThroughHooks(
  connection: HookedWire,
  message: Message,
  qos: QoS,
  retain: boolean,
  dup: boolean,
  packetId: number,
  identifiers: readonly number[] | null,
): boolean {
  const { broker, client, version } = connection;
  message.own();
  const { topic, bytes, start, end } = message;
  const properties = version === 5 ? propertiesOf(connection, message, identifiers) : NO_PROPERTIES;
  const flags = publishFlags(qos, retain, dup, packetId);
  const packet = new PublishView(topic, bytes, start, end, flags, properties);
  const final = encodeThroughHooks(broker.hooks, client!, packet);
  const before = connection.output.pending;
  if (final !== packet) {
    // (Nothing is taken out of a message to make it smaller. [MQTT-3.1.2-25])
    if (!fits(connection, final) || encodeFor(connection, final) === 0) return false;
  } else if (!publishFrame(connection, message, qos, retain, dup, packetId, identifiers)) return false;
  sent(connection, final, connection.output.pending - before);
  return true;
}

function sent(connection: HookedWire, packet: PacketView, size: number): void {
  if (connection.broker.hooks.on.onPacketSent.length === 0) return;
  (connection.outgoing.sent ??= new SentPackets(connection)).add(packet, size);
}

function propertiesOf(
  connection: HookedWire,
  message: Message,
  identifiers: readonly number[] | null,
): Properties {
  if (message.expiresAt === Infinity && identifiers === null) return message.properties;
  const properties: Properties = { ...message.properties };
  if (message.expiresAt !== Infinity) {
    // What is left of the interval. [MQTT-3.3.2-6]
    const left = Math.ceil((message.expiresAt - connection.broker.clock.recent) / 1000);
    properties.messageExpiryInterval = Math.max(0, left);
  }
  if (identifiers !== null) properties.subscriptionIdentifiers = [...identifiers];
  return properties;
}

/** What is sent when hooks look at it: packet objects instead of bytes written in place. */

import { NO_PROPERTIES, type Properties } from "../packets/properties.ts";
import { type Packet, PacketType, type PublishPacket, type QoS } from "../packets/types.ts";
import type { Message } from "../session/message.ts";
import type { Connection } from "./connection.ts";
import { encodeFor } from "./encode_for.ts";
import { encodeThroughHooks, tellSent } from "./packet_hooks.ts";

/** A packet that hooks are told of as soon as it is handed to the connection. */
interface Unsaid {
  readonly packet: Packet;
  readonly size: number;
}

/** What was encoded for one connection and not written yet. */
export class SentPackets {
  readonly #connection: Connection;
  #packets: Unsaid[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  add(packet: Packet, size: number): void {
    this.#packets.push({ packet, size });
  }

  /** They were written. */
  tell(): void {
    const { broker, client } = this.#connection;
    const packets = this.#packets;
    this.#packets = [];
    if (client === null) return;
    for (const { packet, size } of packets) tellSent(broker, client, packet, size);
  }
}

/** False when it is larger than the client takes. */
export function sendThroughHooks(connection: Connection, packet: Packet): boolean {
  const { broker, client } = connection;
  const final = client === null ? packet : encodeThroughHooks(broker, client, packet);
  const size = encodeFor(connection, final);
  if (size === 0) return false;
  if (client !== null && broker.hooks.on.onPacketSent.length > 0) {
    (connection.sent ??= new SentPackets(connection)).add(final, size);
  }
  return true;
}

/** A PUBLISH as a packet; topic aliases are left to the path without hooks. */
export function publishPacket(
  connection: Connection,
  message: Message,
  qos: QoS,
  retain: boolean,
  dup: boolean,
  packetId: number,
  identifiers: readonly number[] | null,
): PublishPacket {
  return {
    type: PacketType.PUBLISH,
    dup,
    qos,
    retain,
    topic: message.topic,
    packetId,
    payload: message.ownPayload(),
    properties: connection.version === 5 ? propertiesOf(connection, message, identifiers) : NO_PROPERTIES,
  };
}

function propertiesOf(
  connection: Connection,
  message: Message,
  identifiers: readonly number[] | null,
): Properties {
  if (message.expiresAt === Infinity && identifiers === null) return message.properties;
  const properties: Properties = { ...message.properties };
  if (message.expiresAt !== Infinity) {
    // What is left of the interval. [MQTT-3.3.2-6]
    const left = Math.ceil((message.expiresAt - connection.broker.clock.now()) / 1000);
    properties.messageExpiryInterval = Math.max(0, left);
  }
  if (identifiers !== null) properties.subscriptionIdentifiers = [...identifiers];
  return properties;
}

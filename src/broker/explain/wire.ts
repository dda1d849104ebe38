/** The packet a client would be sent, in the words of its version. */

import { EMPTY } from "../../packets/copy.ts";
import { NO_PROPERTIES, type Properties } from "../../packets/properties.ts";
import type { Reason } from "../../packets/reason.ts";
import { type Packet, PacketType, type ProtocolVersion, type QoS } from "../../packets/types.ts";
import type { Client } from "../../hook/client.ts";
import { encodedFor } from "../connection/encode_for.ts";
import { reasonFor } from "../connection/reason_for.ts";
import { refusal } from "../connection/refuse.ts";
import { fieldsOf, packetName } from "./wire_fields.ts";
import type { ExplainedPacket } from "./types.ts";

/** What the client's CONNECT says of the packets that may be sent to it. */
export interface Reader {
  readonly version: ProtocolVersion;
  readonly problemInformation: boolean;
  readonly maximumPacketSize: number;
}

const ID = 1;

export function readerOf({ properties }: Client, version: ProtocolVersion): Reader {
  return {
    version,
    problemInformation: properties.requestProblemInformation !== false,
    maximumPacketSize: properties.maximumPacketSize ?? 0xffffffff,
  };
}

/** Null: it is larger than the client takes. */
export function shownPacket(reader: Reader, packet: Packet): ExplainedPacket | null {
  const bytes = encodedFor(reader, packet)?.slice();
  if (bytes === undefined) return null;
  return { name: packetName(packet.type), length: bytes.length, fields: fieldsOf(bytes, reader.version) };
}

/** PUBACK or PUBREC. */
export function publishAnswer(reader: Reader, qos: 1 | 2, reason: Reason): Packet {
  const type = qos === 1 ? PacketType.PUBACK : PacketType.PUBREC;
  const good = reason.code < 0x80;
  const known = good ? reason : reasonFor(type, reason);
  const told = !good && reader.problemInformation;
  const properties: Properties = told ? { reasonString: reason.text } : NO_PROPERTIES;
  // 3.x has one answer, whatever became of it. 3.1.1 [MQTT-3.3.5-2]
  return reader.version === 5
    ? { type, packetId: ID, reasonCode: known.code, properties }
    : { type, packetId: ID, reasonCode: 0, properties: NO_PROPERTIES };
}

/** `code`: as MQTT 5 has it; `asked`: the QoS of the subscription. */
export function subscribeAnswer({ version }: Reader, code: number, asked: QoS): Packet {
  const said = version === 5 || code <= 2 ? code : version === 4 ? 0x80 : asked;
  return { type: PacketType.SUBACK, packetId: ID, reasonCodes: [said], properties: NO_PROPERTIES };
}

/** Null: 3.x is told nothing. */
export function disconnectOf(
  { version, problemInformation }: Reader,
  reason: Reason,
  said: string = reason.text,
): Packet | null {
  if (version !== 5) return null;
  const properties = problemInformation ? { reasonString: said } : NO_PROPERTIES;
  return {
    type: PacketType.DISCONNECT,
    reasonCode: reasonFor(PacketType.DISCONNECT, reason).code,
    properties,
  };
}

/** Null: 3.x has no word for it. */
export function connectRefusal(reader: Reader, reason: Reason): Packet | null {
  return refusal(reader, reason);
}

/** A message to the client, without what it says. */
export function publishTo(topic: string, qos: QoS, retain: boolean, identifiers: readonly number[]): Packet {
  return {
    type: PacketType.PUBLISH,
    dup: false,
    qos,
    retain,
    topic,
    packetId: qos === 0 ? 0 : ID,
    payload: EMPTY,
    properties: identifiers.length === 0 ? NO_PROPERTIES : { subscriptionIdentifiers: [...identifiers] },
  };
}

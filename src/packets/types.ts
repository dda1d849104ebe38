/** The fifteen control packets as a discriminated union on `type`, MQTT 5.0 section 2.1.2. */

import type { Properties } from "./properties.ts";

/** 3 is MQTT 3.1 (MQIsdp), 4 is 3.1.1, 5 is 5.0. */
export type ProtocolVersion = 3 | 4 | 5;
export type QoS = 0 | 1 | 2;

/** Control packet type numbers. */
export const PacketType = {
  CONNECT: 1,
  CONNACK: 2,
  PUBLISH: 3,
  PUBACK: 4,
  PUBREC: 5,
  PUBREL: 6,
  PUBCOMP: 7,
  SUBSCRIBE: 8,
  SUBACK: 9,
  UNSUBSCRIBE: 10,
  UNSUBACK: 11,
  PINGREQ: 12,
  PINGRESP: 13,
  DISCONNECT: 14,
  AUTH: 15,
} as const;

export interface Will {
  topic: string;
  payload: Uint8Array;
  qos: QoS;
  retain: boolean;
  properties: Properties;
}

export interface ConnectPacket {
  type: 1;
  version: ProtocolVersion;
  /** The client called itself a bridge: bit 0x80 of the protocol level, a habit of 3.x bridges. */
  bridge?: boolean;
  /** Clean Session in 3.x. */
  cleanStart: boolean;
  /** Seconds, 0 is off. */
  keepAlive: number;
  clientId: string;
  username: string | null;
  password: Uint8Array | null;
  will: Will | null;
  properties: Properties;
}

export interface ConnackPacket {
  type: 2;
  sessionPresent: boolean;
  reasonCode: number;
  properties: Properties;
}

export interface PublishPacket {
  type: 3;
  dup: boolean;
  qos: QoS;
  retain: boolean;
  topic: string;
  /** 0 with QoS 0. */
  packetId: number;
  payload: Uint8Array;
  properties: Properties;
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP have one shape. */
export interface AckPacket {
  type: 4 | 5 | 6 | 7;
  packetId: number;
  reasonCode: number;
  properties: Properties;
}

export interface SubscribeOptions {
  filter: string;
  qos: QoS;
  noLocal: boolean;
  retainAsPublished: boolean;
  retainHandling: 0 | 1 | 2;
}

export interface SubscribePacket {
  type: 8;
  packetId: number;
  subscriptions: SubscribeOptions[];
  properties: Properties;
}

export interface SubackPacket {
  type: 9;
  packetId: number;
  reasonCodes: number[];
  properties: Properties;
}

export interface UnsubscribePacket {
  type: 10;
  packetId: number;
  filters: string[];
  properties: Properties;
}

/** In 3.x `reasonCodes` is empty: UNSUBACK has no payload there. */
export interface UnsubackPacket {
  type: 11;
  packetId: number;
  reasonCodes: number[];
  properties: Properties;
}

export interface PingPacket {
  type: 12 | 13;
}

export interface DisconnectPacket {
  type: 14;
  reasonCode: number;
  properties: Properties;
}

export interface AuthPacket {
  type: 15;
  reasonCode: number;
  properties: Properties;
}

export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AckPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingPacket
  | DisconnectPacket
  | AuthPacket;

/** The fifteen control packets as a discriminated union on `type`, MQTT 5.0 section 2.1.2. */

import type { Properties } from "./properties.ts";

/** 3 is MQTT 3.1 (MQIsdp), 4 is 3.1.1, 5 is 5.0. */
export type ProtocolVersion = 3 | 4 | 5;
/** Quality of service: at most once, at least once, exactly once. */
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

/** The message the server publishes when the connection ends without DISCONNECT. */
export interface Will {
  /** Where it is published. */
  topic: string;
  /** What is published. */
  payload: Uint8Array;
  /** With which quality. */
  qos: QoS;
  /** Whether it is retained. */
  retain: boolean;
  /** Those of the will, the delay among them. */
  properties: Properties;
}

/** CONNECT. */
export interface ConnectPacket {
  /** Discriminates. */
  type: 1;
  /** As the client speaks it. */
  version: ProtocolVersion;
  /** The client called itself a bridge: bit 0x80 of the protocol level, a habit of 3.x bridges. */
  bridge?: boolean;
  /** Clean Session in 3.x. */
  cleanStart: boolean;
  /** Seconds, 0 is off. */
  keepAlive: number;
  /** Empty: the server gives it one. */
  clientId: string;
  /** Null without one. */
  username: string | null;
  /** Null without one. */
  password: Uint8Array | null;
  /** Null without one. */
  will: Will | null;
  /** Empty in 3.x. */
  properties: Properties;
}

/** CONNACK. */
export interface ConnackPacket {
  /** Discriminates. */
  type: 2;
  /** The session was there before. */
  sessionPresent: boolean;
  /** The return code in 3.x. */
  reasonCode: number;
  /** Empty in 3.x. */
  properties: Properties;
}

/** PUBLISH. */
export interface PublishPacket {
  /** Discriminates. */
  type: 3;
  /** It was sent before. */
  dup: boolean;
  /** Quality of service. */
  qos: QoS;
  /** From a client: keep it. To a client: it was kept. */
  retain: boolean;
  /** Empty when an alias stands for it. */
  topic: string;
  /** 0 with QoS 0. */
  packetId: number;
  /** The message. */
  payload: Uint8Array;
  /** Empty in 3.x. */
  properties: Properties;
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP have one shape. */
export interface AckPacket {
  /** Which of the four. */
  type: 4 | 5 | 6 | 7;
  /** Of the PUBLISH. */
  packetId: number;
  /** 0 in 3.x. */
  reasonCode: number;
  /** Empty in 3.x. */
  properties: Properties;
}

/** One filter of a SUBSCRIBE. */
export interface SubscribeOptions {
  /** As sent, `$share/group/` included. */
  filter: string;
  /** The highest wanted. */
  qos: QoS;
  /** Not the client's own messages. */
  noLocal: boolean;
  /** The retain flag stays as the publisher set it. */
  retainAsPublished: boolean;
  /** Retained messages now: always, if the subscription is new, never. */
  retainHandling: 0 | 1 | 2;
}

/** SUBSCRIBE. */
export interface SubscribePacket {
  /** Discriminates. */
  type: 8;
  /** Repeated in SUBACK. */
  packetId: number;
  /** At least one. */
  subscriptions: SubscribeOptions[];
  /** Empty in 3.x. */
  properties: Properties;
}

/** SUBACK. */
export interface SubackPacket {
  /** Discriminates. */
  type: 9;
  /** Of the SUBSCRIBE. */
  packetId: number;
  /** One for each filter, in its order. */
  reasonCodes: number[];
  /** Empty in 3.x. */
  properties: Properties;
}

/** UNSUBSCRIBE. */
export interface UnsubscribePacket {
  /** Discriminates. */
  type: 10;
  /** Repeated in UNSUBACK. */
  packetId: number;
  /** At least one. */
  filters: string[];
  /** Empty in 3.x. */
  properties: Properties;
}

/** In 3.x `reasonCodes` is empty: UNSUBACK has no payload there. */
export interface UnsubackPacket {
  /** Discriminates. */
  type: 11;
  /** Of the UNSUBSCRIBE. */
  packetId: number;
  /** One for each filter, in its order. */
  reasonCodes: number[];
  /** Empty in 3.x. */
  properties: Properties;
}

/** PINGREQ and PINGRESP. */
export interface PingPacket {
  /** Which of the two. */
  type: 12 | 13;
}

/** DISCONNECT. */
export interface DisconnectPacket {
  /** Discriminates. */
  type: 14;
  /** 0 in 3.x. */
  reasonCode: number;
  /** Empty in 3.x. */
  properties: Properties;
}

/** AUTH, MQTT 5 only. */
export interface AuthPacket {
  /** Discriminates. */
  type: 15;
  /** 0x00, 0x18 or 0x19. */
  reasonCode: number;
  /** The method and the data among them. */
  properties: Properties;
}

/** Any control packet. */
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

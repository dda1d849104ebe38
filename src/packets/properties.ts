/** MQTT 5 properties, section 2.2.2. This file: the shape. `property_table.ts`: ids, types and where each is allowed. */

/** Absent properties are absent keys. User properties keep their order. */
export interface Properties {
  /** 1: the payload is UTF-8. */
  payloadFormatIndicator?: 0 | 1;
  /** Seconds. */
  messageExpiryInterval?: number;
  /** What the payload is, a MIME type for example. */
  contentType?: string;
  /** Where an answer is expected. */
  responseTopic?: string;
  /** What tells the asker which request an answer is for. */
  correlationData?: Uint8Array;
  /** One in SUBSCRIBE, any number in PUBLISH. */
  subscriptionIdentifiers?: number[];
  /** Seconds, 0xFFFFFFFF does not expire. */
  sessionExpiryInterval?: number;
  /** The client id the server made up. */
  assignedClientIdentifier?: string;
  /** Seconds; instead of what the client asked for. */
  serverKeepAlive?: number;
  /** The method of an enhanced authentication. */
  authenticationMethod?: string;
  /** The method's data. */
  authenticationData?: Uint8Array;
  /** False: reason strings and user properties only where they must be. */
  requestProblemInformation?: boolean;
  /** Seconds. */
  willDelayInterval?: number;
  /** True: response information is wanted in CONNACK. */
  requestResponseInformation?: boolean;
  /** From which the client makes response topics. */
  responseInformation?: string;
  /** Another server to use. */
  serverReference?: string;
  /** Why, for people. */
  reasonString?: string;
  /** QoS 1 and 2 messages that may be open at once. */
  receiveMaximum?: number;
  /** The highest alias accepted. */
  topicAliasMaximum?: number;
  /** A number that stands for the topic. */
  topicAlias?: number;
  /** The highest QoS the server takes when not 2. */
  maximumQos?: 0 | 1;
  /** False: the server retains nothing. */
  retainAvailable?: boolean;
  /** Names and values in order; names may repeat. */
  userProperties?: [string, string][];
  /** Bytes. */
  maximumPacketSize?: number;
  /** False: no `+` and `#`. */
  wildcardSubscriptionAvailable?: boolean;
  /** False: no subscription identifiers. */
  subscriptionIdentifiersAvailable?: boolean;
  /** False: no `$share`. */
  sharedSubscriptionAvailable?: boolean;
}

/** Shared by all packets without properties; frozen, so that nobody adds to it. */
export const NO_PROPERTIES: Properties = Object.freeze({});

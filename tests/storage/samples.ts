/** Records with everything in them, and with nothing. */

import { NO_PROPERTIES, type Properties } from "../../src/packets/properties.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../src/storage/records.ts";
import type { StoredMessage } from "../../src/storage/stored.ts";

/** Each property there is, with a value that is easily lost. */
export const EVERY_PROPERTY: Properties = {
  payloadFormatIndicator: 0,
  messageExpiryInterval: 4_294_967_295,
  contentType: 'text/π; q="1"',
  responseTopic: "answer/€/𝄞",
  correlationData: new Uint8Array([0, 255, 128, 1, 10]),
  subscriptionIdentifiers: [1, 268_435_455],
  sessionExpiryInterval: 0,
  assignedClientIdentifier: "",
  serverKeepAlive: 65_535,
  authenticationMethod: "SCRAM-SHA-256",
  authenticationData: new Uint8Array(0),
  requestProblemInformation: false,
  willDelayInterval: 0,
  requestResponseInformation: true,
  responseInformation: "where\nto",
  serverReference: "a.example:1884",
  reasonString: "because",
  receiveMaximum: 1,
  topicAliasMaximum: 0,
  topicAlias: 7,
  maximumQos: 1,
  retainAvailable: false,
  userProperties: [["b", "1"], ["a", ""], ["b", "2"], ["__proto__", "constructor"]],
  maximumPacketSize: 4_294_967_295,
  wildcardSubscriptionAvailable: false,
  subscriptionIdentifiersAvailable: true,
  sharedSubscriptionAvailable: false,
};

export function message(changes: Partial<StoredMessage> = {}): StoredMessage {
  return {
    topic: "a/b",
    payload: new TextEncoder().encode("hello"),
    qos: 1,
    retain: false,
    properties: NO_PROPERTIES,
    publisher: "sensor",
    expiresAt: Infinity,
    ...changes,
  };
}

export function session(id: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id,
    username: "",
    remoteAddress: "127.0.0.1:5000",
    listener: "tcp",
    version: 5,
    sessionExpiryInterval: 3600,
    disconnectedAt: 0,
    will: null,
    ...changes,
  };
}

export function subscription(filter: string, changes: Partial<SubscriptionRecord> = {}): SubscriptionRecord {
  return {
    filter,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    identifier: 0,
    ...changes,
  };
}

export function delivery(sequence: number, changes: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    sequence,
    packetId: 0,
    qos: 1,
    retain: false,
    asPublished: false,
    released: false,
    identifiers: null,
    group: null,
    message: changes.message ?? message({ payload: new TextEncoder().encode(String(sequence)) }),
    ...changes,
  };
}

/** Reason codes as values: a protocol failure is one of these, never an exception. MQTT 5.0 section 2.4. */

export interface Reason {
  /** As it is sent. */
  readonly code: number;
  /** What the standard calls it; also the Reason String sent to MQTT 5 clients. */
  readonly text: string;
}

/** Every reason code of MQTT 5.0, by its name in the standard. */
export const Reasons = {
  success: { code: 0x00, text: "Success" },
  grantedQos1: { code: 0x01, text: "Granted QoS 1" },
  grantedQos2: { code: 0x02, text: "Granted QoS 2" },
  disconnectWithWill: { code: 0x04, text: "Disconnect with Will Message" },
  noMatchingSubscribers: { code: 0x10, text: "No matching subscribers" },
  noSubscriptionExisted: { code: 0x11, text: "No subscription existed" },
  continueAuthentication: { code: 0x18, text: "Continue authentication" },
  reAuthenticate: { code: 0x19, text: "Re-authenticate" },
  unspecifiedError: { code: 0x80, text: "Unspecified error" },
  malformedPacket: { code: 0x81, text: "Malformed Packet" },
  protocolError: { code: 0x82, text: "Protocol Error" },
  implementationSpecificError: { code: 0x83, text: "Implementation specific error" },
  unsupportedProtocolVersion: { code: 0x84, text: "Unsupported Protocol Version" },
  clientIdentifierNotValid: { code: 0x85, text: "Client Identifier not valid" },
  badUserNameOrPassword: { code: 0x86, text: "Bad User Name or Password" },
  notAuthorized: { code: 0x87, text: "Not authorized" },
  serverUnavailable: { code: 0x88, text: "Server unavailable" },
  serverBusy: { code: 0x89, text: "Server busy" },
  banned: { code: 0x8A, text: "Banned" },
  serverShuttingDown: { code: 0x8B, text: "Server shutting down" },
  badAuthenticationMethod: { code: 0x8C, text: "Bad authentication method" },
  keepAliveTimeout: { code: 0x8D, text: "Keep Alive timeout" },
  sessionTakenOver: { code: 0x8E, text: "Session taken over" },
  topicFilterInvalid: { code: 0x8F, text: "Topic Filter invalid" },
  topicNameInvalid: { code: 0x90, text: "Topic Name invalid" },
  packetIdentifierInUse: { code: 0x91, text: "Packet Identifier in use" },
  packetIdentifierNotFound: { code: 0x92, text: "Packet Identifier not found" },
  receiveMaximumExceeded: { code: 0x93, text: "Receive Maximum exceeded" },
  topicAliasInvalid: { code: 0x94, text: "Topic Alias invalid" },
  packetTooLarge: { code: 0x95, text: "Packet too large" },
  messageRateTooHigh: { code: 0x96, text: "Message rate too high" },
  quotaExceeded: { code: 0x97, text: "Quota exceeded" },
  administrativeAction: { code: 0x98, text: "Administrative action" },
  payloadFormatInvalid: { code: 0x99, text: "Payload format invalid" },
  retainNotSupported: { code: 0x9A, text: "Retain not supported" },
  qosNotSupported: { code: 0x9B, text: "QoS not supported" },
  useAnotherServer: { code: 0x9C, text: "Use another server" },
  serverMoved: { code: 0x9D, text: "Server moved" },
  sharedSubscriptionsNotSupported: { code: 0x9E, text: "Shared Subscriptions not supported" },
  connectionRateExceeded: { code: 0x9F, text: "Connection rate exceeded" },
  maximumConnectTime: { code: 0xA0, text: "Maximum connect time" },
  subscriptionIdentifiersNotSupported: { code: 0xA1, text: "Subscription Identifiers not supported" },
  wildcardSubscriptionsNotSupported: { code: 0xA2, text: "Wildcard Subscriptions not supported" },
} as const;

/** The text of a code, for logs; unknown numbers give their hex form. */
export function reasonText(code: number): string {
  for (const r of Object.values<Reason>(Reasons)) if (r.code === code) return r.text;
  return `0x${code.toString(16).padStart(2, "0")}`;
}

/** Why bytes are not a packet: what the decoders return instead of throwing. */
export class Malformed {
  readonly reason: Reason;
  /** What exactly is wrong, for the log and the Reason String. */
  readonly detail: string;
  constructor(reason: Reason, detail: string) {
    this.reason = reason;
    this.detail = detail;
  }
}

/** A CONNECT of a protocol this broker does not speak; how it is answered depends on the level asked for. */
export class UnsupportedVersion extends Malformed {
  /** The protocol level as received. */
  readonly level: number;
  constructor(level: number, detail: string) {
    super(Reasons.unsupportedProtocolVersion, detail);
    this.level = level;
  }
}

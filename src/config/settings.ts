/** Every setting that is a single value, with what it accepts. Names are those of the library's options. */

import {
  aliasRange,
  type Capabilities,
  limitRanges,
  type Limits,
  type LogLevel,
  type QueueFull,
} from "../core/options.ts";
import { memorySize } from "./memory_size.ts";
import { anyText, bytes, duration, integer, named, oneOf, type ValueKind, yesOrNo } from "./values.ts";

type KindsOf<T> = { readonly [K in keyof T]-?: ValueKind<T[K]> };

export const limitKinds: KindsOf<Limits> = {
  connectTimeout: duration("ms", limitRanges.connectTimeout),
  pendingHandshakes: integer(limitRanges.pendingHandshakes),
  packetSize: bytes(limitRanges.packetSize),
  connectPacketSize: bytes(limitRanges.connectPacketSize),
  connections: integer(limitRanges.connections),
  connectionRate: integer(limitRanges.connectionRate),
  connectionRatePerAddress: integer(limitRanges.connectionRatePerAddress),
  clientIdLength: bytes(limitRanges.clientIdLength),
  topicLength: bytes(limitRanges.topicLength),
  topicLevels: integer(limitRanges.topicLevels),
  subscriptions: integer(limitRanges.subscriptions),
  inflight: integer(limitRanges.inflight),
  inflightBytes: bytes(limitRanges.inflightBytes),
  queuedMessages: integer(limitRanges.queuedMessages),
  queuedBytes: bytes(limitRanges.queuedBytes),
  outgoingBytes: bytes(limitRanges.outgoingBytes),
  retained: integer(limitRanges.retained),
  userProperties: integer(limitRanges.userProperties),
  sessions: integer(limitRanges.sessions),
  sliceTime: duration("ms", limitRanges.sliceTime),
  turnTime: duration("ms", limitRanges.turnTime),
  memory: memorySize,
  loopDelay: duration("ms", limitRanges.loopDelay),
};

const forever = 0xffff_ffff;
const qos = new Map<string, 0 | 1 | 2>([["0", 0], ["1", 1], ["2", 2]]);

export const capabilityKinds: KindsOf<Capabilities> = {
  maximumMessageExpiryInterval: duration("s", [0, forever]),
  maximumSessionExpiryInterval: duration("s", [0, forever]),
  receiveMaximum: integer([1, 65_535]),
  topicAliasMaximum: integer(aliasRange),
  topicAliasMaximumOut: integer(aliasRange),
  minimumProtocolVersion: integer([3, 5]),
  maximumQos: named(qos, "0, 1 or 2"),
  retainAvailable: yesOrNo,
  wildcardSubAvailable: yesOrNo,
  subIdAvailable: yesOrNo,
  sharedSubAvailable: yesOrNo,
  maximumKeepAlive: duration("s", [0, 65_535]),
  responseInformation: anyText,
  obscureNotAuthorized: yesOrNo,
};

export const queueFullKind: ValueKind<QueueFull> = oneOf(["drop-oldest", "drop-newest"]);

export const restoreCountersKind: ValueKind<boolean> = yesOrNo;

export const sysTopicIntervalKind: ValueKind<number> = duration("s", [0, 86_400]);

/** comqtt v2 counts them. */
const levels = new Map<string, LogLevel>([
  ["debug", "debug"],
  ["info", "info"],
  ["warn", "warn"],
  ["error", "error"],
  ["-4", "debug"],
  ["0", "info"],
  ["4", "warn"],
  ["8", "error"],
]);

export const logLevelKind: ValueKind<LogLevel> = named(levels, "one of debug, info, warn, error");

/** What a server can be told: capabilities it offers, limits it enforces. Partial values merge with the defaults. */

import { CodedRangeError, CodedTypeError } from "./errors.ts";
import type { Clock } from "./clock.ts";
import { consoleLog, type Log, LOG_LEVELS, type LogLevel, noLog } from "./log.ts";
import { isLogComponent, LOG_COMPONENTS, type LogLevelsOf } from "./log/levels.ts";
import { checkOptions, described, type Shape, unknownName } from "./misuse.ts";
import { nearest } from "./nearest.ts";

export type { Log, LogLevel } from "./log.ts";

/** What the server offers; announced to MQTT 5 clients in CONNACK. */
export interface Capabilities {
  /** Seconds; a longer Message Expiry Interval is shortened to it, 0 leaves it. Default 0. */
  readonly maximumMessageExpiryInterval: number;
  /** Seconds; the longest life of a session after its connection; 4294967295 (default) is forever. */
  readonly maximumSessionExpiryInterval: number;
  /** QoS 1 and 2 publishes a client may have open towards the server, 1 to 65535. Default 1024. */
  readonly receiveMaximum: number;
  /** Topic aliases a client may set, 0 to 65535; 0 switches them off. Default 1024. */
  readonly topicAliasMaximum: number;
  /**
   * Aliases the server sets towards a client that allows them, 0 to 65535, where the listener does not say otherwise;
   * never with QoS 2. Default 0: there are clients that allow them and hand the message to the program without its topic.
   */
  readonly topicAliasMaximumOut: number;
  /** Lowest protocol version accepted: 3 (MQTT 3.1, default), 4 or 5. */
  readonly minimumProtocolVersion: number;
  /** 0, 1 or 2 (default). */
  readonly maximumQos: 0 | 1 | 2;
  /** Retained messages; default true. */
  readonly retainAvailable: boolean;
  /** Filters with `+` and `#`; default true. */
  readonly wildcardSubAvailable: boolean;
  /** Subscription identifiers; default true. */
  readonly subIdAvailable: boolean;
  /** Filters with `$share`; default true. */
  readonly sharedSubAvailable: boolean;
  /** Seconds; 0 (default) leaves it to the client. A client asking for more, or for none, is given this one. */
  readonly maximumKeepAlive: number;
  /** Sent as Response Information to clients that ask for it; empty (default): none. */
  readonly responseInformation: string;
  /** Says 0x80 instead of 0x87 in SUBACK. */
  readonly obscureNotAuthorized: boolean;
}

/** A bound for everything a stranger can make grow. Zero or less is refused unless it says otherwise. */
export interface Limits {
  /** Milliseconds from accepting a connection to a complete CONNECT. Default 10,000. */
  readonly connectTimeout: number;
  /**
   * Opening handshakes under way, TLS, WebSocket and the head of an HTTP request, on all listeners together; at most half
   * of the files the process may open. When there are more, the oldest from the address (IPv6: the 64-bit prefix)
   * that has the most is closed. Default 1,000.
   */
  readonly pendingHandshakes: number;
  /** Bytes of a packet, fixed header included. Default 1 MiB. */
  readonly packetSize: number;
  /** Bytes of the CONNECT packet, and of AUTH before CONNACK. Default 64 KiB. */
  readonly connectPacketSize: number;
  /** Open connections. Default 1,000,000. */
  readonly connections: number;
  /** New connections a second, as a token bucket of that size. Default 10,000. */
  readonly connectionRate: number;
  /**
   * The same from one address (of IPv6: from one network of 64 bits) that is not this machine's own; 0: no such limit.
   * Default 2,500.
   */
  readonly connectionRatePerAddress: number;
  /** Bytes of a client id. Default 1,024. */
  readonly clientIdLength: number;
  /** Bytes of a topic name or filter. Default 4,096. */
  readonly topicLength: number;
  /** Levels of a topic name or filter. Default 128. */
  readonly topicLevels: number;
  /** Subscriptions of one session. Default 10,000. */
  readonly subscriptions: number;
  /** Unacknowledged QoS 1 and 2 messages towards one client, also where it allows more. Default 1,024. */
  readonly inflight: number;
  /**
   * Bytes of messages on their way to all clients together (sent and not acknowledged): above it what waits in a storage
   * is read in portions of a few messages per client. Default 64 MiB.
   */
  readonly inflightBytes: number;
  /** Messages waiting in one session. Default 10,000. */
  readonly queuedMessages: number;
  /** Bytes of the messages waiting in one session. Default 16 MiB. */
  readonly queuedBytes: number;
  /** Bytes waiting to be written to one connection. Default 1 MiB. */
  readonly outgoingBytes: number;
  /** Retained messages. Default 10,000,000. */
  readonly retained: number;
  /** User properties in one packet. Default 64. */
  readonly userProperties: number;
  /** Sessions, connected or not. Default 2,000,000. Those that a storage keeps are there again, however many. */
  readonly sessions: number;
  /**
   * Milliseconds of work for one client at a stretch while others wait, whatever it asks for: what it publishes, what its
   * queue holds, retained messages it subscribes to. Default 2.
   */
  readonly sliceTime: number;
  /**
   * Milliseconds of work that was put off, for all clients together, in one turn of the event loop; what comes from
   * sockets meanwhile may take three times as long before it is put off. Default 5.
   */
  readonly turnTime: number;
  /**
   * Bytes of main memory the process may occupy; 0 (default): no such limit. At 90 % of it new connections and QoS 1 and 2
   * publishes are refused, until it is below 85 %; at all of it, or when that lasts, what waits in the largest queues goes.
   */
  readonly memory: number;
  /** Milliseconds; while the event loop is later than that, new connections are refused. 0: never. Default 500. */
  readonly loopDelay: number;
}

/** What happens to a message that finds a session's queue full: the oldest waiting one goes, or it does itself. */
export type QueueFull = "drop-oldest" | "drop-newest";

export interface ServerOptions {
  readonly capabilities: Capabilities;
  readonly limits: Limits;
  readonly queueFull: QueueFull;
  /** Seconds between two publications of $SYS, 0 is never. Default 1. */
  readonly sysTopicInterval: number;
  readonly restoreCounters: boolean;
  readonly clock: Clock | null;
  readonly log: Log;
  readonly logLevel: LogLevel | "off";
  readonly logLevels: LogLevelsOf;
}

/** Every part may be left out. */
export interface PartialServerOptions {
  /** What the server offers. */
  readonly capabilities?: Partial<Capabilities>;
  /** What it bounds. */
  readonly limits?: Partial<Limits>;
  /** Default `drop-oldest`. */
  readonly queueFull?: QueueFull;
  /** Seconds between two publications of $SYS, 0 is never. Default 1. */
  readonly sysTopicInterval?: number;
  /** Whether counters go on where an earlier run on the same storage has stopped. Default false: they begin at 0. */
  readonly restoreCounters?: boolean;
  /** Default: that of the machine. */
  readonly clock?: Clock;
  /**
   * Receives one line per event worth knowing, and its fields. Default: warnings and errors go to `console.error`; null
   * silences them. What it throws harms nobody.
   */
  readonly log?: Log | null;
  /** The least that is logged; what is below costs nothing. Default `debug` with a `log`, `warn` without one. */
  readonly logLevel?: LogLevel | "off";
  /**
   * Other levels for single components, `{ storage: "debug" }` for example: `docs/events.md` says what belongs to which.
   * `hook:` and the id of a hook are what that hook says, and what is said of it.
   */
  readonly logLevels?: Readonly<Record<string, LogLevel | "off">>;
}

/** What is offered when nothing else is said. */
export const defaultCapabilities: Capabilities = Object.freeze({
  maximumMessageExpiryInterval: 0,
  maximumSessionExpiryInterval: 0xffffffff,
  receiveMaximum: 1024,
  topicAliasMaximum: 1024,
  topicAliasMaximumOut: 0,
  minimumProtocolVersion: 3,
  maximumQos: 2,
  retainAvailable: true,
  wildcardSubAvailable: true,
  subIdAvailable: true,
  sharedSubAvailable: true,
  maximumKeepAlive: 0,
  responseInformation: "",
  obscureNotAuthorized: false,
});

/** What is bounded when nothing else is said. */
export const defaultLimits: Limits = Object.freeze({
  connectTimeout: 10_000,
  pendingHandshakes: 1000,
  packetSize: 1 << 20,
  connectPacketSize: 1 << 16,
  connections: 1_000_000,
  connectionRate: 10_000,
  connectionRatePerAddress: 2500,
  clientIdLength: 1024,
  topicLength: 4096,
  topicLevels: 128,
  subscriptions: 10_000,
  inflight: 1024,
  inflightBytes: 64 << 20,
  queuedMessages: 10_000,
  queuedBytes: 16 << 20,
  outgoingBytes: 1 << 20,
  retained: 10_000_000,
  userProperties: 64,
  sessions: 2_000_000,
  sliceTime: 2,
  turnTime: 5,
  memory: 0,
  loopDelay: 500,
});

/** The lowest and highest value of each limit, for everything that checks configuration. */
export const limitRanges: Readonly<Record<keyof Limits, readonly [number, number]>> = Object.freeze({
  connectTimeout: [100, 600_000],
  pendingHandshakes: [1, 1_000_000],
  packetSize: [64, 268_435_460],
  connectPacketSize: [64, 268_435_460],
  connections: [1, 100_000_000],
  connectionRate: [1, 10_000_000],
  connectionRatePerAddress: [0, 10_000_000],
  clientIdLength: [23, 65_535],
  topicLength: [16, 65_535],
  topicLevels: [2, 1024],
  subscriptions: [1, 100_000_000],
  inflight: [1, 65_535],
  inflightBytes: [65_536, 2 ** 40],
  queuedMessages: [1, 100_000_000],
  queuedBytes: [1024, 2 ** 40],
  outgoingBytes: [4096, 2 ** 32],
  retained: [0, 100_000_000],
  userProperties: [0, 65_535],
  sessions: [1, 100_000_000],
  sliceTime: [1, 10_000],
  turnTime: [1, 10_000],
  memory: [0, 2 ** 50],
  loopDelay: [0, 60_000],
});

/** Limits that may change while a server runs. */
export type ChangeableLimit = Exclude<
  keyof Limits,
  "connectPacketSize" | "inflight" | "outgoingBytes" | "packetSize" | "pendingHandshakes"
>;

/** Which limits may change while a server runs. (Clients are told of the others, or what they bound is there already.) */
export const CHANGEABLE_LIMITS: readonly ChangeableLimit[] = [
  "connectTimeout",
  "connections",
  "connectionRate",
  "connectionRatePerAddress",
  "clientIdLength",
  "topicLength",
  "topicLevels",
  "subscriptions",
  "inflightBytes",
  "queuedMessages",
  "queuedBytes",
  "retained",
  "userProperties",
  "sessions",
  "sliceTime",
  "turnTime",
  "memory",
  "loopDelay",
];

/** What `Server.change` takes. What is left out stays as it is. */
export interface ChangeableOptions {
  /** `packetSize`, `connectPacketSize`, `inflight`, `outgoingBytes` and `pendingHandshakes` stay as the server began with them. */
  readonly limits?: Partial<Pick<Limits, ChangeableLimit>>;
  /** As in `PartialServerOptions`. */
  readonly logLevel?: LogLevel | "off";
  /** As in `PartialServerOptions`; all of them: a component that is not in it has `logLevel`. */
  readonly logLevels?: Readonly<Record<string, LogLevel | "off">>;
}

const optionShape: Shape<PartialServerOptions> = {
  capabilities: "object",
  limits: "object",
  queueFull: "string",
  sysTopicInterval: "number",
  restoreCounters: "boolean",
  clock: "object",
  log: "any",
  logLevel: "string",
  logLevels: "object",
};

/** Each value is of the kind its default is of. */
function shapeOf<T extends object>(defaults: T): Shape<T> {
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, typeof value])) as Shape<
    T
  >;
}

/** What is undefined is left out. */
function merged<T extends object>(defaults: T, given: Partial<T> = {}): T {
  return {
    ...defaults,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

/** Throws a TypeError for what is none of the options, or of another type. */
function checkGiven(given: PartialServerOptions): void {
  checkOptions("new Server", given, optionShape);
  const { capabilities, clock, limits, log, logLevel, queueFull, sysTopicInterval } = given;
  if (limits !== undefined) checkOptions("limits", limits, shapeOf(defaultLimits));
  if (capabilities !== undefined) checkOptions("capabilities", capabilities, shapeOf(defaultCapabilities));
  if (log !== undefined && log !== null && typeof log !== "function") {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use ${described(log)} as log of new Server: expected a function, or null for silence`,
    );
  }
  oneOf("logLevel", logLevel, [...LOG_LEVELS, "off"]);
  checkLogLevels(given.logLevels);
  oneOf("queueFull", queueFull, ["drop-oldest", "drop-newest"]);
  if (clock !== undefined && (typeof clock.now !== "function" || typeof clock.every !== "function")) {
    throw new CodedTypeError(
      "argument-invalid",
      "Cannot use an object as clock of new Server: expected a Clock with now() and every()",
    );
  }
  if (sysTopicInterval !== undefined && !(sysTopicInterval >= 0 && sysTopicInterval <= 86_400)) {
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot use sysTopicInterval ${sysTopicInterval}: expected seconds from 0 to 86400`,
    );
  }
}

function oneOf(name: string, value: string | undefined, accepted: readonly string[]): void {
  if (value === undefined || accepted.includes(value)) return;
  const meant = nearest(value, accepted);
  const hint = meant === null ? `expected one of ${accepted.join(", ")}` : `did you mean "${meant}"`;
  throw new CodedTypeError(
    "argument-invalid",
    `Cannot use ${described(value)} as ${name} of new Server: ${hint}`,
  );
}

/** What `limits.memory` may be at least: an empty broker takes more than half of it. */
export const LEAST_MEMORY: number = 128 << 20;

/** How many topic aliases there may be. */
export const aliasRange: readonly [number, number] = [0, 65_535];

function checkLimits(limits: Limits): void {
  for (const key of Object.keys(limitRanges) as (keyof Limits)[]) {
    inRange(`limits.${key}`, limits[key], limitRanges[key]);
  }
  if (limits.memory > 0 && limits.memory < LEAST_MEMORY) {
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot use limits.memory ${limits.memory}: expected 0 for none, or at least ${LEAST_MEMORY}`,
    );
  }
}

/** The limits as they are then. Throws as `resolveOptions` does, also for what can't change. */
export function changedLimits(limits: Limits, given: ChangeableOptions): Limits {
  checkOptions("change", given, { limits: "object", logLevel: "string", logLevels: "object" });
  if (given.limits !== undefined) {
    const names = Object.fromEntries(CHANGEABLE_LIMITS.map((name) => [name, "number"]));
    checkOptions("limits of change", given.limits, names as Shape<NonNullable<ChangeableOptions["limits"]>>);
  }
  oneOf("logLevel", given.logLevel, [...LOG_LEVELS, "off"]);
  checkLogLevels(given.logLevels);
  const changed = merged<Limits>(limits, given.limits);
  checkLimits(changed);
  return changed;
}

/**
 * Merges with the defaults. Throws a TypeError for options there are none of, and a RangeError that names the key, the
 * value and what is accepted.
 */
export function resolveOptions(given: PartialServerOptions): ServerOptions {
  checkGiven(given);
  const capabilities: Capabilities = merged(defaultCapabilities, given.capabilities);
  const limits: Limits = merged(defaultLimits, given.limits);
  checkLimits(limits);
  inRange("capabilities.receiveMaximum", capabilities.receiveMaximum, [1, 65_535]);
  inRange("capabilities.topicAliasMaximum", capabilities.topicAliasMaximum, aliasRange);
  inRange("capabilities.topicAliasMaximumOut", capabilities.topicAliasMaximumOut, aliasRange);
  inRange("capabilities.maximumQos", capabilities.maximumQos, [0, 2]);
  inRange("capabilities.minimumProtocolVersion", capabilities.minimumProtocolVersion, [3, 5]);
  inRange("capabilities.maximumKeepAlive", capabilities.maximumKeepAlive, [0, 65_535]);
  inRange("capabilities.maximumSessionExpiryInterval", capabilities.maximumSessionExpiryInterval, [
    0,
    0xffffffff,
  ]);
  inRange("capabilities.maximumMessageExpiryInterval", capabilities.maximumMessageExpiryInterval, [
    0,
    0xffffffff,
  ]);
  if (given.clock !== undefined) checkClock(given.clock);
  return {
    capabilities,
    limits,
    queueFull: given.queueFull ?? "drop-oldest",
    sysTopicInterval: given.sysTopicInterval ?? 1,
    restoreCounters: given.restoreCounters ?? false,
    clock: given.clock ?? null,
    log: given.log === undefined ? consoleLog : given.log ?? noLog,
    logLevel: given.log === null ? "off" : given.logLevel ?? (given.log === undefined ? "warn" : "debug"),
    logLevels: given.logLevels ?? {},
  };
}

function checkLogLevels(levels: PartialServerOptions["logLevels"] = {}): void {
  for (const [name, level] of Object.entries(levels)) {
    if (!isLogComponent(name)) {
      throw new CodedTypeError(
        "argument-invalid",
        unknownName("component of logLevels", name, LOG_COMPONENTS),
      );
    }
    oneOf(`logLevels.${name}`, level, [...LOG_LEVELS, "off"]);
  }
}

/** (One that was made when a clock had no more than a time is not told from what it shows.) */
function checkClock(clock: Clock): void {
  for (const method of ["now", "monotonic", "every"] as const) {
    if (typeof clock[method] === "function") continue;
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use this clock: it has no method "${method}"; now, monotonic and every are needed`,
    );
  }
}

/** Throws a RangeError that names the key, the value and what is accepted. */
export function inRange(name: string, value: number, [low, high]: readonly [number, number]): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new CodedRangeError(
    "argument-invalid",
    `Cannot use ${name} ${JSON.stringify(value)}: expected a whole number from ${low} to ${high}`,
  );
}

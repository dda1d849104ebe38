/** The bounds for everything a stranger can make grow. */

import { CHANGEABLE_LIMITS, defaultLimits, limitRanges, type Limits } from "../../core/options.ts";
import { memorySize } from "../memory_size.ts";
import { bytes, duration, integer } from "../values.ts";
import { type ItemsOf, type Section, section, type Setting, setting } from "./item.ts";

type Make = (range: readonly [number, number]) => Setting<number>["kind"];

const milliseconds: Make = (range) => duration("ms", range);

function limit(name: keyof Limits, make: Make, text: string): Setting<number> {
  const changes = (CHANGEABLE_LIMITS as readonly string[]).includes(name);
  return setting(make(limitRanges[name]), text, {
    default: defaultLimits[name],
    ...(changes ? { reloadable: true } : {}),
  });
}

const items: ItemsOf<Limits> = {
  connectTimeout: limit(
    "connectTimeout",
    milliseconds,
    "Time from accepting a connection to a complete CONNECT.",
  ),
  pendingHandshakes: limit(
    "pendingHandshakes",
    integer,
    "Opening handshakes under way, TLS, WebSocket and the head of an HTTP request, on all listeners together; then the " +
      "oldest from the address that has the most makes room.",
  ),
  packetSize: limit("packetSize", bytes, "Size of a packet, fixed header included; clients are told."),
  connectPacketSize: limit(
    "connectPacketSize",
    bytes,
    "Size of the CONNECT packet, and of AUTH before CONNACK.",
  ),
  connections: limit("connections", integer, "Open connections."),
  connectionRate: limit("connectionRate", integer, "New connections a second, and as many at once."),
  connectionRatePerAddress: limit(
    "connectionRatePerAddress",
    integer,
    "New connections a second from one address (of IPv6: one network of 64 bits) that is not this machine's own; 0: as many " +
      "as `connectionRate`.",
  ),
  clientIdLength: limit("clientIdLength", bytes, "Length of a client id."),
  topicLength: limit("topicLength", bytes, "Length of a topic name or filter."),
  topicLevels: limit("topicLevels", integer, "Levels of a topic name or filter."),
  subscriptions: limit("subscriptions", integer, "Subscriptions of one session."),
  inflight: limit(
    "inflight",
    integer,
    "Unacknowledged QoS 1 and 2 messages towards one client, also where it allows more.",
  ),
  inflightBytes: limit(
    "inflightBytes",
    bytes,
    "Size of the messages on their way to all clients together, from where on what waits in a storage is read in portions " +
      "of a few messages per client.",
  ),
  queuedMessages: limit("queuedMessages", integer, "Messages waiting in one session."),
  queuedBytes: limit("queuedBytes", bytes, "Size of the messages waiting in one session."),
  outgoingBytes: limit("outgoingBytes", bytes, "Bytes waiting to be written to one connection."),
  retained: limit("retained", integer, "Retained messages."),
  userProperties: limit("userProperties", integer, "User properties in one packet."),
  sessions: limit("sessions", integer, "Sessions, connected or not."),
  sliceTime: limit("sliceTime", milliseconds, "Work for one client at a stretch while others wait."),
  turnTime: limit(
    "turnTime",
    milliseconds,
    "Work that was put off, for all clients together, in one turn of the event loop.",
  ),
  memory: setting(
    memorySize,
    "Main memory of this process, as a size or a share of the machine or its container; 0: no limit. At 90 % of it new " +
      "connections and QoS 1 and 2 publishes are refused, at all of it the largest queues are cut.",
    { default: defaultLimits.memory, reloadable: true },
  ),
  loopDelay: limit(
    "loopDelay",
    milliseconds,
    "While the event loop is later than that, new connections are refused; 0: never.",
  ),
};

export const limits: Section<Limits> = section("A bound for everything a stranger can make grow.", items, {
  ownsVariables: true,
});

/**
 * Bytes of QoS 0 publishes with the same topic, one after the other, go to those who get that topic: each subscriber of the
 * same protocol version has them appended as they are, no object per message. Wherever they come from: a client's hot path,
 * or another part of the program that has them as bytes (`Distributor.frames`).
 */

import { headLength, packetEnd } from "../../packets/fixed_header.ts";
import type { ProtocolVersion } from "../../packets/types.ts";
import { Message } from "../../session/message.ts";
import { Retain } from "../../session/retain.ts";
import { type Route, toItself } from "../../session/route.ts";
import type { SharedGroup } from "../../session/shared_group.ts";
import { sameBytes, type TopicEntry } from "../../topics/topic_table.ts";
import type { Core } from "../core.ts";
import type { BackPressure } from "./back_pressure.ts";
import { deliverShared } from "./deliver.ts";
import type { Routes } from "./routes.ts";

/** Longest run, so that a receiver's bounds are looked at often enough. */
export const LONGEST: number = 1 << 16;
/** The same for what all receivers of a run are given together: some milliseconds. */
export const WIDEST: number = 1 << 24;

/** What a run needs of the broker. */
export interface RunHost extends Core {
  readonly pressure: BackPressure;
}

/** Whose run it is: a connection, or a source of frames from elsewhere. */
export interface RunOrigin {
  /** In which form its packets are: 3.x and 3.1.1 have the same. */
  readonly version: ProtocolVersion;
  /** Under which name its messages are published. (Its session may be gone: a hook may have ended the connection.) */
  readonly client: { readonly id: string } | null;
}

/** How many messages the last of the functions below has passed over, beside where they end. */
export const found: { count: number } = { count: 0 };

/**
 * Where the neighbours of a packet end that have its topic, and are whole: it ends at `at`, and they are looked for up to
 * `until`. `found` says how many they are.
 */
export function runEnd(
  raw: string,
  v5: boolean,
  limit: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  until: number,
): number {
  const { length } = raw;
  let count = 0;
  while (at < until && end - at > 4 && bytes[at] === 0x30) {
    let remaining = bytes[at + 1]!;
    let body = at + 2;
    if (remaining > 127) {
      const high = bytes[at + 2]!;
      if (high > 127 || high === 0) break;
      remaining = (remaining & 127) | (high << 7);
      body++;
    }
    const next = body + remaining;
    const topicEnd = body + 2 + length;
    if (next > end || topicEnd > next || ((bytes[body]! << 8) | bytes[body + 1]!) !== length) break;
    if (v5 && (topicEnd === next || bytes[topicEnd] !== 0)) break;
    if (next - at > limit || !sameBytes(raw, bytes, body + 2, topicEnd)) break;
    at = next;
    count++;
  }
  found.count = count;
  return at;
}

/**
 * `count` messages of one topic stand in `[start..end)`. Returns where those end that were delivered, `found` says how many they
 * are: all, or fewer, but at least one, when somebody began to be behind who needs each by itself. Then whoever publishes has
 * to look whether it must wait, or the rest would be dropped.
 */
export function deliverRun(
  host: RunHost,
  origin: RunOrigin,
  entry: TopicEntry<Routes>,
  routes: Routes,
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
): number {
  const { direct, shared } = routes;
  const version = origin.version === 5 ? 5 : 4;
  const told = host.hooks.on.onPublishDropped.length > 0;
  let each = shared.length > 0;
  for (let i = 0; i < direct.length && !each; i++) {
    each = wayTo(direct[i]!, origin, version, told) === Way.EACH;
  }
  if (each) return deliverMixed(host, origin, entry, routes, bytes, start, end);
  deliverBytes(host, origin, direct, bytes, start, end, count);
  found.count = count;
  return end;
}

/** How a subscriber gets a run. */
const Way = { NOT: 0, BYTES: 1, EACH: 2, DROPPED: 3 } as const;
type Way = (typeof Way)[keyof typeof Way];

/** `told`: somebody wants to know which messages are dropped. */
function wayTo(route: Route, origin: RunOrigin, version: 4 | 5, told: boolean): Way {
  const { outlet } = route.session;
  // An offline session gets no QoS 0.
  if (outlet === null) return Way.NOT;
  const chosen = chosenFor(route, outlet, origin);
  if (chosen === null) return Way.NOT;
  if (outlet.rawVersion === version && chosen.identifiers === null) return Way.BYTES;
  // (A reader that stopped costs one look per run.)
  return outlet.congested && outlet.full && !told ? Way.DROPPED : Way.EACH;
}

/** Null: its client has published them itself, and does not want them. */
function chosenFor(route: Route, outlet: object, origin: object): Route | null {
  return outlet === origin ? toItself(route) : route;
}

function deliverBytes(
  { stats }: RunHost,
  origin: RunOrigin,
  direct: readonly Route[],
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
): void {
  const version = origin.version === 5 ? 5 : 4;
  let view: Uint8Array | null = null;
  for (let i = 0; i < direct.length; i++) {
    const route = direct[i]!;
    const way = wayTo(route, origin, version, false);
    if (way === Way.NOT) continue;
    if (way !== Way.BYTES) {
      stats.messagesDropped += count;
      stats.droppedSlow += count;
      continue;
    }
    const { output, outgoing } = route.session.outlet!;
    if (direct.length === 1 || end - start < 96) output!.append(bytes, start, end);
    else output!.appendAll(view ??= bytes.subarray(start, end));
    stats.messagesSent += count;
    stats.packetsSent += count;
    stats.bytesSent += end - start;
    outgoing!.added();
  }
}

/** First to those who need each by itself, as far as they keep up, then so many to the others. */
function deliverMixed(
  host: RunHost,
  origin: RunOrigin,
  entry: TopicEntry<Routes>,
  { direct, shared }: Routes,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const version = origin.version === 5 ? 5 : 4;
  const told = host.hooks.on.onPublishDropped.length > 0;
  const others: Route[] = [];
  const singly: Route[] = [];
  for (const route of direct) {
    const way = wayTo(route, origin, version, told);
    if (way === Way.EACH) singly.push(chosenFor(route, route.session.outlet!, origin)!);
    else others.push(route);
  }
  const last = deliverSingly(host, origin, entry, singly, shared, bytes, start, end);
  const { count } = found;
  deliverBytes(host, origin, others, bytes, start, last, count);
  found.count = count;
  return last;
}

/** To those who need each message by itself: another version, an alias, an identifier, a shared subscription. */
function deliverSingly(
  host: RunHost,
  origin: RunOrigin,
  entry: TopicEntry<Routes>,
  routes: readonly Route[],
  shared: readonly SharedGroup[],
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const { pressure } = host;
  const { rises } = pressure;
  return eachMessage(origin, entry, bytes, start, end, (message) => {
    for (const { session, identifiers } of routes) {
      if (session.send(message, Retain.NO, identifiers)) continue;
      host.sessionHost.dropped(session, message, "tooLarge");
    }
    if (shared.length > 0) deliverShared(host, message, shared);
    return pressure.rises === rises;
  });
}

/**
 * The messages of a run, until `take` says that it is enough: where those end that it was given, `found` says how many they
 * are. Their payload is a view of `bytes`.
 */
export function eachMessage(
  origin: RunOrigin,
  entry: TopicEntry<Routes>,
  bytes: Uint8Array,
  start: number,
  end: number,
  take: (message: Message) => boolean,
): number {
  const propertyLength = origin.version === 5 ? 1 : 0;
  const { id } = origin.client!;
  let count = 0;
  let at = start;
  for (let more = true; more && at < end; count++) {
    const next = packetEnd(bytes, at, end);
    const from = at + headLength(next - at) + 2 + entry.raw.length + propertyLength;
    more = take(new Message(entry.topic, entry.raw, bytes, from, next, 0, false, id, false));
    at = next;
  }
  found.count = count;
  return at;
}

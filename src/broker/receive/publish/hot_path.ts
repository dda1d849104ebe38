/**
 * The hot path: QoS 0 publishes without properties. Neighbours with the same topic go through as one run of
 * bytes, which each subscriber of the same protocol version gets appended as it is: no object per message.
 * Whatever is unusual about a packet leaves this path and is handled by `publish.ts`.
 */

import { Retain } from "../../../session/retain.ts";
import { type Route, toItself } from "../../../session/route.ts";
import type { SharedGroup } from "../../../session/shared_group.ts";
import { Message } from "../../../session/message.ts";
import { sameBytes, type TopicEntry } from "../../../topics/topic_table.ts";
import type { Connection } from "../../connection/connection.ts";
import { deliverShared } from "../../delivery/deliver.ts";
import { mayPublishAtOnce } from "./right_to_publish.ts";
import type { Routes } from "../../delivery/routes.ts";
import { CHECK } from "../../../core/slices.ts";

/** Longest run, so that a receiver's bounds are looked at often enough. */
const LONGEST = 1 << 16;
/** The same for what all receivers of a run are given together: some milliseconds. */
const WIDEST = 1 << 24;

/** Handles what it can from `at` on; the position of the first packet it left. */
export function publishRuns(connection: Connection, bytes: Uint8Array, at: number, end: number): number {
  const { broker } = connection;
  const { slices } = broker;
  const limit = broker.limits.packetSize;
  const v5 = connection.version === 5;
  for (;;) {
    // Fixed header with one or two bytes of remaining length, and the whole packet.
    if (end - at < 5 || bytes[at] !== 0x30) return at;
    let remaining = bytes[at + 1]!;
    let body = at + 2;
    if (remaining > 127) {
      const high = bytes[at + 2]!;
      if (high > 127 || high === 0) return at;
      remaining = (remaining & 127) | (high << 7);
      body++;
    }
    const next = body + remaining;
    if (next > end || next - at > limit) return at;
    const length = (bytes[body]! << 8) | bytes[body + 1]!;
    const name = body + 2;
    const rest = name + length;
    if (length === 0 || rest > next || (v5 && (rest === next || bytes[rest] !== 0))) return at;

    let entry = connection.allowed;
    if (
      entry === null || connection.allowedAt !== broker.hooks.generation ||
      !sameBytes(entry.raw, bytes, name, rest)
    ) {
      entry = broker.distributor.topics.get(bytes, name, rest);
      if (entry === null || !mayPublishAtOnce(connection, entry)) return at;
    }
    const routes = broker.distributor.router.of(entry);
    if (routes.pending !== null) return at;
    if (broker.pressure.active && broker.pressure.mustWait(routes, connection)) {
      connection.waitForReceiver();
      return at;
    }

    // Its neighbours with the same topic.
    let runEnd = next;
    let count = 1;
    const receivers = routes.direct.length;
    const longest = receivers < WIDEST / LONGEST ? LONGEST : WIDEST / receivers;
    while (runEnd - at < longest && end - runEnd > 4 && bytes[runEnd] === 0x30) {
      let more = bytes[runEnd + 1]!;
      let moreBody = runEnd + 2;
      if (more > 127) {
        const high = bytes[runEnd + 2]!;
        if (high > 127 || high === 0) break;
        more = (more & 127) | (high << 7);
        moreBody++;
      }
      const moreEnd = moreBody + more;
      const topicEnd = moreBody + 2 + length;
      if (
        moreEnd > end || topicEnd > moreEnd || ((bytes[moreBody]! << 8) | bytes[moreBody + 1]!) !== length
      ) break;
      if (v5 && (topicEnd === moreEnd || bytes[topicEnd] !== 0)) break;
      if (moreEnd - runEnd > limit || !sameBytes(entry.raw, bytes, moreBody + 2, topicEnd)) break;
      runEnd = moreEnd;
      count++;
    }
    broker.stats.messagesReceived += count;
    broker.stats.packetsReceived += count;
    if (routes.direct.length > 0 || routes.shared.length > 0) {
      deliverRun(connection, entry, routes, bytes, at, runEnd, count);
    }
    // (A receiver costs a tenth of a microsecond, and one per 4 KiB.)
    slices.units += 1 + (receivers >> 3) + ((((runEnd - at) >> 6) * receivers) >> 6);
    at = runEnd;
    if (connection.phase === "closed") return end;
    if (
      slices.units >= CHECK &&
      slices.overSince(connection.input.slice, connection.heardAt, connection.input) && at < end
    ) {
      connection.input.waitForSlice();
      return at;
    }
  }
}

export function deliverRun(
  connection: Connection,
  entry: TopicEntry<Routes>,
  routes: Routes,
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
): void {
  const { hooks, stats } = connection.broker;
  const version = connection.version === 5 ? 5 : 4;
  const { direct } = routes;
  let view: Uint8Array | null = null;
  let singly: Route[] | null = null;
  for (let i = 0; i < direct.length; i++) {
    const route = direct[i]!;
    const { outlet } = route.session;
    // An offline session gets no QoS 0.
    if (outlet === null) continue;
    const chosen = outlet === connection ? toItself(route) : route;
    if (chosen === null) continue;
    if (outlet.rawVersion !== version || chosen.identifiers !== null) {
      if (outlet.congested && hooks.on.onPublishDropped.length === 0) {
        // Nobody wants to know which ones: a reader that stopped costs one look per run.
        stats.messagesDropped += count;
        stats.droppedSlow += count;
      } else (singly ??= []).push(chosen);
      continue;
    }
    if (direct.length === 1 || end - start < 96) outlet.output!.append(bytes, start, end);
    else outlet.output!.appendAll(view ??= bytes.subarray(start, end));
    stats.messagesSent += count;
    stats.packetsSent += count;
    stats.bytesSent += end - start;
    outlet.outgoing!.added();
  }
  if (singly !== null || routes.shared.length > 0) {
    deliverSingly(connection, entry, singly, routes.shared, bytes, start, end);
  }
}

/** To those who need each message by itself: another version, an alias, an identifier, a shared subscription. */
function deliverSingly(
  connection: Connection,
  entry: TopicEntry<Routes>,
  routes: readonly Route[] | null,
  shared: readonly SharedGroup[],
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  eachMessage(connection, entry, bytes, start, end, (message) => {
    if (routes !== null) {
      for (const { session, identifiers } of routes) {
        if (session.send(message, Retain.NO, identifiers)) continue;
        connection.broker.sessionHost.dropped(session, message, "tooLarge");
      }
    }
    if (shared.length > 0) deliverShared(connection.broker, message, shared);
  });
}

/** The messages of a run; their payload is a view of `bytes`. */
export function eachMessage(
  connection: Connection,
  entry: TopicEntry<Routes>,
  bytes: Uint8Array,
  start: number,
  end: number,
  take: (message: Message) => void,
): void {
  const propertyLength = connection.version === 5 ? 1 : 0;
  // (The session may be gone: a hook may have ended the connection.)
  const { id } = connection.client!;
  for (let at = start; at < end;) {
    const two = bytes[at + 1]! > 127;
    const body = at + (two ? 3 : 2);
    const next = body + (two ? (bytes[at + 1]! & 127) | (bytes[at + 2]! << 7) : bytes[at + 1]!);
    const from = body + 2 + entry.raw.length + propertyLength;
    take(new Message(entry.topic, entry.raw, bytes, from, next, 0, false, id, false));
    at = next;
  }
}

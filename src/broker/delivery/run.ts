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
import { deliverShared } from "./deliver.ts";
import type { Routes } from "./routes.ts";

/** Longest run, so that a receiver's bounds are looked at often enough. */
export const LONGEST: number = 1 << 16;
/** The same for what all receivers of a run are given together: some milliseconds. */
export const WIDEST: number = 1 << 24;

/** Whose run it is: a connection, or a source of frames from elsewhere. */
export interface RunOrigin {
  /** In which form its packets are: 3.x and 3.1.1 have the same. */
  readonly version: ProtocolVersion;
  /** Under which name its messages are published. (Its session may be gone: a hook may have ended the connection.) */
  readonly client: { readonly id: string } | null;
}

/** What `runEnd` has found. */
export const found: { count: number } = { count: 0 };

/**
 * Where the neighbours of a packet end that have its topic, and are whole; it ends at `at`, and they are looked for up to
 * `until`. How many they are says `found`.
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

/** `count` messages of one topic stand in `[start..end)`. */
export function deliverRun(
  core: Core,
  origin: RunOrigin,
  entry: TopicEntry<Routes>,
  routes: Routes,
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
): void {
  const { hooks, stats } = core;
  const version = origin.version === 5 ? 5 : 4;
  const { direct } = routes;
  let view: Uint8Array | null = null;
  let singly: Route[] | null = null;
  for (let i = 0; i < direct.length; i++) {
    const route = direct[i]!;
    const { outlet } = route.session;
    // An offline session gets no QoS 0.
    if (outlet === null) continue;
    const chosen = isItself(outlet, origin) ? toItself(route) : route;
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
    deliverSingly(core, origin, entry, singly, routes.shared, bytes, start, end);
  }
}

/** The client that published them gets them itself. */
function isItself(outlet: object, origin: object): boolean {
  return outlet === origin;
}

/** To those who need each message by itself: another version, an alias, an identifier, a shared subscription. */
function deliverSingly(
  core: Core,
  origin: RunOrigin,
  entry: TopicEntry<Routes>,
  routes: readonly Route[] | null,
  shared: readonly SharedGroup[],
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  eachMessage(origin, entry, bytes, start, end, (message) => {
    if (routes !== null) {
      for (const { session, identifiers } of routes) {
        if (session.send(message, Retain.NO, identifiers)) continue;
        core.sessionHost.dropped(session, message, "tooLarge");
      }
    }
    if (shared.length > 0) deliverShared(core, message, shared);
  });
}

/** The messages of a run; their payload is a view of `bytes`. */
export function eachMessage(
  origin: RunOrigin,
  entry: TopicEntry<Routes>,
  bytes: Uint8Array,
  start: number,
  end: number,
  take: (message: Message) => void,
): void {
  const propertyLength = origin.version === 5 ? 1 : 0;
  const { id } = origin.client!;
  for (let at = start; at < end;) {
    const next = packetEnd(bytes, at, end);
    const from = at + headLength(next - at) + 2 + entry.raw.length + propertyLength;
    take(new Message(entry.topic, entry.raw, bytes, from, next, 0, false, id, false));
    at = next;
  }
}

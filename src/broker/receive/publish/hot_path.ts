/**
 * The hot path: QoS 0 publishes without properties. Neighbours with the same topic go through as one run of
 * bytes, which each subscriber of the same protocol version gets appended as it is: no object per message.
 * Whatever is unusual about a packet leaves this path and is handled by `publish.ts`.
 */

import { sameBytes } from "../../../topics/topic_table.ts";
import type { Connection } from "../../connection/connection.ts";
import { deliverRun, found, LONGEST, runEnd, WIDEST } from "../../delivery/run.ts";
import { mayPublishAtOnce } from "./right_to_publish.ts";
import { CHECK } from "../../../core/slices.ts";

/** Handles what it can from `at` on; the position of the first packet it left. */
export function hotPath(connection: Connection, bytes: Uint8Array, at: number, end: number): number {
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
    if (broker.pressure.active && broker.pressure.mustWait(routes, connection, end - at)) {
      connection.waitForReceiver();
      return at;
    }

    // Its neighbours with the same topic.
    const receivers = routes.direct.length;
    const longest = receivers < WIDEST / LONGEST ? LONGEST : WIDEST / receivers;
    let last = runEnd(entry.raw, v5, limit, bytes, next, end, at + longest);
    let count = found.count + 1;
    if (receivers > 0 || routes.shared.length > 0) {
      last = deliverRun(broker, connection, entry, routes, bytes, at, last, count);
      ({ count } = found);
      broker.publishTimes.distributed(connection.heardAt, 0);
    }
    broker.stats.messagesReceived += count;
    broker.stats.packetsReceived += count;
    // (A receiver costs a tenth of a microsecond, and one per 4 KiB.)
    slices.units += 1 + (receivers >> 3) + ((((last - at) >> 6) * receivers) >> 6);
    at = last;
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

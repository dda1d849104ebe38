/** What mosquitto says under `$SYS/broker` besides what comqtt does, under its names: mosquitto-exporter reads them. */

import type { Loads } from "./loads.ts";
import type { Stats } from "../stats.ts";
import type { SystemInfo } from "../system_info.ts";

/** Topics below `$SYS/broker/`, and their values. */
export type SysValues = readonly (readonly [topic: string, value: number])[];

/**
 * All of mosquitto's that have other names than comqtt's, but for bytes of payloads (`publish/bytes/…`,
 * `store/messages/bytes`), which nobody counts here.
 */
export function mosquittoTree(info: SystemInfo, stats: Readonly<Stats>, loads: Loads): SysValues {
  return [
    ["bytes/received", info.bytes_received],
    ["bytes/sent", info.bytes_sent],
    ["clients/active", info.clients_connected],
    ["clients/inactive", info.clients_disconnected],
    ["clients/expired", stats.sessionsExpired],
    ["publish/messages/received", info.messages_received],
    ["publish/messages/sent", info.messages_sent],
    ["publish/messages/dropped", info.messages_dropped],
    ["messages/stored", stored(info, stats)],
    ["store/messages/count", stored(info, stats)],
    ["retained messages/count", info.retained],
    ["subscriptions/count", info.subscriptions],
    ["shared_subscriptions/count", stats.sharedSubscriptions],
    ["heap/current", info.memory_alloc],
    ["heap/maximum", loads.memoryMaximum(info.memory_alloc)],
    ...[...loads.values].map(([name, value]) => [`load/${name}`, Math.round(value * 100) / 100] as const),
  ];
}

/** Messages that are kept for somebody. */
function stored({ retained, inflight }: SystemInfo, { queued }: Readonly<Stats>): number {
  return retained + inflight + queued;
}

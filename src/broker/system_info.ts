/** The broker's figures in one object, with comqtt's field names: `GET /`, $SYS and the REST API show it. */

import { memoryUse } from "../runtime/process.ts";
import { VERSION } from "../core/version.ts";
import type { SystemInfo } from "../core/system_info.ts";
import type { Parts } from "./parts.ts";

/** The figures of this moment. */
export function systemInfo(broker: Parts): SystemInfo {
  const { stats, clock } = broker;
  const started = Math.floor(clock.shown(clock.startedAt) / 1000);
  return {
    version: VERSION,
    started,
    time: Math.floor(clock.wall() / 1000),
    uptime: Math.floor(clock.shown(clock.now()) / 1000) - started,
    bytes_received: stats.bytesReceived,
    bytes_sent: stats.bytesSent,
    clients_connected: stats.clientsConnected,
    clients_disconnected: broker.sessions.size - stats.clientsConnected,
    clients_maximum: stats.clientsMaximum,
    clients_total: broker.sessions.size,
    messages_received: stats.messagesReceived,
    messages_sent: stats.messagesSent,
    messages_dropped: stats.messagesDropped,
    retained: broker.retained.size,
    inflight: stats.inflight,
    inflight_dropped: stats.droppedQueueFull + stats.droppedExpired,
    subscriptions: stats.subscriptions,
    packets_received: stats.packetsReceived,
    packets_sent: stats.packetsSent,
    memory_alloc: memoryUse().resident,
    threads: 1,
  };
}

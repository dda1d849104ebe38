/** The broker's figures in one object, with comqtt's field names: `GET /`, $SYS and the REST API show it. */

import { memoryUse } from "../runtime/process.ts";
import { VERSION } from "../version.ts";
import type { Broker } from "./broker.ts";

/** Integers but for `version`; times in seconds, `started` and `time` since 1970. */
export interface SystemInfo {
  readonly version: string;
  readonly started: number;
  readonly time: number;
  readonly uptime: number;
  readonly bytes_received: number;
  readonly bytes_sent: number;
  readonly clients_connected: number;
  readonly clients_disconnected: number;
  readonly clients_maximum: number;
  readonly clients_total: number;
  readonly messages_received: number;
  readonly messages_sent: number;
  readonly messages_dropped: number;
  readonly retained: number;
  readonly inflight: number;
  readonly inflight_dropped: number;
  readonly subscriptions: number;
  readonly packets_received: number;
  readonly packets_sent: number;
  /** Bytes of memory the process has in use. */
  readonly memory_alloc: number;
  readonly threads: number;
}

export function systemInfo(broker: Broker): SystemInfo {
  const { stats } = broker;
  const time = Math.floor(broker.clock.now() / 1000);
  const started = Math.floor(broker.startedAt / 1000);
  return {
    version: VERSION,
    started,
    time,
    uptime: time - started,
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

/** The broker's figures in one object, with comqtt's field names: `GET /`, $SYS and the REST API show it. */

import { memoryUse } from "../runtime/process.ts";
import { VERSION } from "../core/version.ts";
import type { Broker } from "./broker.ts";

/**
 * Integers but for `version`; times in seconds, `started` and `time` since 1970, as the machine's clock shows them: when it
 * is set by more than ten seconds, `started` moves with it, and `uptime` does not.
 */
export interface SystemInfo {
  /** Of the broker. */
  readonly version: string;
  /** When the broker started, by what the clock shows now. */
  readonly started: number;
  /** Now. */
  readonly time: number;
  /** How long it has been running. */
  readonly uptime: number;
  /** MQTT bytes from clients. */
  readonly bytes_received: number;
  /** MQTT bytes to clients. */
  readonly bytes_sent: number;
  /** Connected now. */
  readonly clients_connected: number;
  /** Sessions whose client is not connected. */
  readonly clients_disconnected: number;
  /** The most that were connected at once. */
  readonly clients_maximum: number;
  /** Sessions, connected or not. */
  readonly clients_total: number;
  /** PUBLISH packets from clients. */
  readonly messages_received: number;
  /** PUBLISH packets to clients. */
  readonly messages_sent: number;
  /** Messages that did not reach a client, for whatever reason. */
  readonly messages_dropped: number;
  /** Retained messages, without those of `$SYS`. */
  readonly retained: number;
  /** QoS 1 and 2 messages sent and not yet acknowledged. */
  readonly inflight: number;
  /** QoS 1 and 2 messages given up. */
  readonly inflight_dropped: number;
  /** Held now. */
  readonly subscriptions: number;
  /** Control packets from clients. */
  readonly packets_received: number;
  /** Control packets to clients. */
  readonly packets_sent: number;
  /** Bytes of memory the process has in use. */
  readonly memory_alloc: number;
  /** Always 1. */
  readonly threads: number;
}

/** The figures of this moment. */
export function systemInfo(broker: Broker): SystemInfo {
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

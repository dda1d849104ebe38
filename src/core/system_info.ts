/** What the broker tells of itself, with comqtt's field names. */

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

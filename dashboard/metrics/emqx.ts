/** The names that boards for EMQX read, as far as there is the same here. */

import type { Metric, Moment } from "./metric.ts";

const NAMES: readonly (readonly [name: string, help: string, read: (moment: Moment) => number])[] = [
  ["connections_count", "Sessions, connected or not", ({ info }) => info.clients_total],
  ["live_connections_count", "Clients that are connected", ({ info }) => info.clients_connected],
  ["live_connections_max", "The most of them at once", ({ info }) => info.clients_maximum],
  ["clients_count", "Clients that are connected, as EMQX 3 calls it", ({ info }) => info.clients_connected],
  ["sessions_count", "Sessions, connected or not", ({ info }) => info.clients_total],
  ["subscriptions_count", "Subscriptions", ({ info }) => info.subscriptions],
  ["suboptions_count", "Subscriptions", ({ info }) => info.subscriptions],
  ["subscriptions_shared_count", "Shared subscriptions", ({ stats }) => stats.sharedSubscriptions],
  ["retained_count", "Retained messages", ({ info }) => info.retained],
  ["messages_retained", "Retained messages, as EMQX 3 calls it", ({ info }) => info.retained],
  ["messages_received", "PUBLISH packets from clients", ({ info }) => info.messages_received],
  ["messages_publish", "PUBLISH packets from clients", ({ info }) => info.messages_received],
  ["messages_sent", "PUBLISH packets to clients", ({ info }) => info.messages_sent],
  ["messages_delivered", "PUBLISH packets to clients", ({ info }) => info.messages_sent],
  ["messages_dropped", "Messages that did not reach a client", ({ info }) => info.messages_dropped],
  ["messages_dropped_expired", "Those that had expired", ({ stats }) => stats.droppedExpired],
  ["delivery_dropped", "Messages that did not reach a client", ({ info }) => info.messages_dropped],
  ["delivery_dropped_queue_full", "A queue was full", ({ stats }) => stats.droppedQueueFull],
  ["delivery_dropped_expired", "They had expired", ({ stats }) => stats.droppedExpired],
  ["delivery_dropped_too_large", "Larger than the client takes", ({ stats }) => stats.droppedTooLarge],
  ["delivery_dropped_qos0_msg", "QoS 0, and the client did not read", ({ stats }) => stats.droppedSlow],
  ["bytes_received", "MQTT bytes from clients", ({ info }) => info.bytes_received],
  ["bytes_sent", "MQTT bytes to clients", ({ info }) => info.bytes_sent],
  ["packets_received", "Control packets from clients", ({ info }) => info.packets_received],
  ["packets_sent", "Control packets to clients", ({ info }) => info.packets_sent],
  ["packets_publish_received", "PUBLISH packets from clients", ({ info }) => info.messages_received],
  ["packets_publish_sent", "PUBLISH packets to clients", ({ info }) => info.messages_sent],
  ["client_connected", "Clients that ever connected", ({ stats }) => stats.clientsTotal],
  [
    "client_disconnected",
    "Those of them that are connected no more",
    ({ stats }) => stats.clientsTotal - stats.clientsConnected,
  ],
  ["authentication_failure", "Clients that authentication refused", ({ stats }) => stats.failedLogins],
  ["authorization_deny", "What access control refused", ({ stats }) => stats.refused.notAuthorized],
  ["banned_count", "Bans in force", ({ stats }) => stats.bans],
  ["vm_used_memory", "Bytes of main memory the process occupies", ({ info }) => info.memory_alloc],
  ["cluster_nodes_running", "This one", () => 1],
  ["cluster_nodes_stopped", "None", () => 0],
];

export const emqx: readonly Metric[] = NAMES.map(([name, help, read]) => ({
  name: `emqx_${name}`,
  type: "unknown",
  help,
  read,
}));

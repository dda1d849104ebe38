/** What comes in and goes out. */

import type { Metric, Moment } from "./metric.ts";
import { snakeCase } from "./metric.ts";

export const traffic: readonly Metric[] = [
  {
    name: "comqtt_received_bytes",
    type: "counter",
    unit: "bytes",
    help: "MQTT bytes from clients",
    read: ({ stats }) => stats.bytesReceived,
  },
  {
    name: "comqtt_sent_bytes",
    type: "counter",
    unit: "bytes",
    help: "MQTT bytes to clients",
    read: ({ stats }) => stats.bytesSent,
  },
  {
    name: "comqtt_packets_received",
    type: "counter",
    help: "Control packets from clients",
    read: ({ stats }) => stats.packetsReceived,
  },
  {
    name: "comqtt_packets_sent",
    type: "counter",
    help: "Control packets to clients",
    read: ({ stats }) => stats.packetsSent,
  },
  {
    name: "comqtt_messages_received",
    type: "counter",
    help: "PUBLISH packets from clients",
    read: ({ stats }) => stats.messagesReceived,
  },
  {
    name: "comqtt_messages_sent",
    type: "counter",
    help: "PUBLISH packets to clients",
    read: ({ stats }) => stats.messagesSent,
  },
  {
    name: "comqtt_messages_dropped",
    type: "counter",
    label: "reason",
    help: "Messages that did not reach a client",
    read: dropped,
  },
  {
    name: "comqtt_publish_duration_seconds",
    type: "histogram",
    unit: "seconds",
    label: "qos",
    help: "From when a publish was heard until what it brought, and its acknowledgement, was handed to the " +
      "connections; after the commit where something is kept; one in 64 is measured",
    read: ({ figures }) => figures?.publishTimes.map((times, qos) => [String(qos), times] as const) ?? null,
  },
  {
    name: "comqtt_inflight_messages",
    type: "gauge",
    help: "QoS 1 and 2 messages sent and not yet acknowledged",
    read: ({ stats }) => stats.inflight,
  },
  {
    name: "comqtt_inflight_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Roughly the memory that messages sent and not yet acknowledged cost",
    read: ({ stats }) => stats.inflightBytes,
  },
  {
    name: "comqtt_queued_messages",
    type: "gauge",
    help: "Messages waiting in sessions",
    read: ({ stats }) => stats.queued,
  },
  {
    name: "comqtt_retained_messages",
    type: "gauge",
    help: "Retained messages, without those of $SYS",
    read: ({ info }) => info.retained,
  },
];

const REASONS = [
  "droppedSlow",
  "droppedQueueFull",
  "droppedMemory",
  "droppedExpired",
  "droppedTooLarge",
] as const;

/** `other`: access control, hooks, and where nobody counts why. */
function dropped({ stats }: Moment): [string, number][] {
  const known = REASONS.map((
    name,
  ): [string, number] => [snakeCase(name).slice("dropped_".length), stats[name]]);
  const sum = known.reduce((total, [, count]) => total + count, 0);
  return [...known, ["other", Math.max(0, stats.messagesDropped - sum)]];
}

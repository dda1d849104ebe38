/** How the server is: its time, its memory, its storage. */

import { runtimeName, runtimeVersion } from "../../src/runtime/process.ts";
import type { Metric } from "./metric.ts";

export const process: readonly Metric[] = [
  {
    name: "comqtt_build_info",
    type: "gauge",
    label: "version",
    help: "1; the version of the broker",
    read: ({ info }) => [[info.version, 1]],
  },
  {
    name: "comqtt_runtime_info",
    type: "gauge",
    label: "runtime",
    help: "1; what runs it",
    read: () => [[`${runtimeName} ${runtimeVersion}`, 1]],
  },
  {
    name: "comqtt_start_time_seconds",
    type: "gauge",
    unit: "seconds",
    help: "When the broker started, since 1970",
    read: ({ info }) => info.started,
  },
  {
    name: "comqtt_uptime_seconds",
    type: "gauge",
    unit: "seconds",
    help: "How long it has been running",
    read: ({ info }) => info.uptime,
  },
  {
    name: "comqtt_ready",
    type: "gauge",
    help: "1: its listeners are open and its storage can be written, as /readyz says",
    read: ({ figures, storage }) => {
      if (figures === null) return null;
      const { opening, serving } = figures.readiness;
      return serving && opening.length === 0 && (storage?.failing ?? null) === null ? 1 : 0;
    },
  },
  {
    name: "comqtt_memory_resident_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Main memory the process occupies",
    read: ({ info }) => info.memory_alloc,
  },
  {
    name: "comqtt_memory_limit_bytes",
    type: "gauge",
    unit: "bytes",
    help: "limits.memory; 0: none",
    read: ({ memory }) => memory?.limit ?? null,
  },
  {
    name: "comqtt_memory_state",
    type: "gauge",
    label: "state",
    help:
      "1 for the state that it is in; high: new connections and QoS 1 and 2 publishes are refused; full: " +
      "and queues were cut",
    read: ({ memory }) =>
      memory === null
        ? null
        : ["normal", "high", "full"].map((state) => [state, memory.state === state ? 1 : 0] as const),
  },
  {
    name: "comqtt_event_loop_late_seconds",
    type: "histogram",
    unit: "seconds",
    help: "How late the event loop was, looked at about ten times a second",
    read: ({ figures }) => figures?.lateness ?? null,
  },
  {
    name: "comqtt_event_loop_late_maximum_seconds",
    type: "gauge",
    unit: "seconds",
    help: "The most of the last minute",
    read: ({ lateness }) => lateness === null ? null : lateness.max / 1000,
  },
  {
    name: "comqtt_event_loop_longest_seconds",
    type: "gauge",
    unit: "seconds",
    help: "The longest piece of work at a stretch of the last half minute or more; 0: none of more than 4 ms",
    read: ({ lateness }) => lateness === null ? null : (lateness.longest?.milliseconds ?? 0) / 1000,
  },
  {
    name: "comqtt_storage_info",
    type: "gauge",
    label: "type",
    help: "1; where data is kept",
    read: ({ storage }) => [[storage?.name ?? "none", 1]],
  },
  {
    name: "comqtt_storage_failing",
    type: "gauge",
    help: "1: the storage cannot be written, so QoS 1 and 2 are refused",
    read: ({ storage }) => storage === null ? null : storage.failing === null ? 0 : 1,
  },
  {
    name: "comqtt_storage_damaged",
    type: "gauge",
    help: "1: data was found damaged or missing at start",
    read: ({ storage }) =>
      storage === null ? null : storage.quarantined === null && storage.damage === undefined ? 0 : 1,
  },
  {
    name: "comqtt_storage_commit_duration_seconds",
    type: "histogram",
    unit: "seconds",
    help: "How long commits of the storage took, until they were done",
    read: ({ figures }) => figures?.commitTimes ?? null,
  },
];

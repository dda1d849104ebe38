/** The names of comqtt 2, which have no prefix. */

import type { SystemInfo } from "../../src/core/system_info.ts";
import type { Metric } from "./metric.ts";

const NAMES: readonly (keyof SystemInfo)[] = [
  "bytes_received",
  "bytes_sent",
  "messages_received",
  "messages_sent",
  "messages_dropped",
  "packets_received",
  "packets_sent",
  "clients_connected",
  "clients_disconnected",
  "clients_maximum",
  "clients_total",
  "retained",
  "inflight",
  "inflight_dropped",
  "subscriptions",
  "memory_alloc",
  "threads",
];

export const comqtt2: readonly Metric[] = NAMES.map((name) => ({
  name,
  type: "unknown",
  help: `As comqtt 2 calls it: ${name} of the figures at /`,
  read: ({ info }) => info[name] as number,
}));

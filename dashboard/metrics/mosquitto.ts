/** The names that mosquitto-exporter makes of the topics below `$SYS`, so that boards for it go on without it. */

import { Loads } from "../../src/core/figures/loads.ts";
import { ListenerCounts } from "../../src/core/figures/listener_counts.ts";
import { mosquittoTree } from "../../src/core/figures/mosquitto_tree.ts";
import { Stats } from "../../src/core/stats.ts";
import type { SystemInfo } from "../../src/core/system_info.ts";
import type { Metric, Moment } from "./metric.ts";

/** Where mosquitto's topic is one of comqtt's. */
const SHARED: readonly (readonly [topic: string, key: keyof SystemInfo])[] = [
  ["clients/connected", "clients_connected"],
  ["clients/disconnected", "clients_disconnected"],
  ["clients/maximum", "clients_maximum"],
  ["clients/total", "clients_total"],
  ["messages/received", "messages_received"],
  ["messages/sent", "messages_sent"],
  ["messages/inflight", "inflight"],
  ["uptime", "uptime"],
];

/** Those of a server nobody has asked anything of: their names are the same. */
function topics(): string[] {
  const stats = new Stats();
  const loads = new Loads(stats, new ListenerCounts(), () => 0);
  return mosquittoTree({} as SystemInfo, stats, loads).map(([topic]) => topic);
}

export const mosquitto: readonly Metric[] = [
  ...SHARED.map(([topic, key]) => metric(topic, ({ info }) => info[key] as number)),
  ...topics().map((topic) =>
    metric(topic, ({ figures }) => figures?.mosquitto.find(([one]) => one === topic)?.[1] ?? null)
  ),
];

function metric(topic: string, read: (moment: Moment) => number | null): Metric {
  return {
    name: `broker_${topic.replace(/[/ .-]/g, "_")}`,
    type: "unknown",
    help: `$SYS/broker/${topic}`,
    read,
  };
}

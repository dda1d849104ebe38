/** $SYS: the broker's own figures as retained messages, under comqtt's names and mosquitto's. */

import { mosquittoTree } from "../core/figures/mosquitto_tree.ts";
import type { Parts } from "./parts.ts";
import { Message, NEVER } from "../session/message.ts";
import { NO_PROPERTIES } from "../packets/properties.ts";
import { systemInfo } from "./system_info.ts";

const PREFIX = "$SYS/broker/";
const encoder = new TextEncoder();

export function publishSysTopics(broker: Parts): void {
  const info = systemInfo(broker);
  const memory = broker.overload.figures;
  const late = broker.lateness.figures;
  const topics: (readonly [string, string | number])[] = [
    ["version", info.version],
    ["time", info.time],
    ["uptime", info.uptime],
    ["started", info.started],
    ["load/bytes/received", info.bytes_received],
    ["load/bytes/sent", info.bytes_sent],
    ["clients/connected", info.clients_connected],
    ["clients/disconnected", info.clients_disconnected],
    ["clients/maximum", info.clients_maximum],
    ["clients/total", info.clients_total],
    ["handshakes/pending", broker.stats.handshakes],
    ["handshakes/evicted", broker.stats.refused.pendingHandshakes],
    ["handshakes/timeout", broker.stats.refused.handshakeTimeout],
    ["bans/active", broker.stats.bans],
    ["bans/refused", broker.stats.refused.banned],
    ["abuse/failed_logins", broker.stats.failedLogins],
    ["abuse/addresses_banned", broker.stats.addressesBanned],
    ["abuse/connects_delayed", broker.stats.connectsDelayed],
    ["abuse/connects_delaying", broker.stats.connectsDelaying],
    ["packets/received", info.packets_received],
    ["packets/sent", info.packets_sent],
    ["messages/received", info.messages_received],
    ["messages/sent", info.messages_sent],
    ["messages/dropped", info.messages_dropped],
    ["messages/inflight", info.inflight],
    ["retained", info.retained],
    ["subscriptions", info.subscriptions],
    ["system/memory", info.memory_alloc],
    ["system/threads", info.threads],
    ["memory/limit", memory.limit],
    ["memory/state", memory.state],
    ["memory/dropped", broker.stats.droppedMemory],
    ["event_loop/late/max", Math.round(late.max)],
    ["event_loop/late/p99", Math.round(late.p99)],
    ["event_loop/longest", Math.round(late.longest?.milliseconds ?? 0)],
    ...mosquittoTree(info, broker.stats, broker.loads),
  ];
  for (const [name, value] of topics) {
    const topic = PREFIX + name;
    const payload = encoder.encode(String(value));
    const message = new Message(
      topic,
      topic,
      payload,
      0,
      payload.length,
      0,
      true,
      "",
      true,
      NO_PROPERTIES,
      NEVER,
    );
    const entry = broker.distributor.topicEntry(topic);
    if (entry !== null) broker.distributor.distribute(message, entry, null);
  }
  broker.hooks.notify("onSysInfoTick", info);
}

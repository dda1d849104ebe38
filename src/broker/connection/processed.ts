/** A packet from a client was handled, perhaps after waiting for hooks: whoever wants to know is told. */

import type { Reason } from "../../packets/reason.ts";
import type { PacketView } from "../../hook/publish_view.ts";
import type { Link } from "./link.ts";
import { tellProcessed } from "../../hook/packet_events.ts";

/** `reason`: why it was refused, when the connection goes on. */
export function processed(connection: Link, packet: PacketView, reason: Reason | null = null): void {
  const { broker, client, endReason } = connection;
  if (broker.hooks.on.onPacketProcessed.length === 0 || client === null) return;
  const why = reason ?? endReason;
  tellProcessed(broker.hooks, client, packet, why !== null && why.code >= 0x80 ? why : null);
}

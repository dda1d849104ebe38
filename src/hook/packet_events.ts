/** Packets on their way in and out, for hooks that look at each of them. */

import type { Client } from "./client.ts";
import type { PacketAnswer } from "./hook.ts";
import { isPromise, type MaybePromise } from "../core/maybe_promise.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import type { ConnectPacket, Packet, ProtocolVersion } from "../packets/types.ts";
import { type PacketView, viewOf } from "./publish_view.ts";
import { isTopicName } from "../topics/names.ts";
import type { Hooks } from "./dispatcher.ts";
import { goOnLater, type PacketWait } from "./packet_chain.ts";
import { checkedChanges, checkedReason, isNothing, object, wellFormed } from "./checked_answers.ts";

/** What became of a packet that was read: the packet to go on with, or why the connection ends. */
export type ReadOutcome = PacketView | Reason;

export function isReason(outcome: object): outcome is Reason {
  return "code" in outcome;
}

/** `onPacketRead`: each hook may change the packet or end the connection for it. */
export function readThroughHooks(
  hooks: Hooks,
  client: Client,
  packet: PacketView,
): MaybePromise<ReadOutcome> {
  const list = hooks.on.onPacketRead;
  for (let i = 0; i < list.length; i++) {
    const hook = list[i]!;
    try {
      const answer = hook.onPacketRead(client, packet);
      if (isNothing(answer)) continue;
      if (isPromise(answer)) return readLater(hooks, client, { packet, list, at: i, first: answer });
      const outcome = taken(client, packet, answer);
      if (isReason(outcome)) return outcome;
      packet = outcome;
    } catch (error) {
      // What was not looked at must not go on.
      hooks.failed(hook, "onPacketRead", error);
      return Reasons.implementationSpecificError;
    }
  }
  return packet;
}

function readLater(
  hooks: Hooks,
  client: Client,
  wait: PacketWait<PacketView, PacketAnswer>,
): Promise<ReadOutcome> {
  return goOnLater<PacketView, PacketAnswer, ReadOutcome>(hooks, {
    event: "onPacketRead",
    call: (hook, packet) => hook.onPacketRead!(client, packet),
    take: (packet, answer) => isNothing(answer) ? packet : taken(client, packet, answer),
    goesOn: (outcome): outcome is PacketView => !isReason(outcome),
  }, wait);
}

function taken(client: Client, packet: PacketView, answer: PacketAnswer): ReadOutcome {
  if ("refuse" in object(answer)) return checkedReason((answer as { readonly refuse: Reason }).refuse);
  return changed(packet, answer as Change, client.version as ProtocolVersion);
}

type Change = Exclude<PacketAnswer, void | { readonly refuse: Reason }>;

/** Whose answer it is, and what its client speaks, stays what it was; and it is a packet that can be. */
function changed(packet: PacketView, answer: Change, version: ProtocolVersion): PacketView {
  if (answer === packet) return packet;
  if (answer.type !== packet.type) throw new Error("it answered a packet of another type");
  if (packet.type === 3) return packet.with(checkedChanges(answer, packet.properties));
  if ("packetId" in packet && packet.packetId !== (answer as typeof packet).packetId) {
    throw new Error("it answered a packet with another packet id");
  }
  if (packet.type === 1 && packet.version !== (answer as ConnectPacket).version) {
    throw new Error("it answered a CONNECT of another version");
  }
  const final = wellFormed(answer as Packet, version);
  // One for each filter. [MQTT-3.8.4-6] [MQTT-3.11.3-1]
  if ("reasonCodes" in packet && packet.reasonCodes.length !== (final as typeof packet).reasonCodes.length) {
    throw new Error("it answered another number of reason codes");
  }
  return viewOf(final);
}

/** `onPacketEncode`: each hook may change what is about to be sent. */
export function encodeThroughHooks(hooks: Hooks, client: Client, packet: PacketView): PacketView {
  for (const hook of hooks.on.onPacketEncode) {
    try {
      const answer: unknown = hook.onPacketEncode(client, packet);
      if (isNothing(answer)) continue;
      if (isPromise(answer)) {
        hooks.watch(hook, "onPacketEncode", answer);
        throw new Error("it may not wait");
      }
      const final = changed(packet, object(answer) as Packet, client.version as ProtocolVersion);
      if (final.type === 3 && !isTopicName(final.topic)) {
        throw new Error("it changed a topic into what is none");
      }
      packet = final;
    } catch (error) {
      hooks.failed(hook, "onPacketEncode", error);
    }
  }
  return packet;
}

/** `onPacketProcessed`; `reason`: why it was refused. */
export function tellProcessed(
  hooks: Hooks,
  client: Client,
  packet: PacketView,
  reason: Reason | null,
): void {
  for (const hook of hooks.on.onPacketProcessed) {
    try {
      const answer: unknown = hook.onPacketProcessed(client, packet, reason);
      if (answer !== undefined) hooks.watch(hook, "onPacketProcessed", answer);
    } catch (error) {
      hooks.failed(hook, "onPacketProcessed", error);
    }
  }
}

/** `onPacketSent`. */
export function tellSent(hooks: Hooks, client: Client, packet: PacketView, size: number): void {
  for (const hook of hooks.on.onPacketSent) {
    try {
      const answer: unknown = hook.onPacketSent(client, packet, size);
      if (answer !== undefined) hooks.watch(hook, "onPacketSent", answer);
    } catch (error) {
      hooks.failed(hook, "onPacketSent", error);
    }
  }
}

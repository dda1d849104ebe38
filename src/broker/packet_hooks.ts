/** Packets on their way in and out, for hooks that look at each of them. */

import type { Client } from "../client.ts";
import type { Hook, MaybePromise, PacketAnswer } from "../hook.ts";
import { isPromise } from "../hooks.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import type { Packet } from "../packets/types.ts";
import { type PacketView, PublishView } from "../publish_view.ts";
import type { Broker } from "./broker.ts";

/** What became of a packet that was read: the packet to go on with, or why the connection ends. */
export type ReadOutcome = PacketView | Reason;

export function isReason(outcome: object): outcome is Reason {
  return "code" in outcome;
}

/** `onPacketRead`: each hook may change the packet or end the connection for it. */
export function readThroughHooks(
  broker: Broker,
  client: Client,
  packet: PacketView,
): MaybePromise<ReadOutcome> {
  const { hooks } = broker;
  const list = hooks.on.onPacketRead;
  for (let i = 0; i < list.length; i++) {
    const hook = list[i]!;
    try {
      const answer = hook.onPacketRead(client, packet);
      if (answer === undefined) continue;
      if (isPromise(answer)) return readLater(broker, client, packet, list, i, answer);
      const outcome = taken(packet, answer);
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

/** (Only what has to wait pays for it with objects.) */
function readLater(
  broker: Broker,
  client: Client,
  packet: PacketView,
  list: readonly Hook[],
  at: number,
  first: Promise<PacketAnswer>,
): Promise<ReadOutcome> {
  let current = packet;
  return broker.hooks.resume<PacketAnswer, ReadOutcome>(
    {
      event: "onPacketRead",
      call: (hook) => hook.onPacketRead!(client, current),
      take: (answer) => {
        if (answer === undefined) return undefined;
        const outcome = taken(current, answer);
        if (isReason(outcome)) return outcome;
        current = outcome;
        return undefined;
      },
      failed: Reasons.implementationSpecificError,
      none: () => current,
    },
    list,
    at,
    first,
  );
}

function taken(packet: PacketView, answer: Exclude<PacketAnswer, void>): ReadOutcome {
  return "refuse" in answer ? answer.refuse : changed(packet, answer);
}

type Change = Exclude<PacketAnswer, void | { readonly refuse: Reason }>;

/** Whose answer it is stays what it was. */
function changed(packet: PacketView, answer: Change): PacketView {
  if (answer === packet) return packet;
  if (packet.type === 3 && answer.type === 3) {
    return answer instanceof PublishView && answer.packetId === packet.packetId
      ? answer
      : packet.with(answer);
  }
  const same = !("packetId" in packet) || packet.packetId === (answer as typeof packet).packetId;
  if (answer.type === packet.type && same) return answer as PacketView;
  throw new Error("it answered a packet of another type or packet id");
}

/** `onPacketEncode`: each hook may change what is about to be sent. */
export function encodeThroughHooks(broker: Broker, client: Client, packet: PacketView): PacketView {
  const { hooks } = broker;
  for (const hook of hooks.on.onPacketEncode) {
    try {
      const answer: unknown = hook.onPacketEncode(client, packet);
      if (answer === undefined) continue;
      if (isPromise(answer)) {
        hooks.watch(hook, "onPacketEncode", answer);
        throw new Error("it may not wait");
      }
      packet = changed(packet, answer as Packet);
    } catch (error) {
      hooks.failed(hook, "onPacketEncode", error);
    }
  }
  return packet;
}

/** `onPacketProcessed`; `reason`: why it was refused. */
export function tellProcessed(
  broker: Broker,
  client: Client,
  packet: PacketView,
  reason: Reason | null,
): void {
  const { hooks } = broker;
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
export function tellSent(broker: Broker, client: Client, packet: PacketView, size: number): void {
  const { hooks } = broker;
  for (const hook of hooks.on.onPacketSent) {
    try {
      const answer: unknown = hook.onPacketSent(client, packet, size);
      if (answer !== undefined) hooks.watch(hook, "onPacketSent", answer);
    } catch (error) {
      hooks.failed(hook, "onPacketSent", error);
    }
  }
}

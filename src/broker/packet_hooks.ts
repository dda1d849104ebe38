/** Packets on their way in and out, for hooks that look at each of them. */

import type { Client } from "../client.ts";
import type { Hook, MaybePromise, PacketAnswer } from "../hook.ts";
import { isPromise } from "../hooks.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import type { Packet } from "../packets/types.ts";
import type { Broker } from "./broker.ts";

/** What became of a packet that was read: the packet to go on with, or why the connection ends. */
export type ReadOutcome = Packet | Reason;

export function isReason(outcome: object): outcome is Reason {
  return "code" in outcome;
}

/** `onPacketRead`: each hook may change the packet or end the connection for it. */
export function readThroughHooks(broker: Broker, client: Client, packet: Packet): MaybePromise<ReadOutcome> {
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
  packet: Packet,
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

function taken(packet: Packet, answer: Packet | { readonly refuse: Reason }): ReadOutcome {
  if ("refuse" in answer) return answer.refuse;
  if (!sameExchange(packet, answer)) throw new Error("it answered a packet of another type or packet id");
  return answer;
}

/** Whose answer it is stays what it was. */
function sameExchange(packet: Packet, answer: Packet): boolean {
  if (answer.type !== packet.type) return false;
  return !("packetId" in packet) || packet.packetId === (answer as typeof packet).packetId;
}

/** `onPacketEncode`: each hook may change what is about to be sent. */
export function encodeThroughHooks(broker: Broker, client: Client, packet: Packet): Packet {
  const { hooks } = broker;
  for (const hook of hooks.on.onPacketEncode) {
    try {
      const answer: unknown = hook.onPacketEncode(client, packet);
      if (answer === undefined) continue;
      if (isPromise(answer)) {
        hooks.watch(hook, "onPacketEncode", answer);
        throw new Error("it may not wait");
      }
      if (!sameExchange(packet, answer as Packet)) {
        throw new Error("it answered a packet of another type or packet id");
      }
      packet = answer as Packet;
    } catch (error) {
      hooks.failed(hook, "onPacketEncode", error);
    }
  }
  return packet;
}

/** `onPacketProcessed`; `reason`: why it was refused. */
export function tellProcessed(broker: Broker, client: Client, packet: Packet, reason: Reason | null): void {
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
export function tellSent(broker: Broker, client: Client, packet: Packet, size: number): void {
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

/** A publish when hooks are asked about it: they may change it, take it over, drop or refuse it. */

import type { Client } from "./client.ts";
import type { PublishAnswer } from "./hook.ts";
import { isPromise, type MaybePromise } from "../core/maybe_promise.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import { type PublishChanges, PublishView } from "./publish_view.ts";
import type { Hooks } from "./dispatcher.ts";
import { goOnLater, type PacketWait } from "./packet_chain.ts";
import { checkedChanges, checkedReason, isNothing, object } from "./checked_answers.ts";

/** What the hooks decided together: the packet goes on, it was taken over, it is dropped, or refused. */
export type PublishOutcome = PublishView | "accept" | "drop" | Reason;

/** `onPublish`. */
export function askPublish(
  hooks: Hooks,
  client: Client,
  packet: PublishView,
): MaybePromise<PublishOutcome> {
  const list = hooks.on.onPublish;
  for (let i = 0; i < list.length; i++) {
    const hook = list[i]!;
    try {
      const answer = hook.onPublish(client, packet);
      if (isNothing(answer)) continue;
      if (isPromise(answer)) return askLater(hooks, client, { packet, list, at: i, first: answer });
      const outcome = taken(packet, answer);
      if (!isPacket(outcome)) return outcome;
      packet = outcome;
    } catch (error) {
      // A hook that throws must not let through what it was there to stop.
      hooks.failed(hook, "onPublish", error);
      return Reasons.implementationSpecificError;
    }
  }
  return packet;
}

function askLater(
  hooks: Hooks,
  client: Client,
  wait: PacketWait<PublishView, PublishAnswer>,
): Promise<PublishOutcome> {
  return goOnLater<PublishView, PublishAnswer, PublishOutcome>(hooks, {
    event: "onPublish",
    call: (hook, packet) => hook.onPublish!(client, packet),
    take: taken,
    goesOn: isPacket,
  }, wait);
}

export function isPacket(outcome: PublishOutcome): outcome is PublishView {
  return outcome instanceof PublishView;
}

function taken(packet: PublishView, answer: PublishAnswer): PublishOutcome {
  if (isNothing(answer)) return packet;
  if (answer === "accept" || answer === "drop") return answer;
  if ("refuse" in object(answer)) return checkedReason((answer as { readonly refuse: Reason }).refuse);
  const { packet: changes } = answer as { readonly packet: PublishChanges };
  // QoS and packet id belong to the exchange with the publisher: a hook can't change them.
  return changes === packet ? packet : packet.with(checkedChanges(changes, packet.properties));
}

/** `onPublished`. */
export function tellPublished(hooks: Hooks, client: Client, packet: PublishView): void {
  for (const hook of hooks.on.onPublished) {
    try {
      const answer: unknown = hook.onPublished(client, packet);
      if (answer !== undefined) hooks.watch(hook, "onPublished", answer);
    } catch (error) {
      hooks.failed(hook, "onPublished", error);
    }
  }
}

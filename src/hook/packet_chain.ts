/** Hooks that are asked about a packet one after the other, and one of them takes its time. */

import type { MaybePromise } from "../core/maybe_promise.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import type { HookEvent, Hooks } from "./dispatcher.ts";
import type { Hook } from "./hook.ts";

/** How they are asked; `P`: the packet, `A`: what a hook answers, `O`: the packet to go on with, or what ends it. */
export interface PacketChain<P extends O, A, O> {
  readonly event: HookEvent;
  readonly call: (hook: Hook, packet: P) => MaybePromise<A>;
  readonly take: (packet: P, answer: A) => O;
  readonly goesOn: (outcome: O) => outcome is P;
}

/** Where it stands: `first` is what the hook `at` that place of the list has answered about the packet. */
export interface PacketWait<P, A> {
  readonly packet: P;
  readonly list: readonly Hook[];
  readonly at: number;
  readonly first: Promise<A>;
}

/** Only what has to wait pays for it with objects. A hook that fails must not let through what it was there to stop. */
export function goOnLater<P extends O, A, O>(
  hooks: Hooks,
  { event, call, take, goesOn }: PacketChain<P, A, O>,
  { packet, list, at, first }: PacketWait<P, A>,
): Promise<O | Reason> {
  let current = packet;
  return hooks.resume<A, O | Reason>(
    {
      event,
      call: (hook) => call(hook, current),
      take: (answer) => {
        const outcome = take(current, answer);
        if (!goesOn(outcome)) return outcome;
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

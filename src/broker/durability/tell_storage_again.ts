/** A storage that has lost what it kept is told everything again that is in memory. */

import type { DeliveryStore } from "../../session/delivery_store.ts";
import type { Message } from "../../session/message.ts";
import type { Session } from "../../session/session.ts";
import type { Subscription } from "../../session/subscription.ts";
import type { Kept } from "./kept.ts";

/** Whom it is told through. */
export interface Teller extends Pick<DeliveryStore<Session>, "put" | "received"> {
  changed(session: Session): void;
  subscribed(subscription: Subscription, retainHandling: 0 | 1 | 2): void;
  retained(message: Message): void;
}

/** Yields after each session and each retained message; a step is one of them. `told`: the sessions it is done with. */
export function* tellAgain(
  broker: Kept,
  teller: Teller,
  told: Set<Session>,
): Generator<void, void, void> {
  for (const session of broker.sessions.all()) {
    if (!session.kept || !tellAgainOnce(teller, session, told)) continue;
    yield;
  }
  for (const ending of broker.sessions.handOvers.all()) {
    ending.tellAgain();
    yield;
  }
  for (const message of broker.retained.kept()) {
    teller.retained(message);
    yield;
  }
}

/** False: it was done before. */
export function tellAgainOnce(teller: Teller, session: Session, told: Set<Session>): boolean {
  if (told.has(session)) return false;
  told.add(session);
  tellSessionAgain(teller, session);
  return true;
}

function tellSessionAgain(teller: Teller, session: Session): void {
  teller.changed(session);
  for (const subscription of session.subscriptions.values()) {
    // (How retained messages are sent mattered when it was made.)
    teller.subscribed(subscription, 0);
  }
  for (const delivery of session.inflight()) {
    if (delivery.sequence > 0) teller.put(session, delivery);
  }
  for (const delivery of session.waiting ?? []) teller.put(session, delivery);
  for (const packetId of session.received ?? []) teller.received(session, packetId, true);
}

/** Messages that were only in the storage. */
export function onlyStored(broker: Kept): number {
  let count = 0;
  for (const session of broker.sessions.all()) {
    if (session.kept) count += session.waiting?.stored ?? 0;
  }
  for (const { left } of broker.sessions.handOvers.all()) count += left;
  return count;
}

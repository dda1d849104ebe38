/** A storage that has lost what it kept is told everything again that is in memory. */

import type { Session } from "../../session/session.ts";
import type { Broker } from "../broker.ts";
import type { Persistence } from "./keeper.ts";

/** Yields after each session and each retained message; a step is one of them. `told`: the sessions it is done with. */
export function* retell(
  broker: Broker,
  persistence: Persistence,
  told: Set<Session>,
): Generator<void, void, void> {
  for (const session of broker.sessions.all()) {
    if (!session.kept || !retellOnce(persistence, session, told)) continue;
    yield;
  }
  for (const ending of broker.sessions.endings.all()) {
    ending.retell();
    yield;
  }
  for (const message of broker.retained.kept()) {
    persistence.retained(message);
    yield;
  }
}

/** False: it was done before. */
export function retellOnce(persistence: Persistence, session: Session, told: Set<Session>): boolean {
  if (told.has(session)) return false;
  told.add(session);
  retellSession(persistence, session);
  return true;
}

function retellSession(persistence: Persistence, session: Session): void {
  persistence.changed(session);
  for (const subscription of session.subscriptions.values()) {
    // (How retained messages are sent mattered when it was made.)
    persistence.subscribed(subscription, 0);
  }
  for (const delivery of session.inflight()) {
    if (delivery.sequence > 0) persistence.put(session, delivery);
  }
  for (const delivery of session.waiting ?? []) persistence.put(session, delivery);
  for (const packetId of session.received ?? []) persistence.received(session, packetId, true);
}

/** Messages that were only in the storage. */
export function onlyStored(broker: Broker): number {
  let count = 0;
  for (const session of broker.sessions.all()) {
    if (session.kept) count += session.waiting?.far ?? 0;
  }
  for (const { left } of broker.sessions.endings.all()) count += left;
  return count;
}

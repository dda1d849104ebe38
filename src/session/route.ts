/** How one session gets a message of one topic: usually a subscription itself, else several of them merged. */

import type { QoS } from "../packets/types.ts";
import type { Session } from "./session.ts";
import type { Subscription } from "./subscription.ts";

export interface Route {
  readonly session: Session;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  /** The subscription identifiers of all subscriptions that match, or null. */
  readonly identifiers: readonly number[] | null;
  /** Without the subscriptions with No Local; null: all have it. */
  readonly own: Route | null;
}

/** How the session gets what it published itself, over the connection it has; null: not at all. [MQTT-3.8.3-3] */
export function toItself(route: Route): Route | null {
  return route.session.optionsHold ? route.own : route;
}

/**
 * Overlapping subscriptions of one session: one copy with the highest QoS and every identifier.
 * [MQTT-3.3.4-2] [MQTT-3.3.4-3]
 */
export function mergeRoutes(subscriptions: readonly Subscription[]): Route {
  const foreign = merge(subscriptions);
  const own = subscriptions.filter((s) => !s.noLocal);
  if (own.length === subscriptions.length) return foreign;
  return { ...foreign, own: own.length === 0 ? null : merge(own) };
}

class Merged implements Route {
  readonly session: Session;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  readonly identifiers: readonly number[] | null;
  constructor(session: Session, qos: QoS, retainAsPublished: boolean, identifiers: readonly number[] | null) {
    this.session = session;
    this.qos = qos;
    this.retainAsPublished = retainAsPublished;
    this.identifiers = identifiers;
  }
  get own(): Route | null {
    return this;
  }
}

function merge(subscriptions: readonly Subscription[]): Route {
  let qos: QoS = 0;
  let retainAsPublished = false;
  const identifiers: number[] = [];
  for (const s of subscriptions) {
    if (s.qos > qos) qos = s.qos;
    retainAsPublished ||= s.retainAsPublished;
    if (s.identifier > 0) identifiers.push(s.identifier);
  }
  return new Merged(
    subscriptions[0]!.session,
    qos,
    retainAsPublished,
    identifiers.length > 0 ? identifiers : null,
  );
}

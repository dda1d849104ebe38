/** Overlapping subscriptions of one session. */

import type { QoS } from "../packets/types.ts";
import type { Recipient, Route } from "./route.ts";
import type { Subscription } from "./subscription.ts";

/** One copy with the highest QoS and every identifier. [MQTT-3.3.4-2] [MQTT-3.3.4-3] */
export function mergeRoutes(subscriptions: readonly Subscription[]): Route {
  const foreign = merge(subscriptions);
  const own = subscriptions.filter((s) => !s.noLocal);
  if (own.length === subscriptions.length) return foreign;
  return { ...foreign, own: own.length === 0 ? null : merge(own) };
}

class MergedRoute implements Route {
  readonly session: Recipient;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  readonly identifiers: readonly number[] | null;
  constructor(
    session: Recipient,
    qos: QoS,
    retainAsPublished: boolean,
    identifiers: readonly number[] | null,
  ) {
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
  return new MergedRoute(
    subscriptions[0]!.session,
    qos,
    retainAsPublished,
    identifiers.length > 0 ? identifiers : null,
  );
}

/** One message to those who subscribed: the one place where a publish leaves for its subscribers. */

import type { Message } from "../session/message.ts";
import type { Route } from "../session/route.ts";
import type { Session } from "../session/session.ts";
import type { SharedGroup } from "../session/shared_group.ts";
import type { QoS } from "../packets/types.ts";
import type { Broker } from "./broker.ts";
import type { Routes } from "./routes.ts";

/** Delivers to everyone the routes name; how many that were. `origin` is the publisher's session. */
export function deliverTo(broker: Broker, message: Message, routes: Routes, origin: Session | null): number {
  let count = 0;
  const { direct, shared } = routes;
  for (let i = 0; i < direct.length; i++) {
    const route = direct[i]!;
    const chosen = route.session === origin ? route.own : route;
    if (chosen === null) continue;
    deliverOne(chosen, message, null);
    count++;
  }
  return shared.length === 0 ? count : count + deliverShared(broker, message, shared);
}

/** One member of each group gets it. [MQTT-4.8.2-4] */
export function deliverShared(broker: Broker, message: Message, groups: readonly SharedGroup[]): number {
  let count = 0;
  for (const group of groups) {
    const member = chooseMember(broker, group, message);
    if (member === null) continue;
    deliverOne(member, message, group);
    count++;
  }
  return count;
}

function chooseMember(broker: Broker, group: SharedGroup, message: Message): Route | null {
  if (broker.hooks.on.onAclCheck.length === 0) return group.choose(message.qos);
  return group.choose(message.qos, (member) => broker.router.mayReceive(member.session, message.topic));
}

export function deliverOne(route: Route, message: Message, group: SharedGroup | null): void {
  const qos: QoS = message.qos < route.qos ? message.qos : route.qos;
  // RETAIN travels on only where it was asked for. [MQTT-3.3.1-12] [MQTT-3.3.1-13]
  const retain = message.retain && route.retainAsPublished;
  if (qos === 0) route.session.send(message, retain, route.identifiers);
  else route.session.deliver(message, qos, retain, route.identifiers, group);
}

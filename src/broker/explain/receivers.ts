/** Who would get what is published to a topic. Nobody is asked for more than is needed for the answer. */

import type { QoS } from "../../packets/types.ts";
import { SharedGroup } from "../../session/shared_group.ts";
import type { Route } from "../../session/route.ts";
import { toItself } from "../../session/route.ts";
import type { Session } from "../../session/session.ts";
import { mayDo } from "../access/access.ts";
import type { Subscriber } from "../delivery/routes.ts";
import type { Parts } from "../parts.ts";

/** Subscribers whose right to receive is asked for. */
const MOST_ASKED = 100;

export interface Receivers {
  /** Subscriptions that match, a group of a shared subscription as one. */
  readonly matching: number;
  /** Somebody gets it; null: nobody can say. */
  readonly anybody: boolean | null;
  /** A session that outlives the process is among those that match. */
  readonly kept: boolean;
}

/** `origin`: the session of the publisher. */
export async function receiversOf(
  parts: Parts,
  topic: string,
  qos: QoS,
  origin: Session | null,
): Promise<Receivers> {
  // (The list may be the index's own.)
  const found = [...parts.subscriptions.match(topic)];
  const routes = found.flatMap((one) => candidates(one, qos, origin));
  const kept = routes.some(({ session }) => session.kept);
  const asked = parts.hooks.on.onAclCheck.length > 0;
  for (const [i, { session }] of routes.entries()) {
    if (i === MOST_ASKED) return { matching: found.length, anybody: null, kept };
    const { client } = session;
    if (!asked || client === null || await mayDo(parts.hooks, client, "deliver", topic)) {
      return { matching: found.length, anybody: true, kept };
    }
  }
  return { matching: found.length, anybody: false, kept };
}

function candidates(subscriber: Subscriber, qos: QoS, origin: Session | null): readonly Route[] {
  if (subscriber instanceof SharedGroup) {
    const connected = subscriber.members.filter(({ session }) => session.outlet !== null);
    return connected.length > 0 ? connected : qos === 0 ? [] : subscriber.members;
  }
  const chosen = subscriber.session === origin ? toItself(subscriber) : subscriber;
  return chosen === null ? [] : [chosen];
}

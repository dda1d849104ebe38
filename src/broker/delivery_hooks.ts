/** A message on its way to its subscribers, for hooks that choose them or look at each delivery. */

import type { Client } from "../client.ts";
import type { Candidate, CandidateGroup, Selection } from "../hook.ts";
import { isPromise } from "../hooks.ts";
import type { QoS } from "../packets/types.ts";
import { Message, rawTopicOf } from "../session/message.ts";
import type { Route } from "../session/route.ts";
import type { Session } from "../session/session.ts";
import type { SharedGroup } from "../session/shared_group.ts";
import { isTopicName } from "../topics/names.ts";
import type { Broker } from "./broker.ts";

/** Who is left after the hooks had their say. */
export interface Selected {
  readonly direct: readonly Route[];
  /** With the members one of whom gets it. */
  readonly shared: readonly { readonly group: SharedGroup; readonly among: ReadonlySet<Route> }[];
}

class Subscriber implements Candidate {
  readonly clientId: string;
  readonly qos: QoS;
  readonly connected: boolean;
  readonly #route: Route;

  constructor(route: Route) {
    this.#route = route;
    this.clientId = route.session.clientId;
    this.qos = route.qos;
    this.connected = route.session.outlet !== null;
  }

  static routeOf(candidate: Candidate): Route {
    return (candidate as Subscriber).#route;
  }
}

/** `onSelectSubscribers`. */
export function select(
  broker: Broker,
  message: Message,
  direct: readonly Route[],
  shared: readonly SharedGroup[],
): Selected {
  const { hooks } = broker;
  const groups = new Map<CandidateGroup, SharedGroup>();
  const whole: Selection = {
    direct: direct.map((route) => new Subscriber(route)),
    shared: shared.map((group) => {
      const members = group.members.map((member) => new Subscriber(member));
      const candidates = { group: group.name, filter: group.filter, members };
      groups.set(candidates, group);
      return candidates;
    }),
  };
  let current: Selection = whole;
  for (const hook of hooks.on.onSelectSubscribers) {
    try {
      const answer: unknown = hook.onSelectSubscribers(message, current);
      if (answer === undefined) continue;
      if (isPromise(answer)) {
        hooks.watch(hook, "onSelectSubscribers", answer);
        throw new Error("it may not wait");
      }
      current = answer as Selection;
    } catch (error) {
      hooks.failed(hook, "onSelectSubscribers", error);
    }
  }
  try {
    return chosen(current, whole, groups);
  } catch (error) {
    const names = hooks.on.onSelectSubscribers.map(({ id }) => id).join(", ");
    const text = error instanceof Error ? error.message : String(error);
    broker.log("error", `The selection made by ${names} cannot be used: ${text}`);
    return chosen(whole, whole, groups);
  }
}

/** Nobody is added who was not there. */
function chosen(
  selection: Selection,
  whole: Selection,
  groups: ReadonlyMap<CandidateGroup, SharedGroup>,
): Selected {
  return {
    direct: selection.direct.map(Subscriber.routeOf),
    shared: selection.shared.map((candidates) => {
      // (A hook that narrows a group down makes another object of it.)
      const same = groups.has(candidates)
        ? candidates
        : whole.shared.find(({ group, filter }) =>
          group === candidates.group && filter === candidates.filter
        );
      if (same === undefined) throw new Error(`there is no group "${candidates.group}"`);
      return {
        group: groups.get(same)!,
        among: new Set(candidates.members.map(Subscriber.routeOf)),
      };
    }),
  };
}

/** `onDeliver`: the message as this session gets it, null: it does not. */
export function deliverThroughHooks(broker: Broker, session: Session, message: Message): Message | null {
  const { hooks } = broker;
  const client = session.client as Client | null;
  if (client === null) return message;
  let current = message;
  for (const hook of hooks.on.onDeliver) {
    try {
      const answer = hook.onDeliver(client, current);
      if (answer === undefined) continue;
      if (answer === "drop") return null;
      if (isPromise(answer)) {
        hooks.watch(hook, "onDeliver", answer);
        throw new Error("it may not wait");
      }
      const { topic = current.topic, payload = current.payload, properties = current.properties } = answer;
      if (!isTopicName(topic)) throw new Error(`${JSON.stringify(topic)} is not a topic name`);
      current = new Message(
        topic,
        rawTopicOf(topic),
        payload,
        0,
        payload.length,
        message.qos,
        message.retain,
        message.publisher,
        // (A hook may give back a view of what it was given.)
        payload.buffer !== current.bytes.buffer,
        properties,
        message.expiresAt,
      );
      current.original = message;
    } catch (error) {
      // What it was there to hold back must not go out.
      hooks.failed(hook, "onDeliver", error);
      return null;
    }
  }
  return current;
}

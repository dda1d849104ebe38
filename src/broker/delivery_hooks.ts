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
  readonly #route: Route;

  constructor(route: Route) {
    this.#route = route;
    this.clientId = route.session.clientId;
    this.qos = route.qos;
  }

  get connected(): boolean {
    return this.#route.session.outlet !== null;
  }

  static routeOf(candidate: Candidate): Route {
    return (candidate as Subscriber).#route;
  }
}

/** What hooks are shown of routes; it holds as long as the routes do. */
export class Everybody implements Selection {
  readonly direct: readonly Candidate[];
  readonly shared: readonly CandidateGroup[];
  readonly #groups: readonly SharedGroup[];

  constructor(direct: readonly Route[], shared: readonly SharedGroup[]) {
    this.#groups = shared;
    this.direct = direct.map((route) => new Subscriber(route));
    this.shared = shared.map((group) => ({
      group: group.name,
      filter: group.filter,
      members: group.members.map((member) => new Subscriber(member)),
    }));
  }

  /** The routes a hook's selection stands for; nobody is in it who was not there. */
  chosen(selection: Selection): Selected {
    return {
      direct: selection.direct.map(Subscriber.routeOf),
      shared: selection.shared.map(({ group, filter, members }) => {
        const one = this.#groups.find((known) => known.name === group && known.filter === filter);
        if (one === undefined) throw new Error(`there is no group "${group}" of "${filter}"`);
        return { group: one, among: new Set(members.map(Subscriber.routeOf)) };
      }),
    };
  }
}

/** `onSelectSubscribers`; null: they leave it as it is. */
export function select(broker: Broker, message: Message, everybody: Everybody): Selected | null {
  const { hooks } = broker;
  let current: Selection = everybody;
  let selected: Selected | null = null;
  for (const hook of hooks.on.onSelectSubscribers) {
    try {
      const answer: unknown = hook.onSelectSubscribers(message, current);
      if (answer === undefined) continue;
      if (isPromise(answer)) {
        hooks.watch(hook, "onSelectSubscribers", answer);
        throw new Error("it may not wait");
      }
      selected = everybody.chosen(answer as Selection);
      current = answer as Selection;
    } catch (error) {
      // (Its own choice does not count; that of others does.)
      hooks.failed(hook, "onSelectSubscribers", error);
    }
  }
  return selected;
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

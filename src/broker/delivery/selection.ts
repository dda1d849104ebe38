/** A message on its way to its subscribers, for hooks that choose them or look at each delivery. */

import type { Candidate, CandidateGroup, Selection } from "../../hook/hook.ts";
import { isPromise } from "../../core/maybe_promise.ts";
import type { QoS } from "../../packets/types.ts";
import { Message, rawTopicOf } from "../../session/message.ts";
import type { Recipient, Route, RouteGroup } from "../../session/route.ts";
import { utf8Length } from "../../packets/wire.ts";
import type { PublishChanges } from "../../hook/publish_view.ts";
import { isTopicName } from "../../topics/names.ts";
import type { Core } from "../core.ts";
import { forwarded } from "./forwarded.ts";
import { checkedChanges, isNothing, object } from "../../hook/checked_answers.ts";
import { shownMessage } from "./shown_message.ts";

/** Who is left after the hooks had their say. */
export interface ChosenRoutes {
  readonly direct: readonly Route[];
  /** With the members one of whom gets it. */
  readonly shared: readonly { readonly group: RouteGroup; readonly among: ReadonlySet<Route> }[];
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

interface Group extends CandidateGroup {
  /** Where what hooks see comes from. */
  readonly origin: RouteGroup;
}

/** What hooks are shown of routes; it holds as long as the routes do. */
export class AllCandidates implements Selection {
  readonly direct: readonly Candidate[];
  readonly shared: readonly Group[];

  constructor(direct: readonly Route[], shared: readonly RouteGroup[]) {
    this.direct = direct.map((route) => new Subscriber(route));
    this.shared = shared.map((group) => ({
      group: group.name,
      filter: group.filter,
      members: group.members.map((member) => new Subscriber(member)),
      origin: group,
    }));
  }
}

/** What is left of a selection; throws when somebody is chosen who was not there. */
class ChosenCandidates implements Selection {
  readonly direct: readonly Candidate[];
  readonly shared: readonly Group[];

  constructor(answer: Selection, before: AllCandidates | ChosenCandidates) {
    const { direct, shared } = answer;
    this.direct = among(direct, before.direct);
    this.shared = list(shared).map((chosen) => {
      const { group, filter, members } = chosen;
      const one = before.shared.find((known) => known.group === group && known.filter === filter);
      if (one === undefined) throw new Error(`there is no group "${group}" of "${filter}"`);
      return { group, filter, members: among(members, one.members), origin: one.origin };
    });
    if (new Set(this.shared.map((one) => one.origin)).size < this.shared.length) {
      throw new Error("it chose a group twice");
    }
  }

  get routes(): ChosenRoutes {
    return {
      direct: this.direct.map(Subscriber.routeOf),
      shared: this.shared.map(({ origin, members }) => ({
        group: origin,
        among: new Set(members.map(Subscriber.routeOf)),
      })),
    };
  }
}

function among(chosen: readonly Candidate[], there: readonly Candidate[]): readonly Candidate[] {
  const known = new Set(there);
  const one = new Set(list(chosen));
  for (const candidate of one) {
    if (!known.has(candidate)) throw new Error("it chose somebody who is no candidate there");
  }
  return [...one];
}

function list<T>(items: readonly T[]): readonly T[] {
  if (Array.isArray(items)) return items;
  throw new Error("it answered no selection");
}

/** `onSelectSubscribers`; null: they leave it as it is. */
export function select(core: Core, message: Message, everybody: AllCandidates): ChosenRoutes | null {
  const { hooks } = core;
  let current: AllCandidates | ChosenCandidates = everybody;
  for (const hook of hooks.on.onSelectSubscribers) {
    try {
      const answer: unknown = hook.onSelectSubscribers(shownMessage(core, message), current);
      if (isNothing(answer) || answer === current) continue;
      if (isPromise(answer)) {
        hooks.watch(hook, "onSelectSubscribers", answer);
        throw new Error("it may not wait");
      }
      current = new ChosenCandidates(object(answer) as Selection, current);
    } catch (error) {
      // (Its own choice does not count; that of others does.)
      hooks.failed(hook, "onSelectSubscribers", error);
    }
  }
  return current instanceof ChosenCandidates ? current.routes : null;
}

/** `onDeliver`: the message as this session gets it, null: it does not. */
export function deliverThroughHooks(core: Core, session: Recipient, message: Message): Message | null {
  const { hooks } = core;
  const client = session.client;
  if (client === null) return message;
  let current = message;
  for (const hook of hooks.on.onDeliver) {
    try {
      const answer: unknown = hook.onDeliver(client, shownMessage(core, current));
      if (isNothing(answer)) continue;
      if (answer === "drop") return null;
      if (isPromise(answer)) {
        hooks.watch(hook, "onDeliver", answer);
        throw new Error("it may not wait");
      }
      current = changed(core, message, current, checkedChanges(answer, current.properties));
    } catch (error) {
      // What it was there to hold back must not go out.
      hooks.failed(hook, "onDeliver", error);
      return null;
    }
  }
  return current;
}

/** `original` is `current` before any hook changed it. */
function changed(core: Core, original: Message, current: Message, changes: PublishChanges): Message {
  const { topic = current.topic, payload = current.payload, properties = current.properties } = changes;
  if (!isTopicName(topic) || utf8Length(topic) > core.limits.topicLength) {
    throw new Error(`${JSON.stringify(topic)} is not a topic name, or too long`);
  }
  const message = new Message(
    topic,
    topic === current.topic ? current.rawTopic : rawTopicOf(topic),
    payload,
    0,
    payload.length,
    original.qos,
    original.retain,
    original.publisher,
    // (A hook may give back a view of what it was given.)
    payload.buffer !== current.bytes.buffer,
    properties === current.properties ? properties : forwarded(properties),
    original.expiresAt,
  );
  message.original = original;
  return message;
}

/** One message to those who subscribed: the one place where a publish leaves for its subscribers. */

import type { Message } from "../../session/message.ts";
import { Delivery } from "../../session/delivery.ts";
import { Retain } from "../../session/retain.ts";
import { type Recipient, type Route, type RouteGroup, toItself } from "../../session/route.ts";
import type { Session } from "../../session/session.ts";
import type { SharedGroup } from "../../session/shared_group.ts";
import type { Subscription } from "../../session/subscription.ts";
import { isPromise } from "../../core/maybe_promise.ts";
import type { QoS } from "../../packets/types.ts";
import type { Core } from "../core.ts";
import { AllCandidates, type ChosenRoutes, deliverThroughHooks, select } from "./selection.ts";
import { mayReceive } from "../access/receive_rights.ts";
import type { Routes } from "./routes.ts";
import { shownMessage } from "./shown_message.ts";

/** What became of a message for one session: it has it, or has had its chance; a hook does not want it; see `send`. */
const Outcome = { TAKEN: 0, UNWANTED: 1, TOO_LARGE: 2 } as const;
type Outcome = (typeof Outcome)[keyof typeof Outcome];

const NOBODY: ReadonlySet<Route> = new Set();

/** Delivers to everyone the routes name; how many that were. `origin` is the publisher's session. */
export function deliverTo(core: Core, message: Message, routes: Routes, origin: Session | null): number {
  if (core.hooks.on.onSelectSubscribers.length > 0 && routes.direct.length + routes.shared.length > 0) {
    routes.everybody ??= new AllCandidates(routes.direct, routes.shared);
    const selected = select(core, message, routes.everybody);
    if (selected !== null) return deliverSelected(core, message, selected, origin);
  }
  const { direct, shared } = routes;
  const count = deliverDirect(core, message, direct, origin);
  return shared.length === 0 ? count : count + deliverShared(core, message, shared);
}

function deliverDirect(
  core: Core,
  message: Message,
  direct: readonly Route[],
  origin: Session | null,
): number {
  let count = 0;
  for (let i = 0; i < direct.length; i++) {
    const route = direct[i]!;
    const chosen = route.session === origin ? toItself(route) : route;
    if (chosen === null) continue;
    deliverOne(core, chosen, message, null);
    count++;
  }
  core.slices.units += count;
  return count;
}

/** To those whom hooks have left. */
function deliverSelected(
  core: Core,
  message: Message,
  selected: ChosenRoutes,
  origin: Session | null,
): number {
  let count = deliverDirect(core, message, selected.direct, origin);
  for (const { group, among } of selected.shared) count += deliverToGroup(core, message, group, among);
  return count;
}

/** One member of each group gets it. [MQTT-4.8.2-4] */
export function deliverShared(core: Core, message: Message, groups: readonly SharedGroup[]): number {
  let count = 0;
  for (const group of groups) count += deliverToGroup(core, message, group, null);
  return count;
}

/**
 * To one of its members, or of those `among` them, but not `but`. What is larger than the chosen one takes goes to one
 * that takes it; it is dropped only when nobody does.
 */
function deliverToGroup(
  core: Core,
  message: Message,
  group: RouteGroup,
  among: ReadonlySet<Route> | null,
  but: Recipient | null = null,
): number {
  const anyone = among === null && but === null && core.hooks.on.onAclCheck.length === 0;
  const first = anyone
    ? group.choose(message.qos)
    : group.choose(message.qos, allowed(core, message, among, but));
  if (first === null) return 0;
  if (!takes(core, first, message) || deliverOne(core, first, message, group) === Outcome.TOO_LARGE) {
    deliverToOther(core, message, group, first, allowed(core, message, among, but));
  }
  return 1;
}

/** Who of a group is `among` those, is not `but`, and may have the message. */
function allowed(
  core: Core,
  message: Message,
  among: ReadonlySet<Route> | null,
  but: Recipient | null,
): (one: Route) => boolean {
  const asked = core.hooks.on.onAclCheck.length > 0;
  return (one) =>
    one.session !== but && (among === null || among.has(one)) &&
    (!asked || mayReceive(core.hooks, one.session, message.topic, true) === true);
}

/** It is too large for `first`. */
function deliverToOther(
  core: Core,
  message: Message,
  group: RouteGroup,
  first: Route,
  may: (one: Route) => boolean,
): void {
  // (More than once only where hooks make it larger.)
  const refused = new Set([first]);
  for (;;) {
    const next = group.choose(
      message.qos,
      (one) => !refused.has(one) && may(one) && takes(core, one, message),
    );
    if (next === null) break;
    if (deliverOne(core, next, message, group) !== Outcome.TOO_LARGE) return;
    refused.add(next);
  }
  // It counts as delivered. [MQTT-3.1.2-25]
  const { sessionHost } = core;
  const { session, qos } = first;
  sessionHost.dropped(session, message, "tooLarge");
  if (lower(message.qos, qos) === 0) return;
  sessionHost.qosDropped?.(session, new Delivery(message, qos, Retain.NO, null, group));
}

/**
 * It is not larger than the member's client takes. Nobody knows what one takes that is away, nor how large hooks make
 * it: then it is tried.
 */
function takes(core: Core, { session, qos, identifiers }: Route, message: Message): boolean {
  const { outlet } = session;
  if (outlet === null || core.hooks.encodes || core.hooks.on.onDeliver.length > 0) return true;
  return outlet.takes(message, lower(message.qos, qos), identifiers);
}

function lower(one: QoS, other: QoS): QoS {
  return one < other ? one : other;
}

/** Among the other members is one who is connected, may have the message and takes it. */
export function anotherIsThere(
  core: Core,
  message: Message,
  group: RouteGroup,
  session: Session,
): boolean {
  const original = message.original ?? message;
  const among = chosenAmong(core, original, group);
  return group.members.some((one) =>
    one.session !== session && one.session.outlet !== null && (among === null || among.has(one)) &&
    mayReceive(core.hooks, one.session, original.topic, true) === true && takes(core, one, original)
  );
}

/** The members that hooks leave of a group; null: all. */
function chosenAmong(core: Core, message: Message, group: RouteGroup): ReadonlySet<Route> | null {
  if (core.hooks.on.onSelectSubscribers.length === 0) return null;
  const selected = select(core, message, new AllCandidates([], [group]));
  return selected === null ? null : selected.shared[0]?.among ?? NOBODY;
}

/** Until access control has said which members of a group may receive a message; null: that is known. */
export function membersAsked(core: Core, message: Message, group: RouteGroup): Promise<unknown> | null {
  const { topic } = message.original ?? message;
  const late = group.members.map(({ session }) => mayReceive(core.hooks, session, topic, true))
    .filter((answer) => isPromise(answer));
  return late.length === 0 ? null : Promise.all(late);
}

/**
 * What a member of a shared subscription did not get goes to another one, as it was published; perhaps later, because
 * access control may take its time.
 */
export function deliverAgain(core: Core, message: Message, group: RouteGroup): void {
  const original = message.original ?? message;
  const asked = membersAsked(core, original, group);
  if (asked !== null) {
    original.keep();
    void asked.then(() => deliverAgain(core, original, group));
  } else if (!deliverAgainNow(core, original, group)) core.stats.messagesDropped++;
}

/**
 * The same at once, to one of those about whom access control has answered. False: there is none. Whoever takes the
 * message out of another session's deliveries does so in the same turn: one commit has both. Not to `but`.
 */
export function deliverAgainNow(
  core: Core,
  message: Message,
  group: RouteGroup,
  but: Recipient | null = null,
): boolean {
  const original = message.original ?? message;
  return deliverToGroup(core, original, group, chosenAmong(core, original, group), but) > 0;
}

/** A retained message for a new subscription. RETAIN is set: it is not a live message. [MQTT-3.3.1-8] */
export function deliverRetained(core: Core, subscription: Subscription, message: Message): void {
  if (send(core, subscription, message, Retain.RETAINED, null) === Outcome.UNWANTED) return;
  if (core.hooks.on.onRetainPublished.length === 0) return;
  const client = subscription.session.client;
  if (client !== null) core.hooks.notify("onRetainPublished", client, shownMessage(core, message));
}

/** To one session, whether it subscribed or not, because the program that embeds the server wants it. */
export function deliverToOne(core: Core, session: Session, message: Message): void {
  const route: Route = { session, qos: 2, retainAsPublished: false, identifiers: null, own: null };
  send(core, route, message, Retain.NO, null);
}

function deliverOne(core: Core, route: Route, message: Message, group: RouteGroup | null): Outcome {
  // RETAIN travels on only where it was asked for. [MQTT-3.3.1-12] [MQTT-3.3.1-13]
  return send(
    core,
    route,
    message,
    message.retain && route.retainAsPublished ? Retain.AS_PUBLISHED : Retain.NO,
    group,
  );
}

/** `TOO_LARGE`: and of a group, so that another member may take it. */
function send(
  core: Core,
  route: Route,
  message: Message,
  retain: Retain,
  group: RouteGroup | null,
): Outcome {
  const { session } = route;
  const qos = lower(message.qos, route.qos);
  // (QoS 0 for somebody who is not there goes nowhere: nobody need look at it.)
  if (core.hooks.on.onDeliver.length > 0 && (qos > 0 || session.outlet !== null)) {
    const changed = deliverThroughHooks(core, session, message);
    if (changed === null) {
      core.sessionHost.dropped(session, message, "hook");
      return Outcome.UNWANTED;
    }
    message = changed;
  }
  const taken = qos === 0
    ? session.send(message, retain, route.identifiers)
    : session.deliver(message, qos, retain, route.identifiers, group);
  if (taken) return Outcome.TAKEN;
  if (group !== null) return Outcome.TOO_LARGE;
  core.sessionHost.dropped(session, message, "tooLarge");
  return Outcome.TAKEN;
}

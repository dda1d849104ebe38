/** Who gets a message of a topic: computed once per topic and change of subscriptions, then remembered. */

import { isPromise } from "../../core/maybe_promise.ts";
import { mergeRoutes } from "../../session/merged_route.ts";
import type { Recipient, Route } from "../../session/route.ts";
import { SharedGroup } from "../../session/shared_group.ts";
import type { Subscription } from "../../session/subscription.ts";
import type { TopicEntry } from "../../topics/topic_table.ts";
import type { Hooks } from "../../hook/dispatcher.ts";
import type { SubscriptionIndex } from "../../topics/subscription_index.ts";
import type { AllCandidates } from "./selection.ts";
import { mayReceive } from "../access/receive_rights.ts";

/** What stands in the subscription index. */
export type Subscriber = Subscription | SharedGroup;

export interface Routes {
  readonly direct: readonly Route[];
  readonly shared: readonly SharedGroup[];
  /** Access control is still being asked about somebody; then the routes are made again. */
  pending: Promise<void> | null;
  /** As hooks that choose among them see them. */
  everybody: AllCandidates | null;
}

const NO_GROUPS: readonly SharedGroup[] = [];
const NOBODY: Routes = { direct: [], shared: NO_GROUPS, pending: null, everybody: null };
/** How many list places may be remembered over all topics before everything is forgotten. */
const SHORT = 16;
const MOST_REMEMBERED = 4_000_000;

export class Router {
  readonly #subscriptions: SubscriptionIndex<Subscriber>;
  readonly #hooks: Hooks;
  #remembered = 0;
  #holders: TopicEntry<Routes>[] = [];

  constructor(subscriptions: SubscriptionIndex<Subscriber>, hooks: Hooks) {
    this.#subscriptions = subscriptions;
    this.#hooks = hooks;
  }

  /** The routes of a topic, from memory if nothing changed that concerns it. */
  of(entry: TopicEntry<Routes>): Routes {
    const stamp = this.#subscriptions.stamp(entry) + this.#hooks.generation;
    if (entry.stamp === stamp) return entry.routes!;
    const routes = this.compute(entry.topic);
    if (routes.direct.length > SHORT) this.#remember(entry, routes.direct.length);
    entry.routes = routes;
    entry.stamp = stamp;
    if (routes.pending !== null) {
      routes.pending = routes.pending.then(() => {
        routes.pending = null;
        if (entry.routes === routes) entry.stamp = -1;
      });
    }
    return routes;
  }

  /** Long lists are remembered only up to a bound, whoever holds the entry. */
  #remember(entry: TopicEntry<Routes>, length: number): void {
    if (this.#remembered > MOST_REMEMBERED) {
      for (const holder of this.#holders) {
        holder.routes = null;
        holder.stamp = -1;
      }
      this.#holders = [];
      this.#remembered = 0;
    }
    this.#holders.push(entry);
    this.#remembered += length;
  }

  compute(topic: string): Routes {
    const found = this.#subscriptions.match(topic);
    if (found.length === 0) return NOBODY;
    let direct: Route[] | null = null;
    let shared: SharedGroup[] | null = null;
    let overlapping = false;
    const seen = found.length > 1 ? new Set<Recipient>() : null;
    for (const subscriber of found) {
      if (subscriber instanceof SharedGroup) (shared ??= []).push(subscriber);
      else {
        if (seen !== null) {
          if (seen.has(subscriber.session)) overlapping = true;
          else seen.add(subscriber.session);
        }
        (direct ??= []).push(subscriber);
      }
    }
    if (overlapping) direct = mergeOverlapping(direct as Subscription[]);
    const pending: Promise<boolean>[] = [];
    if (this.#hooks.on.onAclCheck.length > 0) {
      direct = direct?.filter((route) => this.#allowed(route.session, topic, pending)) ?? null;
      // (Which member gets a message is decided when it comes; here it is only made sure that the answer is there.)
      for (const group of shared ?? []) {
        for (const member of group.members) this.#allowed(member.session, topic, pending, true);
      }
    }
    return {
      direct: direct ?? [],
      shared: shared ?? NO_GROUPS,
      pending: pending.length === 0 ? null : Promise.all(pending).then(() => {}),
      everybody: null,
    };
  }

  #allowed(session: Recipient, topic: string, pending: Promise<boolean>[], often = false): boolean {
    const answer = mayReceive(this.#hooks, session, topic, often);
    if (!isPromise(answer)) return answer;
    pending.push(answer);
    return false;
  }
}

function mergeOverlapping(subscriptions: readonly Subscription[]): Route[] {
  const bySession = new Map<Recipient, Subscription[]>();
  for (const s of subscriptions) {
    const list = bySession.get(s.session);
    if (list === undefined) bySession.set(s.session, [s]);
    else list.push(s);
  }
  return [...bySession.values()].map((list) => list.length === 1 ? list[0]! : mergeRoutes(list));
}

/**
 * What a session may receive, as access control says. A delivery waits for nobody: an answer that takes time is
 * waited for by the publisher whose message is the first of its topic, and then remembered.
 */

import type { Client } from "../../hook/client.ts";
import { isPromise, type MaybePromise } from "../../core/maybe_promise.ts";
import { ReceiveRights } from "../../session/receive_rights.ts";
import type { Recipient } from "../../session/route.ts";
import type { Session } from "../../session/session.ts";
import type { Hooks } from "../../hook/dispatcher.ts";
import { mayDo } from "./access.ts";

/** May the session's client receive messages of this topic? Remembered when `often` it is asked, or the answer takes time. */
export function mayReceive(
  hooks: Hooks,
  session: Pick<Recipient, "client" | "rights">,
  topic: string,
  often: boolean = false,
): MaybePromise<boolean> {
  const client = session.client;
  if (client === null || client.inline || hooks.on.onAclCheck.length === 0) return true;
  const { generation } = hooks;
  let rights = session.rights;
  if (rights !== null && (rights.client !== client || rights.generation !== generation)) {
    rights = session.rights = null;
  }
  const known = rights?.get(topic);
  if (known !== undefined) return known;
  const answer = mayDo(hooks, client, "deliver", topic);
  if (answer !== true && hooks.withheld !== null) tellIfDenied(hooks, client, topic, answer);
  if (!often && !isPromise(answer)) return answer;
  rights ??= new ReceiveRights(client, generation);
  session.rights = rights;
  rights.set(topic, answer);
  return answer;
}

function tellIfDenied(hooks: Hooks, client: Client, topic: string, answer: MaybePromise<boolean>): void {
  if (!isPromise(answer)) hooks.withheld?.(client, topic);
  else void answer.then((yes) => yes || hooks.withheld?.(client, topic));
}

/**
 * Before `client` takes over what waits for it: what of that it may still receive. What is only in the store is asked
 * about when it is read.
 */
export function rightsToWaiting(hooks: Hooks, session: Session, client: Client): MaybePromise<ReceiveRights> {
  const { generation } = hooks;
  const rights = new ReceiveRights(client, generation, false);
  const late: Promise<boolean>[] = [];
  const topics = new Set<string>();
  for (const delivery of session.inflight()) topics.add(delivery.message.topic);
  for (const delivery of session.waiting ?? []) topics.add(delivery.message.topic);
  for (const topic of topics) {
    const answer = mayDo(hooks, client, "deliver", topic);
    if (answer !== true && hooks.withheld !== null) tellIfDenied(hooks, client, topic, answer);
    rights.set(topic, answer);
    if (isPromise(answer)) late.push(answer);
  }
  return late.length === 0 ? rights : Promise.all(late).then(() => rights);
}

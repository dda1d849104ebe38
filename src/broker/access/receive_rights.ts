/**
 * What a session may receive, as access control says. A delivery waits for nobody: an answer that takes time is
 * waited for by the publisher whose message is the first of its topic, and then remembered.
 */

import type { Client } from "../../hook/client.ts";
import { isPromise, type MaybePromise } from "../../core/maybe_promise.ts";
import type { Session } from "../../session/session.ts";
import type { Hooks } from "../../hook/dispatcher.ts";
import { mayDo } from "./access.ts";

/** Topics remembered for one session. */
const MOST = 4096;

/** The answers for one client of a session. */
export class Rights {
  readonly client: Client;
  readonly generation: number;
  readonly #answers: Map<string, boolean> = new Map();
  /** Not answered yet. Somebody waits for each, and would ask again if it were forgotten, for ever if there are many. */
  readonly #asked: Map<string, Promise<boolean>> = new Map();
  /** All of what waits is asked about before any of it is sent: none of those answers may be forgotten until then. */
  #bounded: boolean;

  constructor(client: Client, generation: number, bounded = true) {
    this.client = client;
    this.generation = generation;
    this.#bounded = bounded;
  }

  /** From here on they are remembered to save questions. */
  bound(): void {
    this.#bounded = true;
    this.#shrink(MOST);
  }

  get(topic: string): MaybePromise<boolean> | undefined {
    return this.#answers.get(topic) ?? this.#asked.get(topic);
  }

  set(topic: string, answer: MaybePromise<boolean>): void {
    if (!isPromise(answer)) {
      if (this.#bounded) this.#shrink(MOST - 1);
      this.#answers.set(topic, answer);
      return;
    }
    this.#asked.set(topic, answer);
    // (It does not fail: whoever asks hooks gets no for an answer that does not come.)
    void answer.then((allowed) => {
      if (this.#asked.get(topic) !== answer) return;
      this.#asked.delete(topic);
      this.set(topic, allowed);
    });
  }

  /** The oldest go: the newest are about to be needed. */
  #shrink(most: number): void {
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= most) return;
      this.#answers.delete(oldest);
    }
  }
}

/** May the session's client receive messages of this topic? Remembered when `often` it is asked, or the answer takes time. */
export function mayReceive(
  hooks: Hooks,
  session: Session,
  topic: string,
  often: boolean = false,
): MaybePromise<boolean> {
  const client = session.client as Client | null;
  if (client === null || client.inline || hooks.on.onAclCheck.length === 0) return true;
  const { generation } = hooks;
  let rights = session.rights as Rights | null;
  if (rights !== null && (rights.client !== client || rights.generation !== generation)) {
    rights = session.rights = null;
  }
  const known = rights?.get(topic);
  if (known !== undefined) return known;
  const answer = mayDo(hooks, client, "deliver", topic);
  if (!often && !isPromise(answer)) return answer;
  rights ??= new Rights(client, generation);
  session.rights = rights;
  rights.set(topic, answer);
  return answer;
}

/**
 * Before `client` takes over what waits for it: what of that it may still receive. What is only in the store is asked
 * about when it is read.
 */
export function rightsToWaiting(hooks: Hooks, session: Session, client: Client): MaybePromise<Rights> {
  const { generation } = hooks;
  const rights = new Rights(client, generation, false);
  const late: Promise<boolean>[] = [];
  const topics = new Set<string>();
  for (const delivery of session.inflight()) topics.add(delivery.message.topic);
  for (const delivery of session.waiting ?? []) topics.add(delivery.message.topic);
  for (const topic of topics) {
    const answer = mayDo(hooks, client, "deliver", topic);
    rights.set(topic, answer);
    if (isPromise(answer)) late.push(answer);
  }
  return late.length === 0 ? rights : Promise.all(late).then(() => rights);
}

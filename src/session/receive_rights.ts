/** What access control said a client may receive: each topic once. */

import { isPromise, type MaybePromise } from "../core/maybe_promise.ts";
import type { Client } from "./client.ts";

/** Topics remembered for one session. */
const MOST = 4096;

/** The answers for one client of a session. */
export class ReceiveRights {
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

/** Who takes over whose session: two clients with one id throw each other out for ever, and each of them looks healthy. */

import type { Client } from "../../hook/client.ts";
import type { Core } from "../core.ts";
import { shortened } from "../../core/quoted.ts";

/** So many take-overs in so much time are a fight. */
const FIGHT = 3;
const WINDOW_MS = 60_000;
/** Client ids that are remembered. */
const MOST = 1000;
/** Characters of one. */
const LONGEST = 200;

interface Count {
  since: number;
  times: number;
}

export class TakeOvers {
  readonly #broker: Core;
  /** By client id, the one that was taken over last at the end. */
  readonly #counts: Map<string, Count> = new Map();

  constructor(broker: Core) {
    this.#broker = broker;
  }

  /** The session of `old` is that of `client` from now on. */
  note(old: Client, client: Client): void {
    const { events, clock } = this.#broker;
    if (!events.wantsCode("client-id-contested")) return;
    const id = shortened(client.id, LONGEST);
    const now = clock.monotonic();
    let count = this.#counts.get(id);
    const passed = now - (count?.since ?? 0);
    if (count === undefined || passed > WINDOW_MS) count = { since: now, times: 0 };
    count.times++;
    this.#counts.delete(id);
    this.#counts.set(id, count);
    if (this.#counts.size > MOST) this.#counts.delete(this.#counts.keys().next().value!);
    if (count.times < FIGHT) return;
    const seconds = Math.max(1, Math.round((now - count.since) / 1000));
    events.tell("client-id-contested", {
      client: client.id,
      user: client.username === "" ? undefined : client.username,
      address: client.remoteAddress,
      listener: client.listener,
      by: old.remoteAddress,
      times: count.times,
      detail: `taken over ${count.times} times in ${seconds} s, give each client an id of its own`,
    });
  }
}

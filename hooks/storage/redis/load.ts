/** Gives what Redis holds, in small steps: neither Redis nor the server is kept from other work for long. */

import type { StorageLoader } from "../../../src/storage/storage.ts";
import type { DeliveryRecord } from "../../../src/storage/records.ts";
import { SessionState } from "./changes.ts";
import type { Connection } from "./connection.ts";
import { Messages } from "./messages.ts";
import {
  countersFromText,
  DamagedRecord,
  messageFromBytes,
  sessionFromText,
  subscriptionFromText,
  textOf,
} from "./records.ts";
import { bytes, list } from "./replies.ts";
import { LOAD } from "./scripts.ts";

const DOING = "read what is kept in";
/** An answer is to have about so many bytes, and is of at most so many records. */
const STEP_BYTES = 1 << 20;
const STEP_RECORDS = 2000;

/** What comes out of it besides what the loader is given. */
export interface Loaded {
  readonly sessions: Map<string, SessionState>;
  /** Records that could not be read and were left out, and what was wrong with the first. */
  readonly damaged: number;
  readonly damage: string;
}

export class Load {
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #loader: StorageLoader;
  readonly #messages: Messages;
  readonly #sessions: Map<string, SessionState> = new Map();
  #damaged = 0;
  #damage = "";

  constructor(connection: Connection, prefix: string, loader: StorageLoader) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#loader = loader;
    // (The server has them in memory as well.)
    this.#messages = new Messages(connection, { prefix, count: Infinity, bytes: Infinity });
  }

  async run(window: number): Promise<Loaded> {
    const loader = this.#loader;
    await this.#scan("sessions", async (page) => {
      const ids: string[] = [];
      for (const [key, value] of page) {
        const id = textOf(key);
        // (Redis may name something twice.)
        if (this.#sessions.has(id)) continue;
        this.#sessions.set(id, new SessionState(id, true, 0));
        if (this.#try(`session "${id}"`, () => loader.session(sessionFromText(id, textOf(value))))) {
          ids.push(id);
        }
      }
      for (let at = 0; at < ids.length;) at += await this.#belongings(ids, at, window);
    });
    const topics: Set<string> = new Set();
    await this.#scan("retained", (page) => {
      for (const [key, value] of page) {
        const topic = textOf(key);
        if (topics.has(topic)) continue;
        topics.add(topic);
        this.#try(`retained "${topic}"`, () => loader.retained(messageFromBytes(value, topic)));
      }
    });
    const counters = await this.#connection.ask(DOING, ["GET", `${this.#prefix}counters`]);
    if (counters !== null) {
      this.#try("counters", () => loader.counters(countersFromText(textOf(bytes(counters)))));
    }
    return { sessions: this.#sessions, damaged: this.#damaged, damage: this.#damage };
  }

  /** All fields of a hash with their values, some at a time. */
  async #scan(
    name: string,
    give: (page: (readonly [Uint8Array, Uint8Array])[]) => Promise<void> | void,
  ): Promise<void> {
    let cursor = "0";
    let count = 100;
    do {
      const args = ["HSCAN", this.#prefix + name, cursor, "COUNT", String(count)];
      const [next, flat] = list(await this.#connection.ask(DOING, args));
      const values = list(flat).map(bytes);
      const page: [Uint8Array, Uint8Array][] = [];
      let size = 0;
      for (let i = 0; i + 1 < values.length; i += 2) {
        page.push([values[i]!, values[i + 1]!]);
        size += values[i + 1]!.length;
      }
      await give(page);
      cursor = textOf(bytes(next));
      // As large a step as messages allow.
      if (size > STEP_BYTES) count = Math.max(1, count >> 2);
      else if (size < STEP_BYTES >> 2) count = Math.min(STEP_RECORDS, count * 2);
    } while (cursor !== "0" && cursor !== "");
  }

  /** Of the sessions from `at` on; the answer is for how many of them. */
  async #belongings(ids: readonly string[], at: number, window: number): Promise<number> {
    const limit = window === Infinity ? "-1" : String(window);
    const args = [limit, String(STEP_BYTES), ...ids.slice(at, at + 500)];
    const found = list(await this.#connection.run(DOING, LOAD, ["", ...args]));
    for (const [index, one] of found.entries()) {
      const [fields, first, count, last] = list(one);
      await this.#session(ids[at + index]!, list(fields), list(first), Number(count), textOf(bytes(last)));
    }
    return Math.max(1, found.length);
  }

  async #session(
    id: string,
    fields: readonly unknown[],
    first: readonly unknown[],
    count: number,
    last: string,
  ): Promise<void> {
    const deliveries: Uint8Array[] = [];
    let size = 0;
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = textOf(bytes(fields[i]));
      const value = bytes(fields[i + 1]);
      const space = name.indexOf(" ");
      const rest = name.slice(space + 1);
      const kind = space < 0 ? name : name.slice(0, space);
      if (kind === "subscription") {
        this.#try(kind, () => this.#loader.subscription(id, subscriptionFromText(rest, textOf(value))));
      } else if (kind === "received") this.#loader.received(id, Number(rest));
      else if (kind === "delivery") deliveries.push(value);
      else if (kind === "bytes") size = Number(textOf(value));
    }
    const state = this.#sessions.get(id)!;
    for (const one of first) deliveries.push(bytes(one));
    if (deliveries.length > 0) {
      const records = await this.#messages.complete(
        DOING,
        deliveries,
        (error) => this.#left("delivery", error),
      );
      const whole = records.filter((one): one is DeliveryRecord => one !== null);
      whole.sort((a, b) => a.sequence - b.sequence);
      for (const record of whole) this.#loader.delivery(id, record);
      state.storedUpTo = whole.at(-1)?.sequence ?? 0;
    }
    state.storedUpTo = Math.max(state.storedUpTo, Number(last));
    if (count > first.length) this.#loader.waiting(id, count, size, state.storedUpTo);
  }

  #try(what: string, give: () => void): boolean {
    try {
      give();
      return true;
    } catch (error) {
      if (!(error instanceof DamagedRecord)) throw error;
      this.#left(what, error);
      return false;
    }
  }

  #left(what: string, error: DamagedRecord): void {
    this.#damaged++;
    this.#damage ||= `${what}: ${error.message}`;
  }
}

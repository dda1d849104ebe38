/** Gives what the tables hold, a page at a time, so that the server can do other things in between. */

import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "../../../../src/runtime/timers.ts";
import type { StorageLoader } from "../../../../src/storage/storage.ts";
import type { StoredMessage, StoredSysInfo } from "../../../../src/storage/stored.ts";
import type { SessionState } from "../pending/generation.ts";
import type { SharedCounts } from "../pending/shared_counts.ts";
import {
  DamagedRow,
  DELIVERY_COLUMNS,
  deliveryOf,
  messageOf,
  number,
  RETAINED_COLUMNS,
  type Row,
  SESSION_COLUMNS,
  sessionOf,
  SUBSCRIPTION_COLUMNS,
  subscriptionOf,
  type Value,
} from "../tables/rows.ts";
import { arrays, sharedMessage } from "../tables/query.ts";
import type { Sessions } from "../pending/sessions.ts";

/** Rows at a time. */
const PAGE = 1000;
/** Milliseconds after which others get their turn. */
const TURN = 10;

/** What comes out of it besides what the loader is given. */
export interface Loaded {
  readonly counts: SharedCounts;
  /** Rows that could not be read and were left out, and what was wrong with the first. */
  readonly damaged: number;
  readonly damage: string;
}

export class Load {
  readonly #database: DatabaseSync;
  readonly #counts: SharedCounts;
  readonly #loader: StorageLoader;
  readonly #byKey: Map<number, SessionState> = new Map();
  readonly #shared: Map<number, StoredMessage> = new Map();
  #damaged = 0;
  #damage = "";
  #turnEnd = 0;

  constructor(database: DatabaseSync, sessions: Sessions, counts: SharedCounts, loader: StorageLoader) {
    this.#database = database;
    this.#counts = counts;
    this.#loader = loader;
    for (const state of sessions.all()) this.#byKey.set(state.key, state);
  }

  async run(window: number): Promise<Loaded> {
    const loader = this.#loader;
    await this.#pages(SESSION_COLUMNS, "sessions", ["session"], (row) => loader.session(sessionOf(row)));
    await this.#pages(SUBSCRIPTION_COLUMNS, "subscriptions", ["session", "filter"], (row) => {
      const state = this.#state(row);
      if (state !== undefined) loader.subscription(state.id, subscriptionOf(row));
    });
    await this.#pages("session, packet_id", "received", ["session", "packet_id"], (row) => {
      const state = this.#state(row);
      if (state === undefined) return;
      const packetId = number(row[1]);
      (state.storedReceived ??= new Set()).add(packetId);
      loader.received(state.id, packetId);
    });
    for (const state of this.#byKey.values()) state.storedUpTo = 0;
    await this.#deliveries(window);
    await this.#countShared();
    await this.#pages(RETAINED_COLUMNS, "retained", ["topic"], (row) => loader.retained(messageOf(row, 0)));
    const counters: Record<string, number> = {};
    await this.#pages(
      "name, value",
      "counters",
      ["name"],
      (row) => counters[String(row[0])] = number(row[1]),
    );
    if (Object.keys(counters).length > 0) loader.counters(counters as StoredSysInfo);
    return { counts: this.#counts, damaged: this.#damaged, damage: this.#damage };
  }

  /** Every row of a table, in the order of its key. */
  async #pages(
    columns: string,
    table: string,
    key: readonly string[],
    give: (row: Row) => void,
  ): Promise<void> {
    const names = key.join(", ");
    const keyed = `SELECT ${columns} FROM ${table}`;
    const first = arrays(this.#database, `${keyed} ORDER BY ${names} LIMIT ${PAGE}`);
    const next = arrays(
      this.#database,
      `${keyed} WHERE (${names}) > (${key.map(() => "?").join()}) ORDER BY ${names} LIMIT ${PAGE}`,
    );
    let rows = first();
    while (rows.length > 0) {
      for (const row of rows) this.#give(table, row, give);
      if (rows.length < PAGE) return;
      await this.#breathe();
      rows = next(...rows[rows.length - 1].slice(0, key.length));
    }
  }

  async #deliveries(window: number): Promise<void> {
    // Not many more than are wanted of a session that has many.
    const limit = Math.min(PAGE, Math.max(window + 1, 50));
    const page = arrays(
      this.#database,
      `SELECT ${DELIVERY_COLUMNS} FROM deliveries WHERE (session, sequence) > (?,?) ` +
        `ORDER BY session, sequence LIMIT ${limit}`,
    );
    let session: Value = -1;
    let sequence: Value = -1;
    let waiting = 0;
    for (;;) {
      const rows = page(session, sequence);
      let skipped = false;
      for (const row of rows) {
        if (row[0] !== session) waiting = 0;
        session = row[0];
        sequence = row[1];
        if (row[2] === 0 && ++waiting > window) {
          this.#rest(number(session), number(sequence));
          sequence = Number.MAX_SAFE_INTEGER;
          skipped = true;
          break;
        }
        this.#give("deliveries", row, (whole) => this.#delivery(whole));
      }
      if (!skipped && rows.length < limit) return;
      await this.#breathe();
    }
  }

  #delivery(row: Row): void {
    const state = this.#state(row);
    if (state === undefined) return;
    const delivery = deliveryOf(row, (message) => this.#message(message));
    state.storedUpTo = delivery.sequence;
    this.#loader.delivery(state.id, delivery);
  }

  /** Of a session that has more waiting than wanted: what was sent, and how much waits. */
  #rest(session: number, from: number): void {
    const sent = arrays(
      this.#database,
      `SELECT ${DELIVERY_COLUMNS} FROM deliveries WHERE session = ? AND sequence >= ? AND packet_id <> 0 ` +
        "ORDER BY sequence",
    );
    for (const row of sent(session, from)) this.#give("deliveries", row, (whole) => this.#delivery(whole));
    const total = arrays(
      this.#database,
      "SELECT count(*) FILTER (WHERE packet_id = 0), sum(bytes) FILTER (WHERE packet_id = 0), max(sequence) " +
        "FROM deliveries WHERE session = ?",
    );
    const state = this.#byKey.get(session);
    const [count, bytes, last] = total(session)[0];
    if (state === undefined) return;
    state.storedUpTo = number(last);
    this.#loader.waiting(state.id, number(count), number(bytes), state.storedUpTo);
  }

  /** The same object for all who share it. */
  #message(id: number): StoredMessage | undefined {
    let message = this.#shared.get(id);
    if (message !== undefined) return message;
    message = sharedMessage(this.#database, id);
    if (message !== undefined) this.#shared.set(id, message);
    return message;
  }

  async #countShared(): Promise<void> {
    const ids = arrays(
      this.#database,
      `SELECT message FROM messages WHERE message > ? ORDER BY message LIMIT ${PAGE}`,
    );
    let page = ids(-1);
    if (page.length === 0) return;
    const held = arrays(
      this.#database,
      "SELECT message, count(*) FROM deliveries WHERE session = ? AND message IS NOT NULL GROUP BY message",
    );
    for (const key of this.#byKey.keys()) {
      for (const [message, count] of held(key)) this.#counts.add(number(message), number(count));
      await this.#breathe();
    }
    while (page.length > 0) {
      for (const [message] of page) this.#counts.found(number(message));
      await this.#breathe();
      page = ids(page[page.length - 1][0]);
    }
  }

  #state(row: Row): SessionState | undefined {
    return this.#byKey.get(number(row[0]));
  }

  #give(table: string, row: Row, give: (row: Row) => void): void {
    try {
      give(row);
    } catch (error) {
      if (!(error instanceof DamagedRow)) throw error;
      this.#damaged++;
      this.#damage ||= `${table}: ${error.message}`;
    }
  }

  async #breathe(): Promise<void> {
    if (performance.now() < this.#turnEnd) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#turnEnd = performance.now() + TURN;
  }
}

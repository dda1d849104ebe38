/**
 * The storage. What it is told is collected until a commit, which is one script: all of it is done, or none. While its
 * answer is awaited what is told belongs to the next one; what could not be done comes back in front of that.
 */

import { CodedTypeError } from "../../../src/core/errors.ts";
import type { Storage, StorageHost, StorageLoader } from "../../../src/storage/storage.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../../src/storage/records.ts";
import type { StorageError } from "../../../src/storage/error.ts";
import type { StoredMessage, StoredSysInfo } from "../../../src/storage/stored.ts";
import { Changes, RecentMessages, SessionState } from "./changes.ts";
import { commandsOf } from "./commands.ts";
import { promiseOf } from "./durability.ts";
import { Load } from "./load.ts";
import { Messages } from "./messages.ts";
import type { RedisSettings } from "./options.ts";
import { PendingQueue, waitingOf } from "./waiting.ts";
import { Writer } from "./writer.ts";

/** Messages that are remembered because many sessions share them, and their bytes. */
const REMEMBERED = 1000;
const REMEMBERED_BYTES = 1 << 22;

export class RedisDriver implements Storage {
  readonly name = "redis";
  readonly quarantined = null;
  promise: string;
  readonly #settings: RedisSettings;
  #host: StorageHost | null = null;
  #writer: Writer | null = null;
  #messages: Messages | null = null;
  #sessions: Map<string, SessionState> = new Map();
  readonly #recent: RecentMessages = new RecentMessages();
  #changes: Changes = new Changes();
  /** What a commit that is under way writes. */
  #sent: Changes | null = null;
  #committing: Promise<void> | null = null;
  #shared = 0;

  constructor(settings: RedisSettings) {
    this.#settings = settings;
    this.promise = promiseOf(settings, "unknown");
  }

  get failing(): StorageError | null {
    return this.#writer?.failing ?? null;
  }

  async open(host: StorageHost): Promise<void> {
    const writer = await Writer.open(this.#settings, host);
    this.#host = host;
    this.#writer = writer;
    this.promise = promiseOf(this.#settings, writer.durability);
    this.#messages = new Messages(writer, {
      prefix: this.#settings.prefix,
      count: REMEMBERED,
      bytes: REMEMBERED_BYTES,
    });
  }

  async load(loader: StorageLoader, window: number): Promise<void> {
    const { prefix, place } = this.#settings;
    const load = new Load(this.#opened().connection, prefix, loader);
    const { sessions, damaged, damage } = await load.run(window);
    this.#sessions = sessions;
    if (damaged > 0) {
      this.#host?.log(
        "error",
        `Cannot read ${damaged} records in Redis at "${place}", they are left out: ${damage}`,
        "storage-damaged",
      );
    }
  }

  putSession(record: SessionRecord): void {
    let state = this.#sessions.get(record.id);
    if (state === undefined) this.#sessions.set(record.id, state = new SessionState(record.id, false, 0));
    // Copied, here and below: the caller may go on changing what it gave.
    this.#changes.of(record.id).record = { ...record };
  }

  deleteSession(id: string): void {
    const state = this.#sessions.get(id);
    if (state === undefined) return;
    this.#sessions.delete(id);
    this.#changes.endSession(state);
  }

  putSubscription(sessionId: string, record: SubscriptionRecord): void {
    if (!this.#sessions.has(sessionId)) return;
    (this.#changes.of(sessionId).subscriptions ??= new Map()).set(record.filter, { ...record });
  }

  deleteSubscription(sessionId: string, filter: string): void {
    if (!this.#sessions.has(sessionId)) return;
    (this.#changes.of(sessionId).subscriptions ??= new Map()).set(filter, null);
  }

  putDelivery(sessionId: string, record: DeliveryRecord): void {
    const state = this.#sessions.get(sessionId);
    if (state === undefined) return;
    const { sequence, packetId, qos, retain, asPublished, released, identifiers, group } = record;
    const message = this.#recent.of(record.message);
    this.#changes.putDelivery(state, {
      sequence,
      packetId,
      qos,
      retain,
      asPublished,
      released,
      identifiers,
      group,
      message,
    });
  }

  sentDelivery(sessionId: string, sequence: number, packetId: number): void {
    const state = this.#sessions.get(sessionId);
    if (state !== undefined) this.#changes.changeDelivery(state, sequence, packetId, false);
  }

  releasedDelivery(sessionId: string, sequence: number): void {
    const state = this.#sessions.get(sessionId);
    if (state !== undefined) this.#changes.changeDelivery(state, sequence, -1, true);
  }

  deleteDelivery(sessionId: string, sequence: number): void {
    const state = this.#sessions.get(sessionId);
    if (state !== undefined) this.#changes.deleteDelivery(state, sequence);
  }

  putReceived(sessionId: string, packetId: number): void {
    this.#received(sessionId, packetId, true);
  }

  deleteReceived(sessionId: string, packetId: number): void {
    this.#received(sessionId, packetId, false);
  }

  #received(sessionId: string, packetId: number, there: boolean): void {
    if (!this.#sessions.has(sessionId)) return;
    (this.#changes.of(sessionId).received ??= new Map()).set(packetId, there);
  }

  putRetained(message: StoredMessage): void {
    // (What it was given may be an object with more in it.)
    this.#changes.retained.set(message.topic, message);
  }

  deleteRetained(topic: string): void {
    this.#changes.retained.set(topic, null);
  }

  putCounters(counters: StoredSysInfo): void {
    this.#changes.counters = { ...counters };
  }

  /** (That what was kept is gone is to be heard of with a commit.) */
  get dirty(): boolean {
    return !this.#changes.empty || this.#writer?.lost === true;
  }

  commit(): Promise<void> | void {
    if (!this.dirty) return;
    return this.#committing = this.#commit().finally(() => this.#committing = null);
  }

  async #commit(): Promise<void> {
    const writer = this.#opened();
    const sent = this.#sent = this.#changes;
    this.#changes = new Changes();
    this.#recent.forget();
    try {
      await writer.write((number) =>
        commandsOf(
          sent,
          number,
          (id) => this.#sessions.get(id),
          () => `${writer.id}${(++this.#shared).toString(36)}`,
        )
      );
    } catch (error) {
      this.#changes = Changes.joined(sent, this.#changes, this.#sessions);
      if ((error as StorageError).fault === "lost") this.#messages?.forget();
      throw error;
    } finally {
      this.#sent = null;
    }
  }

  waiting(
    sessionId: string,
    sequence: number,
    limit: number,
  ): readonly DeliveryRecord[] | Promise<readonly DeliveryRecord[]> {
    const state = this.#sessions.get(sessionId);
    if (state === undefined || this.#messages === null) return [];
    const pending = new PendingQueue(sessionId, [this.#sent, this.#changes], sequence);
    const queue = `${this.#settings.prefix}queue:${sessionId}`;
    return waitingOf(this.#opened(), this.#messages, { queue, state, pending, after: sequence, limit });
  }

  async close(): Promise<void> {
    const writer = this.#writer;
    if (writer === null) return;
    await this.#committing?.catch(() => {});
    writer.hurry();
    try {
      await this.commit();
    } finally {
      this.#writer = null;
      this.#messages = null;
      this.#sessions = new Map();
      this.#changes = new Changes();
      await writer.close();
    }
  }

  /** As if the process had died: nothing is sent any more, the lock stays as it is. */
  abandon(): void {
    this.#writer?.abandon();
    this.#writer = null;
    this.#messages = null;
  }

  #opened(): Writer {
    if (this.#writer === null) throw new CodedTypeError("storage-not-open", "The storage is not open");
    return this.#writer;
  }
}

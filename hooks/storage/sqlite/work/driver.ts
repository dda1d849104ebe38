/**
 * The storage. What it is told goes, as bytes, into one row of the journal with each commit, and stays in memory
 * until a checkpoint has brought it into the tables; what came and went in between never gets there.
 */

import type { DatabaseSync } from "node:sqlite";
import { CodedTypeError } from "../../../../src/core/errors.ts";
import type { Storage, StorageHost, StorageLoader } from "../../../../src/storage/storage.ts";
import type { MaybePromise } from "../../../../src/core/maybe_promise.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../../../src/storage/records.ts";
import type { StorageError } from "../../../../src/storage/error.ts";
import type { StoredMessage, StoredSysInfo } from "../../../../src/storage/stored.ts";
import type { Engine } from "./engine.ts";
import { faultOf } from "../disk/faults.ts";
import { JournalWriter } from "../journal/writer.ts";
import { Load } from "./load.ts";
import type { Lock } from "../disk/lock.ts";
import { RecentMessages } from "../pending/pending_message.ts";
import { promiseOf, type SqliteSettings } from "../options.ts";
import { Sessions } from "../pending/sessions.ts";
import { start } from "./start.ts";
import { QueueReader } from "./queue_reader.ts";
import type { WalAccess } from "../wal/file.ts";

/** With `sync: off`: this many bytes are written before their time. */
const BEHIND = 1 << 20;
/** Milliseconds for bringing everything into the tables at the end. */
const LAST_WORK = 1000;

export class SqliteDriver implements Storage {
  readonly name = "sqlite";
  readonly promise: string;
  quarantined: string | null = null;
  damage: string | null = null;
  readonly #settings: SqliteSettings;
  readonly #access: WalAccess | undefined;
  readonly #journal: JournalWriter = new JournalWriter();
  #host: StorageHost | null = null;
  #lock: Lock | null = null;
  #engine: Engine | null = null;
  #queues: QueueReader | null = null;
  #sessions: Sessions = new Sessions();
  #recent: RecentMessages = new RecentMessages(0);
  #told = false;
  /** With `sync: off`: when what waits is to be written, 0: nothing waits. */
  #writeAt = 0;
  #stopTimer: (() => void) | null = null;
  /** With `sync: full`: the commit under way, and the end. */
  #committing: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  /** `access`: what brings the write-ahead file to the disk with `sync: full`, if not the system. */
  constructor(settings: SqliteSettings, access?: WalAccess) {
    this.#settings = settings;
    this.#access = access;
    this.promise = promiseOf(settings);
  }

  /** Null: it is not open. */
  get database(): DatabaseSync | null {
    return this.#engine?.database ?? null;
  }

  get failing(): StorageError | null {
    return this.#engine?.failing ?? null;
  }

  async open(host: StorageHost): Promise<void> {
    const started = await start(this.#settings, host, this.#access);
    this.#host = host;
    this.#lock = started.lock;
    this.#engine = started.engine;
    this.#sessions = started.sessions;
    this.#recent = new RecentMessages(started.lastMessage);
    this.#queues = new QueueReader(started.engine.database);
    this.quarantined = started.quarantined;
    this.damage = started.damage;
    if (this.#settings.sync === "off") {
      this.#stopTimer = host.clock.every(this.#settings.window, () => this.#writeBehind());
    }
  }

  async load(loader: StorageLoader, window: number): Promise<void> {
    const { path } = this.#settings;
    const engine = this.#opened();
    try {
      const load = new Load(engine.database, this.#sessions, engine.counts, loader);
      const { damaged, damage } = await load.run(window);
      if (damaged > 0) {
        this.#host?.log(
          "error",
          `Cannot read ${damaged} rows of the database "${path}", they are left out: ${damage}`,
          "storage-damaged",
        );
      }
    } catch (error) {
      throw faultOf(error, { doing: "read the database", place: path });
    }
  }

  putSession(record: SessionRecord): void {
    const engine = this.#opened();
    const state = this.#sessions.get(record.id) ?? this.#sessions.begin(record.id);
    this.#told = true;
    this.#journal.putSession(state.key, record);
    engine.generation.putSession(state, record);
  }

  deleteSession(id: string): void {
    const state = this.#sessions.get(id);
    if (state === undefined) return;
    this.#told = true;
    this.#journal.deleteSession(state.key);
    this.#sessions.end(state);
    this.#opened().generation.endSession(state, false);
  }

  putSubscription(sessionId: string, record: SubscriptionRecord): void {
    const state = this.#sessions.get(sessionId);
    if (state === undefined) return;
    this.#told = true;
    this.#journal.putSubscription(state.key, record);
    this.#opened().generation.subscription(state, record.filter, record);
  }

  deleteSubscription(sessionId: string, filter: string): void {
    const state = this.#sessions.get(sessionId);
    if (state === undefined) return;
    this.#told = true;
    this.#journal.deleteSubscription(state.key, filter);
    this.#opened().generation.subscription(state, filter, null);
  }

  putDelivery(sessionId: string, record: DeliveryRecord): void {
    const state = this.#sessions.get(sessionId);
    if (state === undefined) return;
    this.#told = true;
    const message = this.#recent.of(record.message);
    this.#journal.putDelivery(state.key, record, message);
    this.#opened().generation.putDelivery(state, record, message);
  }

  sentDelivery(sessionId: string, sequence: number, packetId: number): void {
    const state = this.#sessions.get(sessionId);
    if (state === undefined) return;
    this.#told = true;
    this.#journal.sentDelivery(state.key, sequence, packetId);
    this.#opened().generation.sentDelivery(state, sequence, packetId);
  }

  releasedDelivery(sessionId: string, sequence: number): void {
    const state = this.#sessions.get(sessionId);
    if (state === undefined) return;
    this.#told = true;
    this.#journal.releasedDelivery(state.key, sequence);
    this.#opened().generation.releasedDelivery(state, sequence);
  }

  deleteDelivery(sessionId: string, sequence: number): void {
    const state = this.#sessions.get(sessionId);
    if (state === undefined) return;
    this.#told = true;
    this.#journal.deleteDelivery(state.key, sequence);
    this.#opened().generation.deleteDelivery(state, sequence);
  }

  putReceived(sessionId: string, packetId: number): void {
    this.#received(sessionId, packetId, true);
  }

  deleteReceived(sessionId: string, packetId: number): void {
    this.#received(sessionId, packetId, false);
  }

  putRetained(message: StoredMessage): void {
    this.#told = true;
    this.#journal.putRetained(this.#recent.of(message));
    this.#opened().generation.retain(message.topic, message);
  }

  deleteRetained(topic: string): void {
    this.#told = true;
    this.#journal.deleteRetained(topic);
    this.#opened().generation.retain(topic, null);
  }

  putCounters(counters: StoredSysInfo): void {
    this.#told = true;
    this.#journal.counters(counters);
    this.#opened().generation.counters = { ...counters };
  }

  get dirty(): boolean {
    return this.#told;
  }

  commit(): MaybePromise<void> {
    // (The end commits everything.)
    return this.#closing ?? this.#commitTold();
  }

  #commitTold(): MaybePromise<void> {
    if (!this.#told) return;
    const synced = this.#mayWait() ? null : this.#write();
    // (What is told from here on is part of the next one.)
    this.#told = false;
    if (synced !== null) return this.#committing = this.#durable(synced);
  }

  async #durable(synced: Promise<void>): Promise<void> {
    try {
      await synced;
    } catch (error) {
      // It is in the journal, but nobody knows whether on the disk: the next one has to look after it.
      this.#told = true;
      throw error;
    } finally {
      this.#committing = null;
    }
  }

  waiting(sessionId: string, sequence: number, limit: number): readonly DeliveryRecord[] {
    const state = this.#sessions.get(sessionId);
    if (state === undefined || this.#queues === null) return [];
    try {
      return this.#queues.of(state, sequence, limit);
    } catch (error) {
      throw faultOf(error, { doing: "read the database", place: this.#settings.path });
    }
  }

  get behind(): boolean {
    return this.#engine?.behind ?? false;
  }

  idle(): boolean {
    const engine = this.#engine;
    if (engine === null) return false;
    const frozen = engine.generation;
    const more = engine.idle(this.#journal.empty);
    if (engine.generation !== frozen) this.#recent.forget();
    return more;
  }

  close(): MaybePromise<void> {
    const engine = this.#engine;
    if (engine === null) return;
    this.#stopTimer?.();
    if (this.#settings.sync === "full") return this.#closing ??= this.#closeSynced(engine);
    try {
      if (!this.#journal.empty) this.#write();
      engine.finish(LAST_WORK);
    } finally {
      this.#end(engine);
    }
  }

  async #closeSynced(engine: Engine): Promise<void> {
    try {
      // (How that ended hears who began it.)
      await this.#committing?.catch(() => {});
      while (this.#told) await this.#commitTold();
      engine.finish(LAST_WORK);
    } finally {
      this.#closing = null;
      this.#end(engine);
    }
  }

  #end(engine: Engine): void {
    this.#engine = null;
    this.#queues = null;
    this.#sessions = new Sessions();
    this.#recent.forget();
    this.#told = false;
    try {
      engine.close();
    } finally {
      this.#lock?.release();
      this.#lock = null;
    }
  }

  #received(sessionId: string, packetId: number, there: boolean): void {
    const state = this.#sessions.get(sessionId);
    if (state === undefined) return;
    this.#told = true;
    this.#journal.received(state.key, packetId, there);
    this.#opened().generation.received(state, packetId, there);
  }

  /** With `sync: off`, within the window, and as long as nothing fails. */
  #mayWait(): boolean {
    if (this.#settings.sync !== "off" || this.failing !== null || this.#journal.size >= BEHIND) return false;
    const now = this.#host!.clock.monotonic();
    if (this.#writeAt === 0) this.#writeAt = now + this.#settings.window;
    return now < this.#writeAt;
  }

  #writeBehind(): void {
    // (What was told and not committed yet is not to be told alone.)
    if (this.#journal.empty || this.#told) return;
    try {
      this.#write();
    } catch {
      // It is in `failing`, and the next commit tries again.
    }
  }

  /** What is to be waited for; null: nothing. */
  #write(): Promise<void> | null {
    const engine = this.#opened();
    engine.write(this.#journal.rows());
    this.#journal.reset();
    this.#writeAt = 0;
    // First: the other work needs no less time beside it.
    const synced = engine.sync();
    const frozen = engine.generation;
    engine.relieve();
    if (engine.generation !== frozen) this.#recent.forget();
    return synced;
  }

  #opened(): Engine {
    if (this.#engine === null) throw new CodedTypeError("storage-not-open", "The storage is not open");
    return this.#engine;
  }
}

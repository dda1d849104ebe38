/**
 * Where the state of persistent sessions and retained messages is kept. A storage is told of each change as it
 * happens and asked once in a while to make them durable: nothing is acknowledged to a client before the
 * `commit` that contains it has succeeded.
 *
 * All times are milliseconds since 1970 less the `clockOffset` of the counters, which is 0 until the machine's clock is set:
 * a storage gives back the numbers it was told, and that of the counters with them.
 *
 * To write one: implement this interface, and give it to the server as `storage` of a hook. The suite in
 * `tests/storage/suite.ts` says whether it keeps its promises.
 */

import type { ErrorCode } from "../core/codes.ts";
import type { Clock } from "../core/clock.ts";
import type { MaybePromise } from "../core/maybe_promise.ts";
import type { LogLevel } from "../core/log.ts";
import type { StorageError } from "./error.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "./records.ts";
import type { StoredMessage, StoredSysInfo } from "./stored.ts";

/** What a storage is given of its server. */
export interface StorageHost {
  /** The server's clock: the machine's, or what the program has put in its place. */
  readonly clock: Clock;
  /** A line in the server's log. `code`: of the error that it was made from, which it then ends with. */
  log(level: LogLevel, text: string, code?: ErrorCode | null): void;
}

/** How the storage of a server is. */
export interface StorageStatus {
  /** `memory`, `sqlite`, `redis`. */
  readonly name: string;
  /** What an acknowledgement promises, in one line. */
  readonly promise: string;
  /** Why it cannot be written at the moment, so that QoS 1 and 2 are refused; null: it can. */
  readonly failing: string | null;
  /** Where damaged data was put aside at start; null: there was none. */
  readonly quarantined: string | null;
  /** What was found damaged or missing at start, in one sentence; not there: nothing. */
  readonly damage?: string;
}

/** Is given what was kept, by `Storage.load`. */
export interface StorageLoader {
  /** A session; what belongs to it comes later. */
  session(record: SessionRecord): void;
  /** Of a session that was given before; so below. */
  subscription(sessionId: string, record: SubscriptionRecord): void;
  /** In the order of their sequence. Those with a packet id all; those that wait as many as the server asked for. */
  delivery(sessionId: string, record: DeliveryRecord): void;
  /**
   * How many wait in all, and their bytes as `sizeOf` says, when not all of them are given; `lastSequence`: of all
   * deliveries of the session.
   */
  waiting(sessionId: string, count: number, bytes: number, lastSequence: number): void;
  /** A QoS 2 publish from the client that waits for PUBREL. */
  received(sessionId: string, packetId: number): void;
  /** A retained message. */
  retained(message: StoredMessage): void;
  /** Those that were told last. */
  counters(counters: StoredSysInfo): void;
}

/**
 * Keeps sessions, subscriptions, what is on its way, and retained messages. The methods that change something
 * return at once and never throw; what they were told takes effect, all of it or nothing, with the next `commit`.
 * Each of them may be told twice, or of something that is not there: then nothing happens. The caller may go on changing
 * a record that it gave, but not a message, a payload or a list in it. Fields of a message may be accessors: a copy
 * made with `...`, or `JSON.stringify`, lacks them.
 */
export interface Storage {
  /** `memory`, `sqlite`, `redis`: for messages. */
  readonly name: string;
  /** What is promised, in one line, for the log at start. */
  readonly promise: string;
  /**
   * What keeps it from being written, null while nothing does: the last `commit` failed, or the work in pauses did. As
   * long as it is set, what has to be acknowledged after a commit is better refused.
   */
  readonly failing: StorageError | null;
  /** Where damaged data was put aside when it was opened; null: there was none. */
  readonly quarantined: string | null;
  /** What was found damaged or missing when it was opened, in one sentence; null, or not there: nothing. */
  readonly damage?: string | null;

  /** Before anything else. Throws a StorageError whose message says what is wrong and what to do about it. */
  open(host: StorageHost): MaybePromise<void>;
  /**
   * Gives everything that was kept, in small steps where it takes long; `window`: waiting deliveries per session.
   * Nothing is told and nothing asked until it is done.
   */
  load(loader: StorageLoader, window: number): MaybePromise<void>;

  /** A session is new, or something in its record has changed. */
  putSession(record: SessionRecord): void;
  /** It is over, with everything that belongs to it. */
  deleteSession(id: string): void;
  /** A new subscription, or one that takes the place of that with the same filter. */
  putSubscription(sessionId: string, record: SubscriptionRecord): void;
  /** Unsubscribed; `filter` as it was subscribed to. */
  deleteSubscription(sessionId: string, filter: string): void;
  /** A message is on its way: queued or sent. */
  putDelivery(sessionId: string, record: DeliveryRecord): void;
  /** What waited was sent under this packet id. */
  sentDelivery(sessionId: string, sequence: number, packetId: number): void;
  /** PUBREC has come. */
  releasedDelivery(sessionId: string, sequence: number): void;
  /** It was delivered, or dropped. */
  deleteDelivery(sessionId: string, sequence: number): void;
  /** A QoS 2 publish of the client's was accepted. */
  putReceived(sessionId: string, packetId: number): void;
  /** PUBREL has come. */
  deleteReceived(sessionId: string, packetId: number): void;
  /** The retained message of its topic. */
  putRetained(message: StoredMessage): void;
  /** Nothing is retained for the topic any more. */
  deleteRetained(topic: string): void;
  /** All of them, now and then; every field is a whole number, and some may be less than 0. All are to be kept. */
  putCounters(counters: StoredSysInfo): void;

  /** Something was told since the last `commit`. */
  readonly dirty: boolean;
  /**
   * Makes durable what was told so far. When it returns, or its promise resolves, what the changes acknowledge may
   * be acknowledged. Throws, or rejects with, a StorageError when that could not be done; the changes are not lost
   * then but part of the next `commit`. Never called while one is under way.
   *
   * The fault `lost` says, once, that what earlier commits had made durable is gone. The storage is empty then, but for
   * the changes that it still holds, and goes on: the server tells everything it has in memory again.
   */
  commit(): MaybePromise<void>;
  /**
   * The deliveries that wait (packet id 0) after `sequence`, at most `limit`, in order: for a server that does not
   * keep long queues in memory. What was told since the last `commit` is in it; what is told after the call, the end of
   * the session for example, is not.
   */
  waiting(sessionId: string, sequence: number, limit: number): MaybePromise<readonly DeliveryRecord[]>;
  /**
   * Work that can wait: called in pauses, at least once a second, for a millisecond or two. True: there is more to do.
   * Never throws; what fails is in `failing`.
   */
  idle?(): boolean;
  /**
   * It was told more than it can put in order as quickly: who has more to tell is made to wait, and `idle` is called
   * until it has caught up. Left out: never.
   */
  readonly behind?: boolean;
  /** Commits and closes; a second time it does nothing. */
  close(): MaybePromise<void>;
}

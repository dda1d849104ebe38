/**
 * The broker itself: holds the parts together. What happens to a packet stands in `receive/`, what a session
 * does in `../session/`; this file only connects them.
 */

import { faultIn } from "../core/log/fault.ts";
import { LOCAL_LISTENER } from "../hook/client.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { textOf } from "../core/error_text.ts";
import { EventLog } from "../core/event_log.ts";
import { checkedReason } from "../hook/checked_answers.ts";
import type { Hook, HookHost } from "../hook/hook.ts";
import { isPromise, type MaybePromise } from "../core/maybe_promise.ts";
import { Hooks } from "../hook/dispatcher.ts";
import { Reasons } from "../packets/reason.ts";
import type { SubscribeOptions } from "../packets/types.ts";
import type { ByteStream } from "../runtime/stream.ts";
import type { SessionHost } from "../session/host.ts";
import type { Session } from "../session/session.ts";
import { SubscriptionIndex } from "../topics/subscription_index.ts";
import { Admission } from "./connection/admission.ts";
import { Lateness } from "../core/lateness.ts";
import { ListenerCounts } from "../core/figures/listener_counts.ts";
import { LOAD_STEP_MS, Loads } from "../core/figures/loads.ts";
import { PublishTimes } from "../core/figures/publish_times.ts";
import { OutboundAliases } from "./connection/outbound_aliases.ts";
import { Overload } from "../core/overload.ts";
import { BufferPool } from "../core/buffer_pool.ts";
import { lookAtClock } from "./recovery/clock_set.ts";
import { Distributor } from "./delivery/distribute.ts";
import { Input } from "./receive/input.ts";
import { Connection, type ConnectionHost } from "./connection/connection.ts";
import { disconnectThose, rightsChanged } from "./connection/revoke.ts";
import { Deadlines } from "../core/deadlines.ts";
import { tellWithheld } from "./ends/refused.ts";
import { TakeOvers } from "./ends/take_overs.ts";
import type { LogLevelsOf } from "../core/log/levels.ts";
import {
  type Capabilities,
  type ChangeableOptions,
  changedLimits,
  type Limits,
  type LogLevel,
  type PartialServerOptions,
  resolveOptions,
  type ServerOptions,
} from "../core/options.ts";
import type { StorageKeeper } from "./durability/keeper.ts";
import { BackPressure } from "./delivery/back_pressure.ts";
import { Retained } from "./delivery/retained.ts";
import { RetainedBacklog } from "./connection/retained_backlog.ts";
import type { Subscriber } from "./delivery/routes.ts";
import { cutQueues } from "./sessions/cut_queues.ts";
import { sessionHost } from "./sessions/session_host.ts";
import { Sessions } from "./sessions/sessions.ts";
import { Stats } from "../core/stats.ts";
import type { QueueCut } from "../core/queue_cut.ts";
import { Slices } from "../core/slices.ts";
import { publishSysTopics } from "./sys_topics.ts";
import { Sweeper } from "./sessions/sweeper.ts";
import { Timeline } from "../core/timeline.ts";
import { Turn } from "../core/turn.ts";
import { willDelay, Wills } from "./sessions/wills.ts";

/** How often deadlines are looked at. */
const TICK_MS = 250;
/** How late the event loop may be before a line says so, and the time between two of them. */
const WORTH_SAYING_MS = 1000;
const BETWEEN_LATE_MS = 60_000;
/** How long a no of access control that failed may be remembered. */
const DOUBT_MS = 10_000;
/** How long a hook may take to answer. */
const HOOK_TIMEOUT_MS = 5000;
/** The same when the broker stops: the whole of that takes less than five seconds. */
const STOP_HOOK_MS = 1500;
/** And for hooks that are asked about the wills of that moment. */
const STOP_WILL_MS = 500;

export class Broker implements ConnectionHost {
  readonly options: ServerOptions;
  readonly capabilities: Capabilities;
  readonly limits: Limits;
  readonly clock: Timeline;
  /** The machine's, or what the program has put in its place: what hooks are given. */
  readonly #machine: Clock;
  readonly events: EventLog;
  readonly stats: Stats = new Stats();
  readonly hooks: Hooks;
  readonly pool: BufferPool = new BufferPool();
  readonly turn: Turn = new Turn((error) => {
    this.events.tell("internal-error", faultIn("the end of a turn", error));
  }, (milliseconds) => this.lateness.worked(milliseconds, () => "a commit of the storage"));
  readonly subscriptions: SubscriptionIndex<Subscriber> = new SubscriptionIndex<Subscriber>();
  readonly distributor: Distributor;
  readonly sessions: Sessions;
  readonly retained: Retained;
  readonly wills: Wills;
  readonly deadlines: Deadlines;
  readonly pressure: BackPressure;
  readonly admission: Admission;
  readonly takeOvers: TakeOvers;
  /** Who may go on working in this turn of the event loop. */
  readonly slices: Slices;
  readonly lateness: Lateness;
  readonly publishTimes: PublishTimes = new PublishTimes(this.turn, () => this.clock.monotonic());
  readonly byListener: ListenerCounts = new ListenerCounts();
  readonly loads: Loads;
  readonly overload: Overload = new Overload(this);
  #lateAt = -Infinity;
  readonly sweeper: Sweeper;
  readonly sessionHost: SessionHost<Session>;
  /** What outlives the process; null: nothing does. */
  persistence: StorageKeeper | null = null;
  readonly connections: Set<Connection> = new Set();
  /** Client ids that may not connect. */
  readonly blocked: Set<string> = new Set();
  /** Above it a connection counts as congested, below `lowWater` no more. */
  readonly highWater: number;
  /** Above it not even a little is added. */
  readonly fullWater: number;
  readonly lowWater: number;
  /** What the program that embeds the server does with it; it ends when the clients have. */
  program: { readonly busy: boolean; end(): void } | null = null;
  #stops: (() => void)[] = [];
  #logLevel: LogLevel | "off";
  #logLevels: LogLevelsOf;

  constructor(given: PartialServerOptions = {}) {
    this.options = resolveOptions(given);
    this.capabilities = this.options.capabilities;
    this.limits = { ...this.options.limits };
    this.#machine = this.options.clock ?? systemClock;
    this.clock = new Timeline(this.#machine);
    const { log, logLevel, logLevels } = this.options;
    this.#logLevel = logLevel;
    this.#logLevels = logLevels;
    this.events = new EventLog(log, logLevel, this.clock, logLevels);
    this.lateness = new Lateness(this.clock);
    this.loads = new Loads(this.stats, this.byListener, () => this.clock.monotonic());
    this.slices = new Slices(this.limits, {
      failed: (error) => this.events.tell("internal-error", faultIn("work that was to go on", error)),
      worked: (milliseconds, name) => this.lateness.worked(milliseconds, name),
    }, () => this.clock.monotonic());
    this.highWater = this.limits.outgoingBytes >> 1;
    this.fullWater = this.highWater + (this.highWater >> 1);
    this.lowWater = this.limits.outgoingBytes >> 3;
    this.hooks = new Hooks((hook, method, error) => {
      this.stats.refused.hook++;
      this.events.tell("hook-failed", { hook: hook.id, method, error: textOf(error) });
    }, HOOK_TIMEOUT_MS);
    if (this.events.wantsCode("delivery-withheld")) {
      this.hooks.withheld = (client, topic) => tellWithheld(this, client, topic);
    }
    this.retained = new Retained(this);
    this.pressure = new BackPressure(this.clock);
    this.distributor = new Distributor(this, this.subscriptions, this.retained);
    this.wills = new Wills(this);
    this.takeOvers = new TakeOvers(this);
    this.sweeper = new Sweeper(this.clock);
    this.sessions = new Sessions(this);
    this.deadlines = new Deadlines(this.clock.monotonic());
    this.admission = new Admission(this);
    this.sessionHost = sessionHost(this);
  }

  /** What may change while it runs, does. Throws as `resolveOptions`, and then nothing has changed. */
  change(given: ChangeableOptions): void {
    const limits: { -readonly [K in keyof Limits]: Limits[K] } = this.limits;
    Object.assign(limits, changedLimits(this.limits, given));
    sessionHost(this, this.sessionHost);
    this.overload.limitChanged();
    this.#logLevel = given.logLevel ?? this.#logLevel;
    this.#logLevels = given.logLevels ?? this.#logLevels;
    this.events.setLevels(this.#logLevel, this.#logLevels);
  }

  /** Takes about so many bytes out of the largest queues. */
  cutQueues(bytes: number): QueueCut {
    return cutQueues(this.sessions.all(), bytes);
  }

  /** At the end, or in the place of another one. */
  addHook(hook: Hook, instead?: Hook): void {
    this.hooks.add(hook, instead);
    this.#hooksChanged();
  }

  swapHooks(hooks: readonly Hook[], replacements: readonly Hook[]): void {
    this.hooks.swap(hooks, replacements);
    this.#hooksChanged();
  }

  removeHook(hook: Hook): boolean {
    const removed = this.hooks.remove(hook);
    this.#hooksChanged();
    return removed;
  }

  #hooksChanged(): void {
    sessionHost(this, this.sessionHost);
    for (const connection of this.connections) connection.updateRaw();
  }

  /** The server as this hook sees it. */
  hostFor(hook: Hook): HookHost {
    const { capabilities, limits, events } = this;
    const code = hook.storage === undefined ? "hook-says" : "storage-says";
    return {
      capabilities,
      limits,
      clock: this.#machine,
      log: (level, text, errorCode) =>
        events.note(code, {
          hook: hook.id,
          detail: `Hook "${hook.id}": ${text}`,
          errorCode: errorCode ?? undefined,
        }, level),
      accessChanged: (which) => rightsChanged(this, this.connections, which),
      disconnect: (which, reason, detail) =>
        disconnectThose(this.connections, which, checkedReason(reason), { hook: hook.id, detail }),
      stats: this.stats,
    };
  }

  /** A hook wants nothing of who comes from there: counted, and told. */
  refusesAddress(address: string, listener: string): boolean {
    if (this.hooks.on.onAccept.length === 0) return false;
    const hook = this.hooks.refusing(address, listener);
    if (hook === null) return false;
    this.stats.refused.banned++;
    this.events.tell("address-refused", { address, listener, hook: hook.id, method: "onAccept" });
    return true;
  }

  /** What an earlier run left is there. */
  get started(): boolean {
    return this.#stops.length > 0;
  }

  /** Starts the clockwork. */
  start(): void {
    this.#stops.push(this.clock.every(TICK_MS, () => {
      lookAtClock(this);
      this.lateness.look();
      this.deadlines.run(this.clock.monotonic());
      this.events.tick();
    }));
    this.#stops.push(this.lateness.start((milliseconds) => this.#late(milliseconds)));
    this.#stops.push(this.overload.start());
    this.loads.begin();
    this.#stops.push(this.clock.every(LOAD_STEP_MS, () => this.loads.step()));
    this.#stops.push(this.clock.every(DOUBT_MS, () => this.hooks.forgetFailures()));
    const seconds = this.options.sysTopicInterval;
    if (seconds > 0) {
      publishSysTopics(this);
      this.#stops.push(this.clock.every(seconds * 1000, () => publishSysTopics(this)));
    }
  }

  /** The event loop stood still. Said once a minute. */
  #late(milliseconds: number): void {
    const now = this.clock.monotonic();
    if (milliseconds < WORTH_SAYING_MS || now < this.#lateAt + BETWEEN_LATE_MS) return;
    this.#lateAt = now;
    const { longest } = this.lateness;
    const detail = longest === null
      ? `${
        Math.round(milliseconds)
      } ms; no work took long: the machine was paused, or has too little memory or time`
      : `${Math.round(milliseconds)} ms; the longest work took ${
        Math.round(longest.milliseconds)
      } ms, ${longest.what}`;
    this.events.tell("event-loop-late", { detail, size: Math.round(milliseconds) });
  }

  /** A listener accepted a stream. `aliases`: what the listener says instead of `topicAliasMaximumOut`. */
  accept(stream: ByteStream, listener: string, aliases?: number): Connection {
    const connection = this.#connection(stream, listener);
    if (aliases !== undefined) connection.outboundMaximum = aliases;
    if (this.refusesAddress(stream.remoteAddress, listener)) {
      connection.turnAway();
      return connection;
    }
    if (this.admission.overrun) {
      this.stats.refused.connections++;
      connection.abandon(this.admission.full());
      return connection;
    }
    connection.refusal = this.admission.refuse(stream.remoteAddress);
    this.#take(connection);
    return connection;
  }

  /** A client the program makes itself: it need not say who it is. `inline`: access control is not asked about it. */
  acceptLocal(stream: ByteStream, inline: boolean): Connection {
    const connection = this.#connection(stream, LOCAL_LISTENER);
    connection.admitted = true;
    connection.inline = inline;
    this.#take(connection);
    return connection;
  }

  #connection(stream: ByteStream, listener: string): Connection {
    this.byListener.accepted(listener);
    return new Connection(this, stream, listener, (connection) => new Input(connection));
  }

  #take(connection: Connection): void {
    this.connections.add(connection);
    this.stats.connections++;
    this.byListener.open(connection.listener, 1);
    this.deadlines.add(connection.lifetime, this.clock.monotonic() + this.limits.connectTimeout);
  }

  /** The stream of a connection is closed. */
  gone(connection: Connection): void {
    if (!this.connections.delete(connection)) return;
    this.stats.connections--;
    this.byListener.open(connection.listener, -1);
  }

  /** Sends the retained messages of a new subscription. */
  replayRetained(connection: Connection, options: SubscribeOptions): void {
    const subscription = connection.session?.subscriptions.get(options.filter);
    if (subscription === undefined) return;
    connection.retained ??= new RetainedBacklog(connection);
    connection.retained.add(subscription);
  }

  allowAliases(connection: Connection, clientMaximum: number): void {
    const most = Math.min(clientMaximum, connection.outboundMaximum);
    if (most > 0) connection.outboundAliases = new OutboundAliases(most);
  }

  /**
   * Says good-bye to everyone: wills that are due now, DISCONNECT 0x8B to MQTT 5 clients, and waits at most
   * `patience` milliseconds for them to take it.
   */
  async stop(patience: number): Promise<void> {
    this.sweeper.stop();
    for (const stop of this.#stops) stop();
    this.#stops = [];
    const wills: MaybePromise<void>[] = [];
    for (const connection of [...this.connections]) {
      const { session, will } = connection;
      if (session !== null && will !== null && willDelay(session, will) === 0) {
        connection.will = null;
        wills.push(this.wills.publish(session, will));
      }
    }
    // (Hooks may need a moment for them; without hooks nothing is waited for.)
    if (wills.some(isPromise)) await this.hooks.limit(Promise.all(wills), STOP_WILL_MS).catch(() => {});
    for (const connection of [...this.connections]) {
      // A will that was to wait is not published because we stop: it waits on where the session is kept.
      if (connection.session?.kept !== true) connection.will = null;
      connection.disconnect(Reasons.serverShuttingDown, { code: "server-closing" });
    }
    const until = performance.now() + patience;
    while ((this.connections.size > 0 || this.program?.busy === true) && performance.now() < until) {
      await new Promise((done) => setTimeout(done, 10));
    }
    for (const connection of [...this.connections]) connection.stream.destroy();
    this.program?.end();
    this.hooks.end();
    await Promise.all(this.hooks.all.map((hook) => this.hooks.stop(hook, STOP_HOOK_MS)));
    this.events.end();
  }
}

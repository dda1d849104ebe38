/** The server as an embedding program sees it: a broker and the listeners its clients come in through. */

import { clearTimeout, setTimeout } from "../runtime/timers.ts";
import { CodedError, CodedTypeError } from "../core/errors.ts";
import { Broker } from "../broker/broker.ts";
import type { ChangeableOptions, PartialServerOptions } from "../core/options.ts";
import type { Stats } from "../core/stats.ts";
import { systemInfo } from "../broker/system_info.ts";
import type { SystemInfo } from "../core/system_info.ts";
import type { LatenessFigures } from "../core/lateness.ts";
import type { Figures } from "../core/figures/figures.ts";
import type { MemoryFigures } from "../core/overload.ts";
import { closeStorage, openStorage } from "../broker/recovery/open_storage.ts";
import { restoreFromHooks } from "../broker/recovery/from_hooks.ts";
import type { ExplainRequest, Explanation } from "../broker/explain/types.ts";
import { type Client, LOCAL_LISTENER } from "../hook/client.ts";
import { checkInstance, checkText } from "../core/misuse.ts";
import type { Hook, MessageInfo } from "../hook/hook.ts";
import { checkHook } from "../hook/shape.ts";
import { HookError } from "../hook/error.ts";
import {
  connectedClient,
  connectedClients,
  disconnectClient,
  injectFor,
  retainedMessages,
  unsubscribeClient,
} from "../inline/clients.ts";
import { InlineClient } from "../inline/inline_client.ts";
import type { LocalClient, LocalClientOptions } from "../inline/local_client.ts";
import { connectLocal } from "../inline/local_connection.ts";
import { type InlinePublishOptions, NONE } from "../inline/publish_request.ts";
import type { InlineHandler, InlineSubscribeOptions, InlineSubscription } from "../inline/subscription.ts";
import { checkListener, checkStream } from "../listeners/check.ts";
import type { Listener } from "../listeners/listener.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import type { Packet } from "../packets/types.ts";
import type { ByteStream, StreamHandler } from "../runtime/stream.ts";
import type { StorageStatus } from "../storage/storage.ts";
import { ServerHooks } from "./hook_life.ts";
import { ListenerChanges, type RemoveOptions, type Replaced } from "./listener_changes.ts";
import { isForClients, ServerListeners } from "./listener_life.ts";

/** How long clients may take to accept their DISCONNECT and what waited before it. */
const PATIENCE_MS = 2000;
/** After it `close` returns, whatever hooks and listeners still wait for. */
const CLOSE_MS = 4000;

type State = "new" | "serving" | "closed";

/**
 * An MQTT broker with its listeners. Several servers in one process are independent of one another.
 *
 * Nobody is let in until a hook says so: add `AllowAll`, or a hook with `onConnectAuthenticate` and
 * `onAclCheck`.
 *
 * ```ts
 * await using server = new Server();
 * server.addHook(new AllowAll());
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 */
export class Server implements AsyncDisposable {
  readonly #broker: Broker;
  readonly #hooks: ServerHooks;
  readonly #inline: InlineClient;
  readonly #listeners: ServerListeners;
  readonly #changes: ListenerChanges;
  #state: State = "new";
  #closing: Promise<void> | null = null;

  /**
   * What is left out is as in `defaultCapabilities` and `defaultLimits`. Throws a TypeError for options there are none of,
   * or of another type, and a RangeError for values that are out of range.
   */
  constructor(options: PartialServerOptions = {}) {
    this.#broker = new Broker(options);
    this.#hooks = new ServerHooks(this.#broker);
    this.#inline = new InlineClient(this.#broker);
    this.#listeners = new ServerListeners(this.#broker);
    this.#changes = new ListenerChanges(this.#broker, this.#listeners);
  }

  /**
   * Changes limits and log levels while it runs, from now on: connections and sessions that are above a new limit stay, nothing
   * more is added to them. What is left out stays as it is. Throws a TypeError for what there is none of or can't change, and
   * a RangeError for values that are out of range; then nothing has changed.
   *
   * ```ts
   * server.change({ limits: { connections: 50_000 }, logLevel: "debug" });
   * ```
   */
  change(options: ChangeableOptions): void {
    this.#broker.change(options);
  }

  /** The listeners in the order in which they were added; once open, with their bound addresses. */
  get listeners(): readonly Listener[] {
    return this.#listeners.all;
  }

  /** The live counters. */
  get stats(): Readonly<Stats> {
    return this.#broker.stats;
  }

  /** The server's figures at this moment. */
  info(): SystemInfo {
    return systemInfo(this.#broker);
  }

  /** How late its event loop was in the last minute, and what took longest. */
  get lateness(): LatenessFigures {
    return this.#broker.lateness.figures;
  }

  /** How much memory it occupies, and whether `limits.memory` makes it refuse anything. */
  get memory(): MemoryFigures {
    return this.#broker.overload.figures;
  }

  /** How long things take, what came in where, and whether clients may come. */
  get figures(): Figures {
    return this.#listeners.figures;
  }

  /** How its storage is, from `serve` on; null: it has none, everything is in memory. */
  get storage(): StorageStatus | null {
    return this.#broker.persistence?.status ?? null;
  }

  /** In the order in which they are asked. */
  get hooks(): readonly Hook[] {
    return this.#broker.hooks.all;
  }

  /**
   * Adds a hook after those that are there, also while running: then it is asked as soon as its `init` is done.
   * Before `serve` there is no need to await it. Fails with a TypeError when it is no hook: a class, without an id, with
   * the id of another one, or with a method that is misspelt; with a `HookError` when it is there already, when its
   * `init` fails, or when the server is closed.
   */
  async addHook(hook: Hook): Promise<void> {
    checkHook(hook);
    if (this.#ended) {
      throw new HookError(`Cannot add hook "${hook.id}": the server is closed`, hook.id, {
        code: "server-closed",
      });
    }
    await this.#hooks.add(hook);
  }

  /** Removes it and lets it end (`onStopped`); at once it is asked no more. False when it was not there. */
  removeHook(hook: Hook): Promise<boolean> {
    return this.#hooks.remove(hook);
  }

  /** Puts a hook in the place of another one, without a moment in which neither is asked. */
  async replaceHook(hook: Hook, replacement: Hook): Promise<void> {
    checkInstance("Cannot replace a hook", hook);
    checkHook(replacement);
    if (this.#ended) {
      throw new HookError(`Cannot add hook "${replacement.id}": the server is closed`, replacement.id, {
        code: "server-closed",
      });
    }
    await this.#hooks.replace(hook, replacement);
  }

  /**
   * Puts these hooks in the place of those, all at once: there is no moment in which only some of them are asked, and whoever waits for
   * an answer of one that goes, about a connection or a right, is asked about again. Hooks that are in both lists stay as they are;
   * new ones get ready before. Fails like `addHook`, and when one of the first list is not there; then everything stays as it was.
   */
  async replaceHooks(hooks: readonly Hook[], replacements: readonly Hook[]): Promise<void> {
    for (const hook of replacements) checkHook(hook);
    if (this.#ended) {
      const [first] = replacements;
      throw new HookError(`Cannot replace hooks: the server is closed`, first?.id ?? "", {
        code: "server-closed",
      });
    }
    await this.#hooks.swap(hooks, replacements);
  }

  /**
   * Adds a listener; while the server is running it is opened at once. Fails with a TypeError when it is no listener, and
   * with a `ListenerError` when its id or its address is taken by another one of this server or it cannot be opened.
   */
  async addListener(listener: Listener): Promise<void> {
    checkListener(listener);
    if (this.#state === "closed") {
      throw new CodedError("server-closed", `Cannot add listener "${listener.id}": the server is closed`);
    }
    this.#listeners.add(listener);
    if (!this.#changes.started) return;
    if (isForClients(listener)) this.#hooks.warnOfNobody();
    await this.#changes.open(listener);
  }

  /**
   * Removes a listener, by itself or its id: it stops accepting, and its address is free when the promise is settled. Clients
   * that are connected stay until they leave, unless `closeClients` says otherwise. False when it was not there. Fails with a
   * `ListenerError` while it is being opened or replaced.
   */
  async removeListener(listener: Listener | string, options: RemoveOptions = {}): Promise<boolean> {
    return await this.#changes.remove(listener, options);
  }

  /**
   * Puts a listener in the place of another one, given by itself or its id, mostly to change settings while running. At another
   * address it is opened before the other one is closed. At the same one it goes on with what that one has open, where only
   * certificates change and what is asked of each connection (`"kept"`); what cannot be changed like that, TLS instead of none
   * for example, needs a moment in which the address is closed (`"reopened"`). Clients that are connected stay in any case.
   * When it cannot be opened the other one stays, or is opened again, and it fails with a `ListenerError`.
   */
  async replaceListener(listener: Listener | string, replacement: Listener): Promise<Replaced> {
    return await this.#changes.replace(listener, replacement);
  }

  /** Opens the listeners. When one cannot be opened, the server closes and the `ListenerError` is thrown. */
  async serve(): Promise<void> {
    if (this.#state !== "new") {
      throw new CodedError(
        "server-running",
        `Cannot serve: the server is ${this.#state === "closed" ? "closed" : "running already"}`,
      );
    }
    this.#state = "serving";
    try {
      await this.#hooks.start();
      await openStorage(this.#broker);
      await restoreFromHooks(this.#broker);
      if (this.#ended) throw new CodedError("server-closed", "Cannot serve: the server was closed meanwhile");
      this.#broker.start();
      this.#inline.open();
      await this.#changes.openAll();
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#listeners.forClients) this.#hooks.warnOfNobody();
    this.#broker.hooks.notify("onStarted");
  }

  /**
   * Publishes as the program itself: client id `inline`, listener `local`. Access control is not asked, and
   * `$SYS/...` may be published to. Hooks are (`onPublish`), and `qos` is the highest QoS with which subscribers
   * get it. What is published is delivered in the order of the calls, also while a hook takes its time; so an
   * `onPublish` hook must not wait for a publish of its own when it was asked about one of the program's.
   *
   * Answers what became of it: `Reasons.success`; `noMatchingSubscribers`; `quotaExceeded`: there is no room to
   * retain it, memory is short (`limits.memory`), or, in QoS 1 and 2, the storage could not keep it, and it may arrive or not; `serverShuttingDown`:
   * the server was closed before access control had said who may receive it; or what a hook refused it with. It does not
   * wait for subscribers that are slow. With QoS 1 and 2 it waits for the commit: what is answered with success is kept
   * for those it is kept for, as what a client is acknowledged. Before `serve` it is held until the server has its data,
   * published before a listener opens, and answered with success at once.
   *
   * A payload is the caller's again when the call returns: what has to be kept of it is copied by then. Rejects with
   * a TypeError or RangeError when the topic is empty, has wildcards or is longer than `limits.topicLength`, and for
   * options that are none; with an Error when the server is closed, which who does not wait need not catch.
   */
  publish(
    topic: string,
    payload: string | Uint8Array,
    options: InlinePublishOptions = NONE,
  ): Promise<Reason> {
    const reason = this.#inline.publish(topic, payload, options);
    // (A hook that publishes who has gone, without waiting for it, must not end the program when the server closes.)
    if (this.#ended) reason.catch(() => {});
    return reason;
  }

  /**
   * Subscribes the program itself; `$share/group/filter` shares with clients. Access control is not asked. Each
   * subscription gets its own copy, in order and soon after the publish, with those retained first unless it says
   * otherwise. While its handler is behind, up to `limits.queuedMessages` and `limits.queuedBytes` wait for it; then
   * some are dropped as `queueFull` says, counted, and told to `onPublishDropped`. The same filter and `id` again
   * replace the handler. Throws a TypeError or RangeError when that is no filter, an Error when the server is closed.
   */
  subscribe(
    filter: string,
    handler: InlineHandler,
    options: InlineSubscribeOptions = {},
  ): InlineSubscription {
    return this.#inline.subscribe(filter, handler, options);
  }

  /** Ends the program's subscription of exactly that filter with that id, without an id all of them. False: none. */
  unsubscribe(filter: string, id?: number): boolean {
    return this.#inline.unsubscribe(filter, id);
  }

  /**
   * A client without a network: for hooks, statistics and other clients it is one that came in through the listener
   * `local`. Hooks may refuse it, but nobody asks who it is. Rejects when it is refused, or the server does not serve.
   */
  newClient(options: LocalClientOptions = {}): Promise<LocalClient> {
    if (this.#state === "serving" && this.#inline.opened) return connectLocal(this.#broker, options);
    return Promise.reject(
      new CodedError("server-not-serving", "Cannot make a client: the server is not serving"),
    );
  }

  /**
   * Has any packet handled as if that client, a local one or any that is connected, had sent it just now; answers go to
   * the client. It comes in between the client's own packets. Settled when it was handled, or the connection ended.
   * Rejects when the client is not connected, and with a TypeError or RangeError when there is no such packet; neither
   * harms the client. What a client must not send, a wildcard in a topic name for example, ends its connection.
   */
  // deno-lint-ignore require-await -- what it throws is to be a rejection
  async injectPacket(client: LocalClient | string, packet: Packet): Promise<void> {
    if (typeof client === "string") return injectFor(this.#broker, client, packet);
    checkInstance("Cannot inject a packet for a client", client);
    if (typeof client.inject === "function") return client.inject(packet);
    throw new CodedTypeError(
      "argument-invalid",
      "Cannot inject a packet: expected a client id or a client of newClient",
    );
  }

  /** Those that are connected now, one by one; without the program itself. */
  get clients(): Iterable<Client> {
    const broker = this.#broker;
    return { [Symbol.iterator]: () => connectedClients(broker) };
  }

  /** The client with that id when it is connected. */
  client(id: string): Client | undefined {
    return connectedClient(this.#broker, id);
  }

  /** Ends the connection of a client; an MQTT 5 client is told why, its will is published. False: it has none. */
  disconnectClient(id: string, reason: Reason = Reasons.administrativeAction): boolean {
    return disconnectClient(this.#broker, id, reason);
  }

  /** Ends these subscriptions of a client, connected or not, or all of them. Answers how many there were. */
  unsubscribeClient(id: string, filters?: readonly string[]): number {
    return unsubscribeClient(this.#broker, id, filters);
  }

  /** Client ids that may not connect: they are refused with 0x8A. Who is connected stays, see `disconnectClient`. */
  get blocked(): Set<string> {
    return this.#broker.blocked;
  }

  /** The retained messages that a filter matches; `#` does not match `$SYS/...`. Throws a TypeError or RangeError. */
  retained(filter: string = "#"): Iterable<MessageInfo> {
    return retainedMessages(this.#broker, filter);
  }

  /**
   * Why may a client do that, or may it not? All that a real packet meets is looked at, in its order, and nothing is changed by
   * it: access control is asked, hooks that only see a real packet or a password are not, and say so. Rejects with a TypeError
   * for what is no question, with an Error of code `client-not-found` when nobody has that client id, and when the server does
   * not serve.
   *
   * ```ts
   * const why = await server.explain({ client: "probe-7", action: "publish", topic: "greenhouse/4/valve" });
   * console.log(why.outcome, why.text); // refused Refused: ledger.yml:41:7: deny "greenhouse/+/valve" for user "probe"
   * ```
   */
  async explain(request: ExplainRequest): Promise<Explanation> {
    if (this.#state !== "serving") {
      const [code, why] = this.#ended
        ? ["server-closed", "is closed"] as const
        : ["server-not-serving", "does not serve yet"] as const;
      throw new CodedError(code, `Cannot explain: the server ${why}`);
    }
    // (Most servers are never asked.)
    const { explain } = await import("../broker/explain/explain.ts");
    const { all } = this.#listeners;
    return await explain(this.#broker, {
      first: all.find(isForClients)?.id ?? LOCAL_LISTENER,
      find: (id) => all.find((listener) => listener.id === id) ?? null,
    }, request);
  }

  /**
   * Takes a stream the program has as that of a client that came in through the listener of that name, which need not
   * be one of the server's. What the answer must be told, and when, stands with `Listener`. Throws an Error before
   * `serve`; once the server is closed the stream is destroyed.
   */
  acceptStream(stream: ByteStream, listener: string): StreamHandler {
    checkStream(stream);
    checkText("Cannot accept a stream without the name of a listener", listener);
    if (this.#state === "new") {
      throw new CodedError("server-not-serving", "Cannot accept a stream: the server does not serve yet");
    }
    this.#hooks.warnOfNobody();
    return this.#listeners.accept(stream, listener);
  }

  get #ended(): boolean {
    return this.#state === "closed";
  }

  /**
   * Stops accepting, publishes the wills that are due, sends MQTT 5 clients DISCONNECT 0x8B, closes every
   * connection and releases everything, within five seconds whatever the clients do. Idempotent.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const served = this.#state === "serving";
    this.#state = "closed";
    this.#listeners.end();
    this.#inline.close();
    if (!served) {
      this.#inline.end();
      return;
    }
    const closed = this.#listeners.close();
    await limited(
      Promise.all([this.#broker.stop(PATIENCE_MS), closed]),
      CLOSE_MS,
      () => this.#broker.events.note("close-timeout", {}),
    );
    await closeStorage(this.#broker);
    this.#inline.end();
  }
}

/** Waits for it, but no longer than that. */
async function limited(work: Promise<unknown>, milliseconds: number, late: () => void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      late();
      resolve();
    }, milliseconds);
  });
  try {
    await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}

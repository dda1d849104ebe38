/** The server as an embedding program sees it: a broker and the listeners its clients come in through. */

import { clearTimeout, setTimeout } from "node:timers";
import { Broker } from "./broker/broker.ts";
import type { LogLevel, PartialServerOptions } from "./broker/options.ts";
import type { Stats } from "./broker/stats.ts";
import { type SystemInfo, systemInfo } from "./broker/system_info.ts";
import { restore } from "./broker/restore.ts";
import type { Hook } from "./hook.ts";
import { HookError } from "./hook_error.ts";
import type { Listener, ListenerHost } from "./listeners/listener.ts";
import { ListenerError } from "./listeners/listener_error.ts";
import type { ByteStream, StreamHandler } from "./runtime/stream.ts";
import { ServerHooks } from "./server_hooks.ts";

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
  readonly #listeners: Listener[] = [];
  readonly #asked: Map<Listener, string> = new Map();
  readonly #host: ListenerHost;
  #state: State = "new";
  #closing: Promise<void> | null = null;

  /** What is left out is as in `defaultCapabilities` and `defaultLimits`; throws a RangeError. */
  constructor(options: PartialServerOptions = {}) {
    this.#broker = new Broker(options);
    this.#hooks = new ServerHooks(this.#broker);
    this.#host = {
      accept: (stream, listener): StreamHandler => this.#accept(stream, listener),
      log: (level: LogLevel, text: string): void => this.#broker.log(level, text),
    };
  }

  /** The listeners in the order in which they were added; once open, with their bound addresses. */
  get listeners(): readonly Listener[] {
    return [...this.#listeners];
  }

  /** The live counters. */
  get stats(): Readonly<Stats> {
    return this.#broker.stats;
  }

  /** The server's figures at this moment. */
  info(): SystemInfo {
    return systemInfo(this.#broker);
  }

  /** In the order in which they are asked. */
  get hooks(): readonly Hook[] {
    return this.#broker.hooks.all;
  }

  /**
   * Adds a hook after those that are there, also while running: then it is asked as soon as its `init` is done.
   * Before `serve` there is no need to await it. Fails with a `HookError` when it is there already, when its
   * `init` fails, or when the server is closed.
   */
  async addHook(hook: Hook): Promise<void> {
    if (this.#ended) throw new HookError(`Cannot add hook "${hook.id}": the server is closed`, hook.id);
    await this.#hooks.add(hook);
  }

  /** Removes it and lets it end (`onStopped`); at once it is asked no more. False when it was not there. */
  removeHook(hook: Hook): Promise<boolean> {
    return this.#hooks.remove(hook);
  }

  /** Puts a hook in the place of another one, without a moment in which neither is asked. */
  replaceHook(hook: Hook, replacement: Hook): Promise<void> {
    return this.#hooks.replace(hook, replacement);
  }

  /**
   * Adds a listener; while the server is running it is opened at once. Fails when its id or its address is
   * taken by another one of this server, and with a `ListenerError` when it cannot be opened.
   */
  async addListener(listener: Listener): Promise<void> {
    if (this.#state === "closed") {
      throw new Error(`Cannot add listener "${listener.id}": the server is closed`);
    }
    this.#refuseSecond(listener);
    this.#listeners.push(listener);
    this.#asked.set(listener, listener.address);
    if (this.#state === "new") return;
    try {
      await this.#open(listener);
    } catch (error) {
      this.#forget(listener);
      throw error;
    }
  }

  /** Opens the listeners. When one cannot be opened, the server closes and the `ListenerError` is thrown. */
  async serve(): Promise<void> {
    if (this.#state !== "new") {
      throw new Error(
        `Cannot serve: the server is ${this.#state === "closed" ? "closed" : "running already"}`,
      );
    }
    this.#state = "serving";
    try {
      await this.#hooks.start();
      await restore(this.#broker);
      if (this.#ended) throw new Error("Cannot serve: the server was closed meanwhile");
      this.#broker.start();
      for (const listener of [...this.#listeners]) await this.#open(listener);
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#broker.hooks.notify("onStarted");
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
    if (!served) return;
    // They stop accepting in this turn; answers to HTTP requests may take them a while longer.
    const closed = this.#listeners.map((listener) => this.#closeOne(listener));
    await limited(
      Promise.all([this.#broker.stop(PATIENCE_MS), ...closed]),
      CLOSE_MS,
      () => this.#broker.log("warn", `Closed without waiting any longer for hooks and listeners`),
    );
  }

  #refuseSecond(listener: Listener): void {
    const { id, address } = listener;
    if (this.#listeners.some((other) => other.id === id)) {
      throw new ListenerError(`Cannot add listener "${id}": there is one with that id already`);
    }
    // Port 0 is another port for each.
    if (/(^|:)0$/.test(address)) return;
    for (const [other, asked] of this.#asked) {
      if (asked !== address && other.address !== address) continue;
      throw new ListenerError(`Cannot add listener "${id}": "${other.id}" listens at "${address}" already`);
    }
  }

  async #open(listener: Listener): Promise<void> {
    await listener.open(this.#host);
    if (this.#state !== "closed") return;
    await this.#closeOne(listener);
    throw new Error(`Cannot open listener "${listener.id}": the server was closed meanwhile`);
  }

  async #closeOne(listener: Listener): Promise<void> {
    try {
      await listener.close();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#broker.log("error", `Cannot close listener "${listener.id}": ${text}`);
    }
  }

  #forget(listener: Listener): void {
    this.#asked.delete(listener);
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  /** A handshake may end after we stopped accepting. */
  #accept(stream: ByteStream, listener: Listener): StreamHandler {
    if (this.#state !== "closed") return this.#broker.accept(stream, listener.id);
    stream.destroy();
    return { data(): void {}, written(): void {}, closed(): void {} };
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

/** MQTT without sockets, for programs that test their own device code. */

import type { Shape } from "../core/misuse.ts";
import type { Duplex } from "node:stream";
import { memoryDuplex, refusedDuplex } from "../runtime/memory_duplex.ts";
import { type MemoryClient, memoryPair, type MemoryPairOptions } from "../runtime/memory_stream.ts";
import { checkListenerOptions } from "./check.ts";
import { ListenerError } from "./listener_error.ts";
import { aliasesOf } from "./aliases_of.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { errorLog } from "./open.ts";

/** What a listener in memory is told. */
export interface MemoryListenerOptions {
  /** Its name. Default "memory". */
  readonly id?: string;
  /**
   * Topic aliases the server sets towards clients of this listener that allow them, 0 to 65535. Default:
   * `capabilities.topicAliasMaximumOut`.
   */
  readonly topicAliasMaximumOut?: number;
}

/** How many bytes a `duplex` has on their way to a client that does not read. */
const capacity = 64 * 1024;

const shape: Shape<MemoryListenerOptions> = {
  id: "string",
  topicAliasMaximumOut: "number",
};

/**
 * A listener in memory: device code and broker run in one process, without sockets, ports or timing of a network.
 *
 * ```ts
 * const listener = new MemoryListener();
 * await using server = new Server();
 * server.addHook(new AllowAll());
 * await server.addListener(listener);
 * await server.serve();
 * const device = new mqtt.MqttClient(() => listener.duplex(), { reconnectPeriod: 0 });
 * ```
 *
 * When its server is closed it may be added to another one: so a test shows what a device does when the broker
 * comes back.
 */
export class MemoryListener implements Listener {
  readonly id: string;
  readonly protocol = "memory";
  readonly address: string;
  readonly topicAliasMaximumOut: number | undefined;
  #host: ListenerHost | null = null;

  /** Clients can connect when the server serves. Throws a RangeError. */
  constructor(options: MemoryListenerOptions = {}) {
    checkListenerOptions("MemoryListener", options, shape, []);
    this.id = options.id ?? "memory";
    this.topicAliasMaximumOut = aliasesOf(this.id, options);
    this.address = `memory:${this.id}`;
  }

  /** Fails with a `ListenerError` while another server has it. */
  open(host: ListenerHost): Promise<void> {
    if (this.#host !== null) {
      const text = `Cannot open listener "${this.id}": another server has it already`;
      return Promise.reject(new ListenerError(text, { listener: this.id, code: "address-in-use" }));
    }
    this.#host = host;
    return Promise.resolve();
  }

  /**
   * Connects a client that handles bytes itself. Nothing happens before the caller has returned to the event loop,
   * so `received` and `ended` may be set after this call. Throws a `ListenerError` while the server does not serve.
   */
  connect(options: MemoryPairOptions = {}): MemoryClient {
    const host = this.#host;
    if (host === null) {
      throw new ListenerError(this.#notServing(), { listener: this.id, code: "server-not-serving" });
    }
    return memoryPair((stream) => host.accept(stream, this), {
      onError: errorLog({ owner: this }, host),
      ...options,
    });
  }

  /**
   * Connects a client that wants a stream of `node:stream`, as MQTT.js does. Never throws: while the server does not
   * serve, the stream fails with the code `ECONNREFUSED`, as a socket would. `capacity` is 64 KiB by default.
   */
  duplex(options: MemoryPairOptions = {}): Duplex {
    if (this.#host === null) return refusedDuplex(this.#notServing());
    return memoryDuplex(this.connect({ capacity, ...options }));
  }

  close(): Promise<void> {
    this.#host = null;
    return Promise.resolve();
  }

  #notServing(): string {
    return `Cannot connect to listener "${this.id}": its server does not serve`;
  }
}

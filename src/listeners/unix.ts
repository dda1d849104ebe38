/** MQTT over a Unix socket. */

import type { Shape } from "../core/misuse.ts";
import { changeMode } from "../runtime/unix_path.ts";
import { listenUnix } from "../runtime/tcp/tcp.ts";
import { aliasesOf } from "./aliases_of.ts";
import { checkListenerOptions } from "./check.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { Entrance, type EntranceOptions } from "./entrance.ts";
import { ListenerError, listenerError } from "./listener_error.ts";
import { proxiesOf, type ProxyProtocol } from "./proxies.ts";

/** What a Unix socket listener is told. */
export interface UnixListenerOptions {
  /** Its name. */
  readonly id: string;
  /** The file of the socket, at most 107 bytes. */
  readonly path: string;
  /** Permission bits of the socket file, for example 0o660. */
  readonly mode?: number;
  /**
   * Topic aliases the server sets towards clients of this listener that allow them, 0 to 65535. Default:
   * `capabilities.topicAliasMaximumOut`.
   */
  readonly topicAliasMaximumOut?: number;
  /** Connections come through proxies that say where their clients are; whom to trust is `unix` here. */
  readonly proxyProtocol?: ProxyProtocol;
}

/** What fits into the kernel's address structure, without the closing zero. */
const longestPath = 107;

const shape: Shape<UnixListenerOptions> = {
  id: "string",
  path: "string",
  mode: "number",
  topicAliasMaximumOut: "number",
  proxyProtocol: "object",
};

/** A listener for MQTT over a Unix socket. */
export class UnixListener implements Listener {
  readonly id: string;
  readonly protocol = "unix";
  readonly address: string;
  readonly topicAliasMaximumOut: number | undefined;
  #options: UnixListenerOptions;
  #terms: EntranceOptions;
  #entrance: Entrance | null = null;

  /** It opens when the server serves. Throws a `ListenerError` when `proxyProtocol` cannot be used, a RangeError. */
  constructor(options: UnixListenerOptions) {
    checkListenerOptions("UnixListener", options, shape, ["id", "path"]);
    this.id = options.id;
    this.topicAliasMaximumOut = aliasesOf(this.id, options);
    this.address = options.path;
    this.#options = options;
    // (What it was without one nobody knows any more.)
    this.#terms = { proxies: proxiesOf(this.id, options), fixed: [options.mode === undefined] };
  }

  async open(host: ListenerHost): Promise<void> {
    const { path, mode } = this.#options;
    this.#entrance = await Entrance.open(this, host, this.#terms, async (entrance, common) => {
      const length = new TextEncoder().encode(path).length;
      if (length === 0 || length > longestPath) {
        throw new ListenerError(`Invalid socket path "${path}": it must have 1 to ${longestPath} bytes`, {
          code: "listener-invalid",
        });
      }
      return await listenUnix(
        { path, ...common, ...(mode === undefined ? {} : { mode }) },
        entrance.accept,
      );
    });
  }

  /** What another one has open, with the settings of this one. */
  async takeOver(other: Listener): Promise<boolean> {
    if (!(other instanceof UnixListener) || other.#entrance === null) return false;
    const { path, mode } = this.#options;
    if (mode !== other.#options.mode && mode !== undefined && other.#options.mode !== undefined) {
      try {
        changeMode(path, mode);
      } catch (thrown) {
        throw listenerError(this, path, thrown);
      }
    }
    if (!await other.#entrance.passTo(this, this.#terms)) return false;
    this.#entrance = other.#entrance;
    other.#entrance = null;
    return true;
  }

  async close(): Promise<void> {
    await this.#entrance?.close();
  }
}

/** MQTT over a Unix socket. */

import type { Shape } from "../core/misuse.ts";
import type { Acceptor } from "../runtime/stream.ts";
import { listenUnix } from "../runtime/tcp/tcp.ts";
import { aliasesOf } from "./aliases_of.ts";
import { checkListenerOptions } from "./check.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { ListenerError, listenerError } from "./listener_error.ts";
import { errorLog } from "./open.ts";

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
}

/** What fits into the kernel's address structure, without the closing zero. */
const longestPath = 107;

const shape: Shape<UnixListenerOptions> = {
  id: "string",
  path: "string",
  mode: "number",
  topicAliasMaximumOut: "number",
};

/** A listener for MQTT over a Unix socket. */
export class UnixListener implements Listener {
  readonly id: string;
  readonly protocol = "unix";
  readonly address: string;
  readonly topicAliasMaximumOut: number | undefined;
  #options: UnixListenerOptions;
  #acceptor: Acceptor | null = null;

  /** It opens when the server serves. Throws a RangeError. */
  constructor(options: UnixListenerOptions) {
    checkListenerOptions("UnixListener", options, shape, ["id", "path"]);
    this.id = options.id;
    this.topicAliasMaximumOut = aliasesOf(this.id, options);
    this.address = options.path;
    this.#options = options;
  }

  async open(host: ListenerHost): Promise<void> {
    const { path, mode } = this.#options;
    try {
      const length = new TextEncoder().encode(path).length;
      if (length === 0 || length > longestPath) {
        throw new ListenerError(`Invalid socket path "${path}": it must have 1 to ${longestPath} bytes`, {
          code: "listener-invalid",
        });
      }
      this.#acceptor = await listenUnix(
        { path, ...(mode === undefined ? {} : { mode }), onError: errorLog(this, host) },
        (stream) => host.accept(stream, this),
      );
    } catch (thrown) {
      throw listenerError(this, path, thrown);
    }
  }

  async close(): Promise<void> {
    await this.#acceptor?.close();
  }
}

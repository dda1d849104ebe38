/** What the broker knows of a listener: an address where streams come in. */

import type { ErrorCode, EventCode } from "../core/codes.ts";
import type { LogFields } from "../core/log.ts";
import type { Stats } from "../core/stats.ts";
import type { SystemInfo } from "../core/system_info.ts";
import type { DropReason, Handshake } from "../runtime/pending_handshakes.ts";
import type { StreamRefusal } from "../runtime/http/refusal.ts";
import type { ByteStream, StreamHandler } from "../runtime/stream.ts";
import type { Figures } from "../core/figures/figures.ts";
import type { LatenessFigures } from "../core/lateness.ts";
import type { MemoryFigures } from "../core/overload.ts";
import type { StorageStatus } from "../storage/storage.ts";

/**
 * A way in; a program may bring its own. It turns what it accepts into a `ByteStream` and offers that to the host,
 * which gives back who wants to hear of it:
 *
 * ```ts
 * class SerialListener implements Listener {
 *   readonly id = "serial";
 *   readonly protocol = "serial";
 *   readonly address = "/dev/ttyUSB0";
 *
 *   async open(host: ListenerHost): Promise<void> {
 *     const port = await openPort(this.address);
 *     const stream: ByteStream = {
 *       remoteAddress: this.address,
 *       certificate: null,
 *       write(bytes) {
 *         port.send(bytes.slice(), () => handler.written());
 *         return false;
 *       },
 *       pause: () => port.stop(),
 *       resume: () => port.start(),
 *       end: () => port.flushAndClose(),
 *       destroy: () => port.close(),
 *     };
 *     const handler = host.accept(stream, this);
 *     port.onBytes = (bytes) => handler.data(bytes, bytes.length);
 *     port.onClose = (error) => handler.closed(error ?? null);
 *   }
 *
 *   async close(): Promise<void> {}
 * }
 * ```
 *
 * What it has to keep to: nothing is called before `accept` has returned; after a `write` that returned false
 * `written` is called once, unless the stream ends before; `closed` is called exactly once and in a later turn of
 * the event loop than a `destroy` or `end` that led to it, whoever closed the stream, and nothing is called after
 * it. Only what is already under way arrives after `pause`. For sockets and streams that exist already, see
 * `SocketListener`, which does all that.
 */
export interface Listener {
  /** The name it has in the configuration and in logs; another one than the server's other listeners have. */
  readonly id: string;
  /** `tcp`, `tls`, `unix`, `ws`, `wss`, `http`, `https`, `socket`, `memory`, or a word of its own. */
  readonly protocol: string;
  /**
   * The address that was asked for; once open, the one that is bound, with the real port. Two listeners of a server
   * may not ask for the same one, unless its port is 0.
   */
  readonly address: string;
  /**
   * Topic aliases the server sets towards a client that came in here and allows them, 0 to 65535. Left out:
   * `capabilities.topicAliasMaximumOut`.
   */
  readonly topicAliasMaximumOut?: number | undefined;
  /**
   * Called once for a server, when it begins to serve, or at once when it serves already; again only after `close`, when the
   * one that was to replace it could not be opened. Streams may be offered from now on, also before it has returned. Fails with a `ListenerError`, having closed what it opened.
   */
  open(host: ListenerHost): Promise<void>;
  /**
   * Stops accepting and gives the address back. Streams already accepted stay open: the server ends them itself.
   * Those it was not offered yet are closed. May be called again, and without having been opened. The server waits
   * for it, but not longer than about four seconds.
   */
  close(): Promise<void>;
  /** Reads certificates again; connections from now on get the new ones. Fails with a `ListenerError`. */
  reload?(): Promise<void>;
  /**
   * Goes on with what another listener has open at the same address, which it takes from it, under settings of its own:
   * instead of `open`, without a moment in which nobody listens. False, or left out: it cannot, so the other one is closed
   * and it is opened. Fails with a `ListenerError`, having changed nothing, when it could not be opened either.
   */
  takeOver?(other: Listener): Promise<boolean>;
}

/** The server as its listeners see it. */
export interface ListenerHost {
  /** The live counters of the server. */
  readonly stats: Readonly<Stats>;
  /** How its storage is; null: it has none. */
  readonly storage: StorageStatus | null;
  /** Nobody gets in without having shown a password or the like, as far as its hooks say. */
  readonly requiresCredentials: boolean;
  /** How late its event loop was in the last minute. */
  readonly lateness?: LatenessFigures;
  /** How much memory it occupies, and whether it refuses anything for it. */
  readonly memory?: MemoryFigures;
  /** How long things take, and what came in where. */
  readonly figures?: Figures;
  /** The figures of the server at this moment. */
  info(): SystemInfo;
  /**
   * A client came in. The handler is told what happens to the stream; its methods do not throw. A stream that comes
   * when the server is closed is destroyed.
   */
  accept(stream: ByteStream, listener: Listener): StreamHandler;
  /**
   * A connection has begun an opening handshake, before it can be offered. `remoteAddress` is as a stream has it.
   * `drop`, which closes it, is called at most once: when the handshake is not done after `milliseconds` (time in which
   * the process stood still does not count), or when it has to make room for a newer one of any listener,
   * `limits.pendingHandshakes`. Both are counted. Tell `done` when it is over, whichever way.
   */
  beginHandshake(
    listener: Listener,
    remoteAddress: string,
    milliseconds: number,
    drop: (why: DropReason) => void,
  ): Handshake;
  /** A connection was turned away before there was a stream to offer. It gets a line in the server's log. */
  refused(refusal: StreamRefusal, listener: Listener): void;
  /** Something happened that has a code. It gets a line in the server's log. */
  tell?(code: EventCode, fields: LogFields, listener: Listener): void;
  /** Into the server's log. `code`: of the error that the line was made from, which it then ends with. */
  log(level: "debug" | "info" | "warn" | "error", text: string, code?: ErrorCode | null): void;
}

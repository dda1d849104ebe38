/** What the broker knows of a listener: an address where streams come in. */

import type { ByteStream, StreamHandler } from "../runtime/stream.ts";

/** A way in; a program may bring its own. */
export interface Listener {
  /** The name it has in the configuration and in logs. */
  readonly id: string;
  /** `tcp`, `tls`, `unix`, `ws`, `wss`, `http` or `https`. */
  readonly protocol: string;
  /** The address that was asked for; once open, the one that is bound, with the real port. */
  readonly address: string;
  /** Fails with a `ListenerError`. */
  open(host: ListenerHost): Promise<void>;
  /** Stops accepting. Streams already accepted stay open. */
  close(): Promise<void>;
}

/** The server as its listeners see it. */
export interface ListenerHost {
  /** A client came in. */
  accept(stream: ByteStream, listener: Listener): StreamHandler;
  /** Into the server's log. */
  log(level: "debug" | "info" | "warn" | "error", text: string): void;
}

/**
 * The one interface between a transport and the broker. A listener knows streams, not sockets: TCP, TLS,
 * Unix sockets, WebSocket and in-memory pairs all come in as this.
 */

/** What a TLS client certificate says of its holder. */
export interface PeerCertificate {
  /** The last CN of the subject; empty without one. */
  readonly commonName: string;
  /** As RFC 4514 writes names. */
  readonly subject: string;
  /** As RFC 4514 writes names. */
  readonly issuer: string;
  /** Upper-case hex without leading zeros, so that both runtimes agree. */
  readonly serialNumber: string;
  /** SHA-256 in hex with colons. */
  readonly fingerprint256: string;
  /** As the runtime writes it; empty without one. */
  readonly subjectAltName: string;
}

/** A stream was ended because its peer broke the rules of what carries the bytes. */
export class StreamFault extends Error {
  /** Always that. */
  override readonly name = "StreamFault";
  /** What it is called in the log. */
  readonly code: "websocket-malformed" | "websocket-message-too-large";
  /** The option of the listener that decided. */
  readonly setting: string | undefined;
  /** Its value. */
  readonly limit: number | undefined;

  /** `setting`, `limit`: the option of the listener that decided, if one did. */
  constructor(message: string, code: StreamFault["code"], setting?: string, limit?: number) {
    super(message);
    this.code = code;
    this.setting = setting;
    this.limit = limit;
  }
}

/** One accepted byte stream in both directions. */
export interface ByteStream {
  /** `ip:port`, or `unix:path`. */
  readonly remoteAddress: string;
  /** Null without a verified client certificate. */
  readonly certificate: PeerCertificate | null;
  /** The memory of what it hands to `handler.data` is the handler's from then on, to keep and to write to. Left out: it is not. */
  readonly givesMemory?: boolean;
  /**
   * Sends bytes. True: the stream is done with `bytes`, the caller may reuse the memory at once. False: the
   * stream holds them until it calls `handler.written()`; until then `write` must not be called again.
   */
  write(bytes: Uint8Array): boolean;
  /** Stops calling `handler.data` (what is already read may still arrive once); `resume` goes on. Idempotent. */
  pause(): void;
  /** Calls `handler.data` again. Idempotent. */
  resume(): void;
  /** Sends what is held, then closes in an orderly way. Nothing may be written after it. Idempotent. */
  end(): void;
  /** Closes at once; what is held is lost. `handler.closed` follows in a later turn. Idempotent. */
  destroy(): void;
}

/** What the broker does with a stream. No method throws. */
export interface StreamHandler {
  /**
   * `bytes[0..length)` was received. The memory belongs to the stream again when the call returns, unless it
   * `givesMemory`.
   */
  data(bytes: Uint8Array, length: number): void;
  /** The bytes of the last `write` that returned false are out of the stream's hands. */
  written(): void;
  /** The stream is gone, called exactly once whoever ended it. `error` says why when it was not orderly. */
  closed(error: Error | null): void;
}

/** Called for each accepted stream, synchronously; data events start after it returned. */
export type Accept = (stream: ByteStream) => StreamHandler;

/** An open server socket. */
export interface Acceptor {
  /** The bound address: `host:port` with the real port, or the socket's path. */
  readonly address: string;
  /** Stops accepting and frees the address. Streams already accepted stay open. */
  close(): Promise<void>;
}

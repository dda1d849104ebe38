/** A connection to a broker as bytes, over whatever carries them. */

export interface Transport {
  /** The memory of `bytes` is the transport's from then on. False: it has more to send than should wait. */
  write(bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Sends what waits, then closes. */
  end(): void;
  destroy(): void;
}

export interface TransportEvents {
  /** Valid during the call. */
  data(bytes: Uint8Array): void;
  /** After `write` returned false: there is room again. */
  drained(): void;
  /** Once. */
  closed(error: Error | null): void;
}

/** The part of Bun's API that is used here, so that no global typings are needed. */

export interface BunSocket<Data> {
  data: Data;
  /** Undefined when the peer has gone. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number;
  /** How many bytes were taken; negative when the socket is closed. */
  write(bytes: Uint8Array): number;
  /** Sends FIN; bytes still come in. */
  shutdown(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  setNoDelay(on: boolean): boolean;
}

export interface BunSocketHandlers<Data> {
  readonly binaryType: "uint8array";
  open(socket: BunSocket<Data>): void;
  data(socket: BunSocket<Data>, bytes: Uint8Array): void;
  drain(socket: BunSocket<Data>): void;
  close(socket: BunSocket<Data>, error?: unknown): void;
  error(socket: BunSocket<Data>, error: unknown): void;
}

export interface BunSocketServer {
  readonly hostname: string;
  readonly port: number;
  stop(closeSockets?: boolean): void;
}

export interface BunApi {
  readonly version: string;
  readonly password: {
    /** Rejects for a hash that is not well formed. */
    verify(password: Uint8Array, hash: string, algorithm: "bcrypt"): Promise<boolean>;
  };
  listen<Data>(
    options: { hostname: string; port: number; socket: BunSocketHandlers<Data> } | {
      unix: string;
      socket: BunSocketHandlers<Data>;
    },
  ): BunSocketServer;
  connect<Data>(options: { unix: string; socket: BunSocketHandlers<Data> }): Promise<BunSocket<Data>>;
}

/** Only on Bun: see `onBun`. */
export const bun: BunApi = (globalThis as unknown as { Bun: BunApi }).Bun;

/** Where a broker is, and what is needed to get to it. */

export interface TlsChoice {
  /** PEM: only these authorities; without it those that the runtime trusts. */
  readonly ca?: readonly string[];
  /** PEM, with its chain. */
  readonly cert?: string;
  /** PEM. */
  readonly key?: string;
  /** The name in the certificate is not looked at; its authority is. */
  readonly insecure?: boolean;
  readonly version?: "TLSv1.2" | "TLSv1.3";
  readonly alpn?: string;
  readonly ciphers?: string;
}

export interface Target {
  readonly transport: "tcp" | "tls" | "ws" | "wss" | "unix";
  readonly host: string;
  readonly port: number;
  /** Of the WebSocket, with the query; or of the Unix socket. */
  readonly path: string;
  /** The own address to come from. */
  readonly bind?: string;
  readonly tls?: TlsChoice;
}

export function isSecure({ transport }: Target): boolean {
  return transport === "tls" || transport === "wss";
}

/** As a message names it. */
export function shownTarget({ transport, host, port, path }: Target): string {
  if (transport === "unix") return path;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

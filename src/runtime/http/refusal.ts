/** Connections that were turned away before the broker has heard of them: who, and why. */

/** Names of the log, which knows what they mean. */
export type RefusalCode =
  | "client-certificate-refused"
  | "connection-closed-early"
  | "foreign-page-refused"
  | "handshakes-exceeded"
  | "plain-on-tls-port"
  | "proxy-header-refused"
  | "proxy-not-trusted"
  | "tls-handshake-failed"
  | "websocket-refused";

/** What is known of it. */
export interface StreamRefusal {
  /** What happened. */
  readonly code: RefusalCode;
  /** `ip:port` of the peer. */
  readonly address: string;
  /** In a few words. */
  readonly detail?: string;
  /** What TLS said. */
  readonly error?: string;
  /** The option of the listener that decided. */
  readonly setting?: string;
  /** Its value. */
  readonly limit?: number | boolean;
}

/** Told of each connection that was turned away. Must not throw. */
export type RefusalSink = (refusal: StreamRefusal) => void;

export function ignoreRefusals(_refusal: StreamRefusal): void {}

/** What both runtimes and their TLS libraries call bytes that are no TLS record. */
const PLAIN = /wrong.version.number|http.request|unknown.protocol|InvalidContentType/i;
const NO_CERTIFICATE = /PEER_DID_NOT_RETURN_A_CERTIFICATE|sent no certificates/i;
/** Codes of what is wrong with a certificate. */
const UNTRUSTED =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|INVALID_CA|HOSTNAME_MISMATCH|PATH_LENGTH|ERR_TLS_CERT)/;

/** Why a TLS handshake failed. `required`: clients have to have a certificate. */
export function tlsRefusal(thrown: unknown, address: string, required: boolean): StreamRefusal {
  const { code: given, message: text = String(thrown) } = (thrown ?? {}) as {
    code?: unknown;
    message?: string;
  };
  const code = typeof given === "string" ? given : "";
  const said = `${code} ${text}`;
  const known = { address, error: text };
  if (PLAIN.test(said)) {
    const what = /http/i.test(said) ? "HTTP came" : "what came is no TLS";
    return { ...known, code: "plain-on-tls-port", detail: `${what}, clients have to switch TLS on` };
  }
  if (NO_CERTIFICATE.test(said)) {
    const setting = { setting: "tls.requireClientCert", limit: true } as const;
    return { ...known, ...setting, code: "client-certificate-refused", detail: "it has none" };
  }
  if (UNTRUSTED.test(code)) return { ...known, code: "client-certificate-refused" };
  if (code === "ECONNRESET") {
    // (Where a certificate is not trusted, one runtime says no more than that.)
    const perhaps = required ? "; its certificate may be none that tls.ca stands for" : "";
    return { ...known, code: "tls-handshake-failed", detail: `the connection ended within it${perhaps}` };
  }
  return { ...known, code: "tls-handshake-failed" };
}

/** A TLS handshake that was not finished. */
export function tlsTooLate(address: string): StreamRefusal {
  return { code: "tls-handshake-failed", address, detail: "it was not finished in time" };
}

/** A resumed session may come without the certificate it was opened with. */
export function resumedWithout(address: string): StreamRefusal {
  const setting = { setting: "tls.requireClientCert", limit: true } as const;
  return {
    code: "client-certificate-refused",
    address,
    ...setting,
    detail: "a resumed session came without one",
  };
}

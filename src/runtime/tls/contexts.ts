/** What a TLS server is made of: the certificate for everybody, those for certain names, and whom it asks for theirs. */

import tls from "node:tls";
import { type KeyPair, readKeyPair } from "./key_pair.ts";
import { RuntimeError } from "../runtime_error.ts";
import { namesOf, ServerNames } from "./server_names.ts";

/** A certificate for certain names. */
export interface NamedPair extends KeyPair {
  /** `broker.example.org`, `*.example.org`. Default: those in the certificate. */
  readonly names?: readonly string[];
}

/** Certificates and keys are PEM text. */
export interface TlsSettings extends NamedPair {
  /** Whom client certificates must come from. */
  readonly ca?: string;
  /** Further ones, for clients that ask for their names. */
  readonly certificates?: readonly NamedPair[];
  /** Ask clients for a certificate; one that is missing or not trusted leaves `certificate` null. */
  readonly requestClientCert?: boolean;
  /** Refuse clients without a trusted certificate. Implies `requestClientCert`. */
  readonly requireClientCert?: boolean;
  /** Default "TLSv1.2". */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** Default "TLSv1.3". */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /** Suites of TLS 1.2, as OpenSSL writes them. Not on Deno. */
  readonly ciphers?: string;
}

/** Later than any time-out of ours, which allow for the process having stood still. */
const never = 2 ** 31 - 1;

/** Of one server. They may change while it runs; whom it asks for a certificate may not. */
export class TlsContexts {
  #settings: TlsSettings;
  #default: tls.SecureContextOptions;
  #names: ServerNames | null;

  /** Throws an Error with one line. */
  constructor(settings: TlsSettings) {
    const read = { ...settings, ...readKeyPair(settings) };
    this.#settings = read;
    this.#default = contextOf(read, read);
    this.#names = namesFor(read);
  }

  /** Do clients have to expect that they are asked for a certificate? */
  get requested(): boolean {
    return (this.#settings.requestClientCert || this.#settings.requireClientCert) ?? false;
  }

  /** Are they refused without one? */
  get required(): boolean {
    return this.#settings.requireClientCert ?? false;
  }

  /** For `createServer`. */
  get options(): tls.TlsOptions & tls.SecureContextOptions {
    return {
      ...this.#default,
      requestCert: this.requested,
      rejectUnauthorized: this.required,
      noDelay: true,
      handshakeTimeout: never, // (`TlsHandshakes` sees to that.)
      // (Without a second certificate nobody has to be asked.)
      ...(this.#names === null ? {} : {
        SNICallback: (name: string, done: (error: Error | null, context?: tls.SecureContext) => void): void =>
          done(null, this.#names?.find(name) ?? undefined),
      }),
    };
  }

  /**
   * For connections from now on. Throws, and changes nothing, if they are not usable, or one has certificates for names and
   * the other has not.
   */
  replace(server: tls.Server, settings: TlsSettings): void {
    const { requestClientCert = false, requireClientCert = false } = this.#settings;
    const next = { ...settings, requestClientCert, requireClientCert };
    const fresh = new TlsContexts(next);
    if ((fresh.#names === null) !== (this.#names === null)) {
      throw new RuntimeError(
        "argument-invalid",
        "Cannot exchange one certificate for several, or several for one, while the server runs",
      );
    }
    server.setSecureContext(fresh.#default);
    this.#settings = fresh.#settings;
    this.#default = fresh.#default;
    this.#names = fresh.#names;
  }
}

/** Of settings that were read. */
function namesFor(settings: TlsSettings): ServerNames | null {
  const { certificates = [] } = settings;
  if (certificates.length === 0) return null;
  const others = certificates.map((pair) => {
    const read = readKeyPair(pair);
    const context = tls.createSecureContext(contextOf(read, settings));
    return { names: pair.names ?? namesOf(read.cert), context };
  });
  const first = { names: settings.names ?? namesOf(settings.cert), context: null };
  return new ServerNames([first, ...others]);
}

/** Of a pair as `readKeyPair` gives it. */
function contextOf(pair: KeyPair, settings: TlsSettings): tls.SecureContextOptions {
  const { cert, key } = pair;
  const { minVersion = "TLSv1.2", maxVersion, ciphers, ca } = settings;
  return {
    cert,
    key,
    minVersion,
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(ca === undefined ? {} : { ca }),
  };
}

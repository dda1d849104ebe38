/** Certificates and keys for listeners: paths of PEM files, or PEM itself. */

import { CodedError } from "../core/errors.ts";
import { onDeno } from "../runtime/platform.ts";
import { describeListenFault } from "../runtime/tcp/listen_fault.ts";
import { readTextFile } from "../runtime/process.ts";
import type { NamedPair, TlsSettings } from "../runtime/tls/contexts.ts";

/**
 * How a listener encrypts. Files are read when it opens, when it reloads, and when they have changed; what stands in them
 * around the certificates and keys does not matter, and one file with both may be given for both.
 */
export interface TlsFiles {
  /** The server's own certificate, then its chain: the path of a PEM file, or PEM as text or bytes. */
  readonly cert: string | Uint8Array;
  /** Its private key, RSA, ECDSA (P-256, P-384, P-521) or Ed25519: the path of a PEM file, or PEM as text or bytes. */
  readonly key: string | Uint8Array;
  /** Opens an encrypted key. It is never shown. */
  readonly passphrase?: string;
  /** The path of a file with the passphrase in its only line, instead of `passphrase`. */
  readonly passphraseFile?: string;
  /**
   * The names it is for, such as `broker.example.org` and `*.example.org`, where there are several certificates. Default:
   * those in it (subjectAltName).
   */
  readonly names?: readonly string[];
  /**
   * Further certificates, each for clients that ask for one of its names (SNI). Who asks for another name, or for none, gets
   * `cert`.
   */
  readonly certificates?: readonly CertificateFiles[];
  /** Whom client certificates must come from: the path of a PEM file, or PEM as text or bytes. */
  readonly ca?: string | Uint8Array;
  /** Ask clients for a certificate; one that is missing or not trusted leaves `certificate` null. Default false. */
  readonly requestClientCert?: boolean;
  /** Refuse clients without a trusted certificate. Implies `requestClientCert`. Default false. */
  readonly requireClientCert?: boolean;
  /** The oldest version of TLS that is spoken. Default "TLSv1.2". */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** The newest version of TLS that is spoken. Default "TLSv1.3". */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /**
   * The cipher suites of TLS 1.2, as OpenSSL writes a list of them. Default: those of the runtime. Opening fails with it on
   * Deno, whose TLS has no such choice, and no weak suites.
   */
  readonly ciphers?: string;
  /**
   * Protocols for clients that ask for one (ALPN), `mqtt` for example: who asks for none of them is refused. Default: whatever
   * they ask for, none is agreed on. Only for MQTT over TCP; WebSocket and HTTP speak `http/1.1`.
   */
  readonly alpn?: readonly string[];
  /** Look every two seconds whether the files have changed, and read them again then. Default true. */
  readonly watch?: boolean;
}

/** A certificate and its key. */
export type CertificateFiles = Pick<TlsFiles, "cert" | "key" | "passphrase" | "passphraseFile" | "names">;

/** The files of it, without those that were given as text or bytes. */
export async function pathsOf(files: TlsFiles): Promise<string[]> {
  const { isPath } = await import("../runtime/tls/pem_source.ts");
  const given = [files, ...files.certificates ?? []].flatMap(({ cert, key, passphraseFile }) => [
    cert,
    key,
    ...(passphraseFile === undefined ? [] : [passphraseFile]),
  ]);
  if (files.ca !== undefined) given.push(files.ca);
  return [...new Set(given.filter((one): one is string => typeof one === "string" && isPath(one)))];
}

/** Throws an Error with one line that says which file it is about. */
export async function readTlsFiles(files: TlsFiles): Promise<TlsSettings> {
  const { ca, requestClientCert, requireClientCert, minVersion, maxVersion, ciphers, certificates } = files;
  if (onDeno && ciphers !== undefined) {
    throw new CodedError(
      "listener-invalid",
      "Cannot choose cipher suites (tls.ciphers): Deno takes no notice of them, and has no weak ones",
    );
  }
  const { readPemSource } = await import("../runtime/tls/pem_source.ts");
  const caSource = ca === undefined ? null : await readPemSource("The certificate authority", ca);
  const pair = await readPair(files, { of: "", at: "tls", more: " (--tls-passphrase-file)" }, caSource);
  const others: NamedPair[] = [];
  for (const [i, one] of (certificates ?? []).entries()) {
    const at = `tls.certificates[${i}]`;
    others.push(await readPair(one, { of: ` of ${at}`, at, more: "" }));
  }
  return {
    ...pair,
    ...(others.length === 0 ? {} : { certificates: others }),
    ...(requestClientCert === undefined ? {} : { requestClientCert }),
    ...(requireClientCert === undefined ? {} : { requireClientCert }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

/** How messages tell it from the others. */
interface Whose {
  readonly of: string;
  /** Where it is set. */
  readonly at: string;
  readonly more: string;
}

async function readPair(
  files: CertificateFiles,
  { of, at, more }: Whose,
  ca: { readonly name: string; readonly text: string } | null = null,
): Promise<NamedPair> {
  const { cert, key, passphraseFile, names } = files;
  for (const [half, other, name] of [[cert, key, "cert"], [key, cert, "key"]] as const) {
    // (A program in JavaScript may leave it out.)
    if (half !== undefined) continue;
    const both = other === undefined ? "" : "; one PEM with certificate and key may be given for both";
    const what = name === "cert" ? "certificate" : "private key";
    throw new CodedError("certificate-invalid", `The ${what} is missing (${at}.${name})${both}`);
  }
  const { readPemSource } = await import("../runtime/tls/pem_source.ts");
  const { readKeyPair } = await import("../runtime/tls/key_pair.ts");
  const certSource = await readPemSource(`The certificate${of}`, cert);
  const keySource = await readPemSource(`The private key${of}`, key);
  const passphrase = passphraseFile === undefined ? files.passphrase : await readPassphrase(passphraseFile);
  const pair = {
    cert: certSource.text,
    key: keySource.text,
    ...(ca === null ? {} : { ca: ca.text }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  const called = {
    cert: certSource.name,
    key: keySource.name,
    ca: ca?.name ?? "",
    passphrase: `${at}.passphrase or ${at}.passphraseFile${more}`,
  };
  return { ...readKeyPair(pair, called), ...(names === undefined ? {} : { names }) };
}

async function readPassphrase(path: string): Promise<string> {
  let text: string;
  try {
    text = await readTextFile(path);
  } catch (cause) {
    throw new CodedError(
      "file-not-readable",
      `The passphrase file "${path}" cannot be read: ${describeListenFault(cause)}`,
      { cause },
    );
  }
  const [line = ""] = text.replace(/^\uFEFF/, "").split(/\r?\n/, 1);
  if (line === "") {
    throw new CodedError(
      "certificate-invalid",
      `The passphrase file "${path}" has nothing in its first line`,
    );
  }
  return line;
}

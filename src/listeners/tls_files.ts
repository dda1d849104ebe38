/** Certificates and keys for listeners: paths of PEM files, or PEM itself. */

import { CodedError } from "../core/errors.ts";
import { describeListenFault } from "../runtime/tcp/listen_fault.ts";
import { readTextFile } from "../runtime/process.ts";
import type { TlsSettings } from "../runtime/tls/tls.ts";

/**
 * How a listener encrypts. Files are read when it opens and when it reloads; what stands in them around the certificates
 * and keys does not matter, and one file with both may be given for both.
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
  /** Whom client certificates must come from: the path of a PEM file, or PEM as text or bytes. */
  readonly ca?: string | Uint8Array;
  /** Ask clients for a certificate; one that is missing or not trusted leaves `certificate` null. Default false. */
  readonly requestClientCert?: boolean;
  /** Refuse clients without a trusted certificate. Implies `requestClientCert`. Default false. */
  readonly requireClientCert?: boolean;
  /** The oldest version of TLS that is spoken. Default "TLSv1.2". */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
}

const passphraseNames = "tls.passphrase or tls.passphraseFile (--tls-passphrase-file)";

/** Throws an Error with one line that says which file it is about. */
export async function readTlsFiles(files: TlsFiles): Promise<TlsSettings> {
  const { cert, key, ca, passphraseFile, requestClientCert, requireClientCert, minVersion } = files;
  for (const [half, other, name] of [[cert, key, "cert"], [key, cert, "key"]] as const) {
    // (A program in JavaScript may leave it out.)
    if (half !== undefined) continue;
    const both = other === undefined ? "" : "; one PEM with certificate and key may be given for both";
    throw new CodedError(
      "certificate-invalid",
      `The ${name === "cert" ? "certificate" : "private key"} is missing (tls.${name})${both}`,
    );
  }
  const { readPemSource } = await import("../runtime/tls/pem_source.ts");
  const { readKeyPair } = await import("../runtime/tls/key_pair.ts");
  const certSource = await readPemSource("The certificate", cert);
  const keySource = await readPemSource("The private key", key);
  const caSource = ca === undefined ? null : await readPemSource("The certificate authority", ca);
  const passphrase = passphraseFile === undefined ? files.passphrase : await readPassphrase(passphraseFile);
  const pair = {
    cert: certSource.text,
    key: keySource.text,
    ...(caSource === null ? {} : { ca: caSource.text }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  return {
    ...readKeyPair(pair, {
      cert: certSource.name,
      key: keySource.name,
      ca: caSource?.name ?? "",
      passphrase: passphraseNames,
    }),
    ...(requestClientCert === undefined ? {} : { requestClientCert }),
    ...(requireClientCert === undefined ? {} : { requireClientCert }),
    ...(minVersion === undefined ? {} : { minVersion }),
  };
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

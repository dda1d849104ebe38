/** Certificates: of one listener, or of all that name none of their own. */

import { quote } from "../../core/problem.ts";
import type { TlsValues } from "../tls_values.ts";
import { anyPath, oneOf, secretText, yesOrNo } from "../values.ts";
import { type Fault, type ItemsOf, type Section, section, setting } from "./item.ts";

const items: ItemsOf<TlsValues> = {
  cert: setting(
    anyPath,
    "PEM file with the server's own certificate, then its chain; read again on SIGHUP.",
    {
      reads: true,
    },
  ),
  key: setting(
    anyPath,
    "PEM file with its private key, RSA, ECDSA (P-256, P-384, P-521) or Ed25519; it may be the same file.",
    { reads: true },
  ),
  passphrase: setting(secretText, "What opens an encrypted key.", { rival: "passphraseFile" }),
  passphraseFile: setting(anyPath, "File with that passphrase in its first line.", {
    reads: true,
    rival: "passphrase",
  }),
  ca: setting(anyPath, "PEM file with the authority that client certificates must come from.", {
    reads: true,
  }),
  requestClientCertificate: setting(
    yesOrNo,
    "Asks clients for a certificate, and lets those without one in.",
    // (As the library and the log call it.)
    { otherwise: "false", aliases: ["requestClientCert"] },
  ),
  requireClientCertificate: setting(yesOrNo, "Refuses clients without a certificate of `ca`.", {
    otherwise: "true with `ca`",
    aliases: ["requireClientCert"],
  }),
  minVersion: setting(oneOf(["TLSv1.2", "TLSv1.3"]), "The oldest version of TLS that is spoken.", {
    otherwise: "TLSv1.2",
  }),
};

const bothOf = "expected the path of a PEM file; one with certificate and key may be given for both";

function faults(values: Partial<TlsValues>, path: string): Fault[] {
  const { ca, passphrase, passphraseFile, requestClientCertificate, requireClientCertificate } = values;
  const found: Fault[] = [];
  if (passphrase !== undefined && passphraseFile !== undefined) {
    found.push({ message: `Cannot use "passphrase" beside "passphraseFile" for ${quote(path)}` });
  }
  if (ca === undefined && (requestClientCertificate === true || requireClientCertificate === true)) {
    found.push({ message: `Missing "ca" for ${quote(path)}: nobody says whose client certificates count` });
  }
  return found;
}

function missingHalves(values: Partial<TlsValues>, path: string): Fault[] {
  return (["cert", "key"] as const).filter((name) => values[name] === undefined)
    .map((name) => ({ message: `Missing "${name}" for ${quote(path)}, ${bothOf}` }));
}

/** Of one listener. */
export const listenerTls: Section<TlsValues> = section("Encrypts this listener.", items, {
  needs: ["cert", "key"],
  check: (values, path) => [...missingHalves(values, path), ...faults(values, path)],
});

/** Of `--tls` and `--wss`. */
export const commonTls: Section<TlsValues> = section(
  "Certificates of the listeners that `--tls` and `--wss` open.",
  items,
  { check: faults },
);

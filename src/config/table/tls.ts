/** Certificates: of one listener, or of all that name none of their own. */

import { quote } from "../../core/problem.ts";
import { isServerName } from "../../runtime/server_name.ts";
import type { ListenerTlsValues, TlsValues } from "../tls_values.ts";
import { anyPath, listOf, oneOf, secretText, someText, type ValueKind, yesOrNo } from "../values.ts";
import {
  type Fault,
  type Items,
  type ItemsOf,
  type Section,
  section,
  setting,
  type TaggedList,
} from "./item.ts";

const items: ItemsOf<TlsValues> = {
  cert: setting(
    anyPath,
    "PEM file with the server's own certificate, then its chain; read again when it changes, and on SIGHUP.",
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
  maxVersion: setting(oneOf(["TLSv1.2", "TLSv1.3"]), "The newest version of TLS that is spoken.", {
    otherwise: "TLSv1.3",
  }),
  ciphers: setting(someText, "The suites of TLS 1.2, as OpenSSL writes a list of them; not on Deno.", {
    otherwise: "those of the runtime",
  }),
  watch: setting(
    yesOrNo,
    "Looks every two seconds whether the files have changed, and reads them again then.",
    {
      otherwise: "true",
    },
  ),
};

const serverName: ValueKind<string> = {
  parse: (text) => isServerName(text) ? text : undefined,
  accepted: 'the name of a host, such as "broker.example.org" or "*.example.org"',
  shape: { is: "text", mayBeEmpty: false },
};
const names = setting(listOf(serverName), "The names that the certificate is for, where there are several.", {
  otherwise: "those in it",
});

const { cert, key, passphrase, passphraseFile } = items;
const certificate: Items = { cert, key, passphrase, passphraseFile, names };

const certificates: TaggedList = {
  is: "list",
  one: "certificate",
  text:
    "Further certificates: a client gets that of the name it asks for (SNI), and else the listener's `cert`.",
  tag: null,
  common: {},
  types: {
    "": {
      text: "",
      items: certificate,
      needs: ["cert", "key"],
      check: (values, path) => rivals(values, path),
    },
  },
};

const protocolName: ValueKind<string> = {
  parse: (text) => text !== "" && text.length < 256 ? text : undefined,
  accepted: 'the name of a protocol, such as "mqtt"',
  shape: { is: "text", mayBeEmpty: false },
};

const listenerItems: ItemsOf<ListenerTlsValues> = {
  ...items,
  names,
  certificates,
  alpn: setting(
    listOf(protocolName),
    "Protocols for clients that ask for one (ALPN); who asks for none of these is refused. Only with type tcp.",
    { otherwise: "whatever they ask for" },
  ),
};

const bothOf = "expected the path of a PEM file; one with certificate and key may be given for both";

function faults(values: Partial<TlsValues>, path: string): Fault[] {
  const { ca, requestClientCertificate, requireClientCertificate, minVersion, maxVersion } = values;
  const found = rivals(values, path);
  if (ca === undefined && (requestClientCertificate === true || requireClientCertificate === true)) {
    found.push({ message: `Missing "ca" for ${quote(path)}: nobody says whose client certificates count` });
  }
  if (minVersion === "TLSv1.3" && maxVersion === "TLSv1.2") {
    found.push({ message: `Cannot use "minVersion" above "maxVersion" for ${quote(path)}` });
  }
  return found;
}

function rivals(
  { passphrase, passphraseFile }: { readonly passphrase?: unknown; readonly passphraseFile?: unknown },
  path: string,
): Fault[] {
  if (passphrase === undefined || passphraseFile === undefined) return [];
  return [{ message: `Cannot use "passphrase" beside "passphraseFile" for ${quote(path)}` }];
}

function missingHalves(values: Partial<TlsValues>, path: string): Fault[] {
  return (["cert", "key"] as const).filter((name) => values[name] === undefined)
    .map((name) => ({ message: `Missing "${name}" for ${quote(path)}, ${bothOf}` }));
}

/** Of one listener. */
export const listenerTls: Section<ListenerTlsValues> = section("Encrypts this listener.", listenerItems, {
  needs: ["cert", "key"],
  check: (values, path) => [...missingHalves(values, path), ...faults(values, path)],
});

/** Of `--tls` and `--wss`. */
export const commonTls: Section<TlsValues> = section(
  "Certificates of the listeners that `--tls` and `--wss` open.",
  items,
  { check: faults },
);

/** Is that a listener, and are these its options? Code without types may give anything. */

import {
  checkInstance,
  checkOptions,
  checkString,
  checkText,
  described,
  type Shape,
} from "../core/misuse.ts";
import type { ByteStream } from "../runtime/stream.ts";
import type { Listener } from "./listener.ts";
import { CodedTypeError } from "../core/errors.ts";
import { isServerName } from "../runtime/server_name.ts";
import type { ProxyProtocol } from "./proxies.ts";
import type { CertificateFiles, TlsFiles } from "./tls_files.ts";

const certificateShape: Shape<CertificateFiles> = {
  cert: "any",
  key: "any",
  passphrase: "secret",
  passphraseFile: "string",
  names: "list",
};
const tlsShape: Shape<TlsFiles> = {
  ...certificateShape,
  ca: "any",
  certificates: "list",
  requestClientCert: "boolean",
  requireClientCert: "boolean",
  minVersion: "string",
  maxVersion: "string",
  ciphers: "string",
  alpn: "list",
  watch: "boolean",
};

/** What the options of most listeners have in common. */
interface Common {
  readonly id?: string;
  readonly address?: string;
  readonly path?: string | readonly string[];
  readonly tls?: TlsFiles;
  readonly proxyProtocol?: ProxyProtocol;
}

const proxyShape: Shape<ProxyProtocol> = { trusted: "list" };

/** Throws a TypeError. `needed`: what may not be left out. */
export function checkListenerOptions<T extends Common>(
  what: string,
  options: T,
  shape: Shape<T>,
  needed: readonly (keyof Common)[],
): void {
  checkOptions(`new ${what}`, options, shape);
  for (const name of needed) {
    // (An address that is empty is looked at when it is opened, with all others that are none.)
    (name === "id" ? checkText : checkString)(`Cannot make a ${what} without ${name}`, options[name]);
  }
  const { tls, proxyProtocol } = options;
  if (proxyProtocol !== undefined) checkOptions(`proxyProtocol of new ${what}`, proxyProtocol, proxyShape);
  if (tls !== undefined) checkTls(what, tls);
}

function checkTls(what: string, tls: TlsFiles): void {
  checkOptions(`tls of new ${what}`, tls, tlsShape);
  checkPem(`Cannot make a ${what} with tls and without`, tls);
  if (tls.ca !== undefined && !isPem(tls.ca)) {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use ${described(tls.ca)} as ca of tls of new ${what}: ${pemExpected}`,
    );
  }
  for (const [i, certificate] of (tls.certificates ?? []).entries()) {
    const which = `certificates[${i}] of tls of new ${what}`;
    checkOptions(which, certificate, certificateShape);
    checkPem(`Cannot use ${which} without`, certificate);
  }
  const { minVersion, maxVersion, alpn } = tls;
  for (const [name, version] of [["minVersion", minVersion], ["maxVersion", maxVersion]] as const) {
    if (version === undefined || version === "TLSv1.2" || version === "TLSv1.3") continue;
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use ${described(version)} as ${name} of new ${what}: expected "TLSv1.2" or "TLSv1.3"`,
    );
  }
  if (minVersion === "TLSv1.3" && maxVersion === "TLSv1.2") {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use minVersion "TLSv1.3" beside maxVersion "TLSv1.2" of new ${what}`,
    );
  }
  checkAlpn(what, alpn);
}

function checkAlpn(what: string, alpn: TlsFiles["alpn"]): void {
  if (alpn === undefined) return;
  if (what !== "TcpListener") {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use alpn in tls of new ${what}: it speaks "http/1.1" and nothing else`,
    );
  }
  const bytes = (name: unknown): number =>
    typeof name === "string" ? new TextEncoder().encode(name).length : 0;
  if (alpn.length > 0 && alpn.every((name) => bytes(name) > 0 && bytes(name) < 256)) return;
  throw new CodedTypeError(
    "argument-invalid",
    `Cannot use alpn in tls of new ${what}: expected names of protocols such as "mqtt"`,
  );
}

const pemExpected = "expected the path of a PEM file, or PEM as text or bytes";

function checkPem(what: string, certificate: CertificateFiles): void {
  for (const name of ["cert", "key"] as const) {
    const value: unknown = certificate[name];
    if (isPem(value)) continue;
    const got = value === undefined || name === "cert" ? described(value) : `a ${typeof value}`;
    throw new CodedTypeError("argument-invalid", `${what} ${name}: ${pemExpected}, got ${got}`);
  }
  const strange = certificate.names?.find((name) => typeof name !== "string" || !isServerName(name));
  if (strange === undefined) return;
  throw new CodedTypeError(
    "argument-invalid",
    `Cannot use ${described(strange)} as a name of a certificate: expected one such as "broker.example.org"`,
  );
}

function isPem(value: unknown): boolean {
  return typeof value === "string" || value instanceof Uint8Array;
}

/** Throws a TypeError when it is no listener. */
export function checkListener(value: unknown): void {
  checkInstance("Cannot add a listener", value);
  const listener = value as Listener;
  checkText("Cannot add a listener without id", listener.id);
  const what = `Cannot add listener ${described(listener.id)}`;
  for (const name of ["open", "close"] as const) {
    if (typeof listener[name] === "function") continue;
    throw new CodedTypeError(
      "argument-invalid",
      `${what}: it has no method ${name}, expected a listener such as new TcpListener(...)`,
    );
  }
  for (const name of ["protocol", "address"] as const) checkString(`${what} without ${name}`, listener[name]);
}

/** Throws a TypeError when it is no stream of bytes. */
export function checkStream(value: unknown): void {
  checkInstance("Cannot accept a stream", value);
  const stream = value as ByteStream;
  for (const name of ["write", "pause", "resume", "end", "destroy"] as const) {
    if (typeof stream[name] === "function") continue;
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot accept a stream: it has no method ${name}, expected a ByteStream`,
    );
  }
  checkText("Cannot accept a stream without remoteAddress", stream.remoteAddress);
}

/** Is that a listener, and are these its options? Code without types may give anything. */

import { CodedTypeError } from "../core/errors.ts";
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
import type { TlsFiles } from "./tls_files.ts";

const tlsShape: Shape<TlsFiles> = {
  cert: "string",
  key: "secret",
  ca: "string",
  requestClientCert: "boolean",
  requireClientCert: "boolean",
  minVersion: "string",
  passphrase: "secret",
  passphraseFile: "string",
};

/** What the options of most listeners have in common. */
interface Common {
  readonly id?: string;
  readonly address?: string;
  readonly path?: string;
  readonly tls?: TlsFiles;
}

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
  const { tls } = options;
  if (tls === undefined) return;
  checkOptions(`tls of new ${what}`, tls, tlsShape);
  for (const name of ["cert", "key"] as const) {
    checkString(`Cannot make a ${what} with tls and without ${name}`, tls[name]);
  }
  const { minVersion } = tls;
  if (minVersion === undefined || minVersion === "TLSv1.2" || minVersion === "TLSv1.3") return;
  throw new CodedTypeError(
    "argument-invalid",
    `Cannot use ${described(minVersion)} as minVersion of new ${what}: expected "TLSv1.2" or "TLSv1.3"`,
  );
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

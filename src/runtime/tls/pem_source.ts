/** PEM as it is given: the path of a file, the text itself, or the bytes of a file. */

import { RuntimeError } from "../runtime_error.ts";
import { kindOfDer } from "./der.ts";
import { describeListenFault } from "../tcp/listen_fault.ts";
import { isPem } from "./pem.ts";

export interface PemSource {
  /** What it is called in messages: `The certificate "server.crt"`. */
  readonly name: string;
  readonly text: string;
}

/** `what`: `The certificate`. Throws an Error with one line; never with what may be a secret. */
export async function readPemSource(what: string, given: string | Uint8Array): Promise<PemSource> {
  if (typeof given !== "string") return { name: what, text: decode(what, given) };
  if (isPem(given)) return { name: what, text: given };
  if (isNoPath(given)) {
    throw new RuntimeError(
      "certificate-invalid",
      `${what} is not PEM: it has no line with -----BEGIN, and is not the path of a file either`,
    );
  }
  const name = `${what} "${given}"`;
  const { readFile } = await import("node:fs/promises");
  try {
    return { name, text: decode(name, await readFile(given)) };
  } catch (cause) {
    if (cause instanceof DerFault) throw cause;
    throw new RuntimeError("file-not-readable", `${name} cannot be read: ${describeListenFault(cause)}`, {
      cause,
    });
  }
}

/** It is given as the path of a file. */
export function isPath(given: string): boolean {
  return !isPem(given) && !isNoPath(given);
}

class DerFault extends RuntimeError {}

/** Whoever leaves the first line of a key out does not want the rest to be shown as the name of a file. */
function isNoPath(text: string): boolean {
  return text === "" || /\p{Cc}/u.test(text) || /^M[A-Za-z0-9+/=]{50,}$/.test(text);
}

const rewrite = {
  certificate: "openssl x509 -inform der",
  key: "openssl pkey -inform der",
  pkcs12: "openssl pkcs12 -nodes",
};

/** (Windows writes UTF-16.) */
function decode(name: string, bytes: Uint8Array): string {
  const mark = `${bytes[0]} ${bytes[1]}`;
  const encoding = mark === "255 254" ? "utf-16le" : mark === "254 255" ? "utf-16be" : "utf-8";
  const text = new TextDecoder(encoding).decode(bytes);
  const kind = isPem(text) ? null : kindOfDer(bytes);
  if (kind === null) return text;
  const form = kind === "pkcs12" ? "PKCS #12" : "DER";
  throw new DerFault(
    "certificate-invalid",
    `${name} is ${form}, expected PEM, which ${rewrite[kind]} -in FILE -out NEW writes`,
  );
}

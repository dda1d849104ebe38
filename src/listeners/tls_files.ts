/** Certificates and keys for listeners: paths of PEM files, or PEM text itself. */

import { readTextFile } from "../runtime/process.ts";
import type { TlsSettings } from "../runtime/tls.ts";
import { describeListenFault } from "../runtime/listen_fault.ts";

/** Like `TlsSettings`, but `cert`, `key` and `ca` may be paths, which are read on opening and reloading. */
export type TlsFiles = TlsSettings;

export async function readTlsFiles(files: TlsFiles): Promise<TlsSettings> {
  const cert = await readPem("certificate", files.cert);
  const key = await readPem("private key", files.key);
  if (files.ca === undefined) return { ...files, cert, key };
  return { ...files, cert, key, ca: await readPem("certificate authority", files.ca) };
}

async function readPem(what: string, pathOrText: string): Promise<string> {
  if (pathOrText.includes("-----BEGIN ")) return pathOrText;
  try {
    return await readTextFile(pathOrText);
  } catch (cause) {
    throw new Error(`the ${what} "${pathOrText}" cannot be read: ${describeListenFault(cause)}`, { cause });
  }
}

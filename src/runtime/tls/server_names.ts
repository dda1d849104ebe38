/** Which of several certificates a TLS client gets: that of the name it asks for (SNI, RFC 6066). */

import { X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import { isServerName } from "../server_name.ts";

/** A certificate with the names it is for. */
export interface NamedContext {
  readonly names: readonly string[];
  /** Null: the one that is used when no name fits. */
  readonly context: SecureContext | null;
}

export class ServerNames {
  readonly #exact: Map<string, SecureContext | null> = new Map();
  /** By what follows the star. */
  readonly #wildcards: Map<string, SecureContext | null> = new Map();

  /** Of two with the same name the first counts. */
  constructor(certificates: readonly NamedContext[]) {
    for (const { names, context } of certificates) {
      for (const name of names) {
        const wild = name.startsWith("*.");
        const into = wild ? this.#wildcards : this.#exact;
        const key = canonical(wild ? name.slice(1) : name);
        if (!into.has(key)) into.set(key, context);
      }
    }
  }

  /** `*.example.org` stands for one label, and a name that is written out goes before it. Null: the default. */
  find(asked: string): SecureContext | null {
    const name = canonical(asked);
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    const dot = name.indexOf(".");
    return dot <= 0 ? null : this.#wildcards.get(name.slice(dot)) ?? null;
  }
}

/** Names that a certificate is for: those of its subjectAltName, without any its common name, when that is one. */
export function namesOf(pem: string): readonly string[] {
  const { subjectAltName = "", subject = "" } = new X509Certificate(pem);
  const names = subjectAltName.split(", ").flatMap((part) => part.startsWith("DNS:") ? [part.slice(4)] : []);
  const [, commonName] = /^CN=(.*)$/m.exec(subject) ?? [];
  return (names.length > 0 || commonName === undefined ? names : [commonName]).filter(isServerName);
}

function canonical(name: string): string {
  return (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
}

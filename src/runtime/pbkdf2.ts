/**
 * PBKDF2 (RFC 8018) beside the event loop. Deno's WebCrypto takes two thirds of the time of its `node:crypto`; on Bun it is
 * the other way round.
 */

import { pbkdf2 as ofNode } from "node:crypto";
import { onDeno } from "./platform.ts";

export type Pbkdf2 = (
  password: Uint8Array,
  salt: Uint8Array,
  rounds: number,
  /** Bytes wanted. */
  size: number,
  digest: "sha256" | "sha512",
) => Promise<Uint8Array>;

export const pbkdf2: Pbkdf2 = onDeno ? onWebCrypto : onNode;

const names = { sha256: "SHA-256", sha512: "SHA-512" } as const;

async function onWebCrypto(
  ...[password, salt, rounds, size, digest]: Parameters<Pbkdf2>
): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey("raw", new Uint8Array(password), "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", salt: new Uint8Array(salt), iterations: rounds, hash: names[digest] };
  return new Uint8Array(await subtle.deriveBits(algorithm, key, size * 8));
}

function onNode(...[password, salt, rounds, size, digest]: Parameters<Pbkdf2>): Promise<Uint8Array> {
  return new Promise((resolve, reject) =>
    ofNode(password, salt, rounds, size, digest, (error, key) =>
      // (Without an error Node says null, Bun undefined.)
      error instanceof Error ? reject(error) : resolve(new Uint8Array(key)))
  );
}

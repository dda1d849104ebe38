/** The password of a rule: any, plain, the beginning of one, or hashed. */

import { createHash, timingSafeEqual } from "node:crypto";
import { patternOf } from "../pattern.ts";
import { bcryptCosts, parseBcrypt, verifyBcrypt } from "./bcrypt.ts";
import { parseDerived, verifyDerived } from "./derived.ts";

export type Secret =
  | { readonly kind: "plain"; readonly matches: (password: Uint8Array) => boolean }
  | { readonly kind: "hashed"; readonly verify: (password: Uint8Array) => Promise<boolean> };

/** What is accepted where something looks like a hash; follows "expected". */
export const acceptedHashes: string = "one of $scrypt$ln=,r=,p=$, $pbkdf2-sha512$i=$, $pbkdf2-sha256$i=$, " +
  `$7$ of mosquitto_passwd, or bcrypt with a cost from ${bcryptCosts[0]} to ${bcryptCosts[1]}`;

/** Of a user. Null: it looks like a hash, but is none that can be checked. */
export function userSecret(text: string): Secret | null {
  return looksHashed(text) ? hashed(text) : exactly(text);
}

/** Of an auth rule. Null as above. */
export function ruleSecret(text: string): Secret | null {
  if (looksHashed(text)) return hashed(text);
  const pattern = patternOf(text);
  switch (pattern.kind) {
    case "any":
      return { kind: "plain", matches: () => true };
    case "exact":
      return exactly(text);
    case "prefix":
      return beginning(pattern.text);
  }
}

/**
 * As crypt and PHC write hashes. One of a kind not known here must not be taken for a plain password: then whoever
 * has seen the file could log in with the hash.
 */
function looksHashed(text: string): boolean {
  return /^\$[A-Za-z0-9][A-Za-z0-9-]*\$./.test(text);
}

function hashed(text: string): Secret | null {
  const bcrypt = parseBcrypt(text);
  if (bcrypt !== null) return { kind: "hashed", verify: (password) => verifyBcrypt(bcrypt, password) };
  const derived = parseDerived(text);
  return derived === null ? null : { kind: "hashed", verify: (password) => verifyDerived(derived, password) };
}

/** Compared by their digests, so that the time taken says nothing about how much of it is right. */
function exactly(text: string): Secret {
  const wanted = digest(text);
  return { kind: "plain", matches: (password) => timingSafeEqual(digest(password), wanted) };
}

function beginning(text: string): Secret {
  const bytes = new TextEncoder().encode(text);
  const wanted = digest(bytes);
  return {
    kind: "plain",
    matches: (password) =>
      password.length > bytes.length &&
      timingSafeEqual(digest(password.subarray(0, bytes.length)), wanted),
  };
}

function digest(data: string | Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}

/** The password of a rule: any, plain, the beginning of one, or hashed. */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { PasswordHash } from "../passwords/hash.ts";
import { looksHashed, parseHash } from "../passwords/parse.ts";
import { plainPassword, sha256 } from "../passwords/schemes.ts";
import { patternOf } from "./pattern.ts";

export type Secret = Pattern | Hashed;

interface Pattern {
  readonly kind: "pattern";
  /** Of the same text it is the same, in this process. Null: every password, also none. */
  readonly key: string | null;
  readonly matches: (password: Uint8Array) => boolean;
}

interface Hashed {
  readonly kind: "hashed";
  readonly key: string;
  readonly hash: PasswordHash;
}

/** So that no password is kept to tell whether it is still the same. */
const salt = randomBytes(16);

function keyOf(text: string): string {
  return createHash("sha256").update(salt).update(text).digest("base64");
}

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
      return { kind: "pattern", key: null, matches: () => true };
    case "exact":
      return exactly(text);
    case "prefix":
      return beginning(pattern.text);
  }
}

function hashed(text: string): Secret | null {
  const hash = parseHash(text);
  return hash === null ? null : { kind: "hashed", key: keyOf(text), hash };
}

function exactly(text: string): Secret {
  const { verify } = plainPassword(text);
  return { kind: "pattern", key: keyOf(text), matches: (password) => verify(password) === true };
}

function beginning(text: string): Secret {
  const bytes = new TextEncoder().encode(text);
  const wanted = sha256(bytes);
  return {
    kind: "pattern",
    key: keyOf(`${text}*`),
    matches: (password) =>
      password.length > bytes.length &&
      timingSafeEqual(sha256(password.subarray(0, bytes.length)), wanted),
  };
}

/** Stored passwords that do not say what they were made with: columns of a database, as comqtt names them. */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { parseHash } from "./parse.ts";
import type { HashKind, PasswordHash } from "./hash.ts";

/** The names, each at the place that is its number in comqtt. `none`: the password itself. */
export const comqttSchemes = [
  "none",
  "bcrypt",
  "md5",
  "sha1",
  "sha256",
  "sha512",
  "hmac-sha1",
  "hmac-sha256",
  "hmac-sha512",
] as const;

/** Those that have no number in comqtt. `mosquitto`: what mosquitto_passwd of any version writes. */
const otherSchemes = ["argon2id", "scrypt", "pbkdf2", "mosquitto"] as const;

export type PasswordScheme = typeof comqttSchemes[number] | typeof otherSchemes[number];

/** What is accepted as one; follows "expected". */
export const acceptedSchemes: string = `one of ${
  comqttSchemes.map((name, i) => `${i} (${name})`).join(", ")
}, ${otherSchemes.join(", ")}`;

/** By number or name; null: there is no such scheme. */
export function schemeOf(given: number | string): PasswordScheme | null {
  const text = String(given).toLowerCase();
  if (/^\d$/.test(text)) return comqttSchemes[Number(text)] ?? null;
  return [...comqttSchemes, ...otherSchemes].find((name) => name === text) ?? null;
}

/** It needs a key, which is the same for all passwords. */
export function needsKey(scheme: PasswordScheme): boolean {
  return scheme.startsWith("hmac-");
}

/**
 * A password as it stands in a database. `key`: of HMAC. Null when it is none of the scheme, and when it is empty: nobody
 * is let in because a column was never filled.
 */
export function storedPassword(scheme: PasswordScheme, text: string, key: string = ""): PasswordHash | null {
  if (text === "") return null;
  switch (scheme) {
    case "none":
      return plainPassword(text);
    case "md5":
    case "sha1":
    case "sha256":
    case "sha512":
      return digested(scheme, text, (password) => createHash(scheme).update(password).digest());
    case "hmac-sha1":
    case "hmac-sha256":
    case "hmac-sha512": {
      const algorithm = scheme.slice("hmac-".length);
      return digested(scheme, text, (password) => createHmac(algorithm, key).update(password).digest());
    }
    default:
      return ofKind(kindsOf[scheme], text);
  }
}

const kindsOf: Readonly<Record<"bcrypt" | typeof otherSchemes[number], RegExp>> = {
  bcrypt: /^\$2/,
  argon2id: /^\$argon2id\$/,
  scrypt: /^\$scrypt\$/,
  pbkdf2: /^\$(?:7|pbkdf2-)/,
  mosquitto: /^\$(?:6|7|argon2id)\$/,
};

function ofKind(beginning: RegExp, text: string): PasswordHash | null {
  return beginning.test(text) ? parseHash(text) : null;
}

/** Bytes of a digest. */
const sizes: Readonly<Record<string, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };

function digested(
  kind: HashKind,
  text: string,
  digest: (password: Uint8Array) => Uint8Array,
): PasswordHash | null {
  const size = sizes[kind.replace("hmac-", "")]!;
  if (text.length !== size * 2 || !/^[0-9A-Fa-f]+$/.test(text)) return null;
  const wanted = Uint8Array.from(text.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  return { kind, text, slow: false, verify: (password) => timingSafeEqual(digest(password), wanted) };
}

/** Compared by their digests, so that the time taken says nothing about how much of it is right. */
export function plainPassword(text: string): PasswordHash {
  const wanted = sha256(text);
  return {
    kind: "plain",
    text,
    slow: false,
    verify: (password) => timingSafeEqual(sha256(password), wanted),
  };
}

export function sha256(data: string | Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}

/** Scrypt and PBKDF2, mosquitto's `$7$` among them, and what mosquitto wrote before that, `$6$`. */

import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { pbkdf2 } from "../../../src/runtime/pbkdf2.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import type { HashKind, PasswordHash } from "./hash.ts";

/** `size`: bytes wanted. */
type Derive = (password: Uint8Array, salt: Uint8Array, size: number) => Promise<Uint8Array>;

/** Bytes of memory that checking one password may take. */
const scryptMemory = 128 * 1024 * 1024;
/** More take longer than one to three seconds. */
const mostRounds = 2_000_000;
/** Of SHA-512: mosquitto has no shorter ones. One of part of a file, as another program writes it, is none. */
const mosquittoDigest = 64;

/** Null when it is none of these, is damaged, or costs too much. */
export function parseDerived(text: string): PasswordHash | null {
  const [before, name, parameters, saltText, digestText, ...more] = text.split("$");
  if (before !== "" || digestText === undefined || more.length > 0) return null;
  const salt = decodeBase64(saltText!);
  const digest = decodeBase64(digestText);
  const made = madeBy(name!, parameters!);
  if (salt === null || digest === null || made === null) return null;
  if (digest.length < made.least || digest.length > 64) return null;
  const { kind, derive } = made;
  return {
    kind,
    text,
    slow: true,
    verify: async (password) => timingSafeEqual(await derive(password, salt, digest.length), digest),
  };
}

interface Made {
  readonly kind: HashKind;
  readonly derive: Derive;
  /** Bytes of the digest. */
  readonly least: number;
}

function madeBy(name: string, parameters: string): Made | null {
  switch (name) {
    case "scrypt":
      return madeWith("scrypt", scryptOf(parameters));
    case "7": // As mosquitto_passwd writes it.
      return madeWith("pbkdf2-sha512", pbkdf2Of("sha512", parameters), mosquittoDigest);
    case "pbkdf2-sha512":
    case "pbkdf2-sha256":
      return madeWith(name, pbkdf2Of(name === "pbkdf2-sha512" ? "sha512" : "sha256", parameters));
    default:
      return null;
  }
}

function madeWith(kind: HashKind, derive: Derive | null, least: number = 16): Made | null {
  return derive === null ? null : { kind, derive, least };
}

function scryptOf(parameters: string): Derive | null {
  const [, ln, r, p] = (/^ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})$/.exec(parameters) ?? []).map(Number);
  if (ln === undefined || ln < 1 || r! < 1 || p! < 1 || p! > 16) return null;
  const memory = 128 * 2 ** ln * r!;
  if (memory > scryptMemory) return null;
  // What the library adds to it is little.
  const cost = { N: 2 ** ln, r: r!, p: p!, maxmem: 2 * memory + 1024 * 1024 };
  return (password, salt, size) =>
    new Promise((resolve, reject) =>
      // (Without an error Deno and Node say null, Bun undefined.)
      scrypt(
        password,
        salt,
        size,
        cost,
        (error: Error | null | undefined, key) => error instanceof Error ? reject(error) : resolve(key),
      )
    );
}

function pbkdf2Of(digest: "sha256" | "sha512", parameters: string): Derive | null {
  const [, text] = /^(?:i=)?(\d{1,8})(?:,l=\d{1,3})?$/.exec(parameters) ?? [];
  const rounds = Number(text ?? 0);
  if (rounds < 1 || rounds > mostRounds) return null;
  return (password, salt, size) => pbkdf2(password, salt, rounds, size, digest);
}

/**
 * What mosquitto_passwd of 1.x wrote: SHA-512 of password and salt. Null when it is none; what crypt writes begins with
 * `$6$` as well, and has no padding at its end.
 */
export function parseSalted(text: string): PasswordHash | null {
  const [, saltText, digestText] = /^\$6\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{86}==)$/.exec(text) ?? [];
  const salt = decodeBase64(saltText ?? "");
  const digest = decodeBase64(digestText ?? "");
  if (salt === null || digest === null) return null;
  return {
    kind: "sha512",
    text,
    slow: false,
    verify: (password) =>
      timingSafeEqual(createHash("sha512").update(password).update(salt).digest(), digest),
  };
}

/** A new one of scrypt, with a random salt: 32 MiB and about 0.1 s. */
export async function hashScrypt(password: Uint8Array): Promise<string> {
  const parameters = "ln=15,r=8,p=1";
  const salt = new Uint8Array(randomBytes(16));
  const digest = await scryptOf(parameters)!(password, salt, 32);
  return `$scrypt$${parameters}$${encodeBase64(salt)}$${encodeBase64(digest)}`;
}

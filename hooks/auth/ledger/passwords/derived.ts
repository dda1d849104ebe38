/** Password hashes that `node:crypto` derives away from the event loop: scrypt and PBKDF2. */

import { pbkdf2, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { CodedRangeError } from "../../../../src/core/errors.ts";

export interface DerivedHash {
  readonly salt: Uint8Array;
  readonly digest: Uint8Array;
  readonly derive: Derive;
}

/** `size`: bytes wanted. */
type Derive = (password: Uint8Array, salt: Uint8Array, size: number) => Promise<Uint8Array>;

/** Bytes of memory that checking one password may take. */
const scryptMemory = 128 * 1024 * 1024;
/** More take longer than a second. */
const mostIterations = 2_000_000;

/** Null when it is none of these, is damaged, or costs too much. */
export function parseDerived(text: string): DerivedHash | null {
  const parts = text.split("$");
  if (parts.length !== 5 || parts[0] !== "") return null;
  const [, name, parameters, saltText, digestText] = parts as [string, string, string, string, string];
  const salt = decode(saltText);
  const digest = decode(digestText);
  const derive = deriveOf(name, parameters);
  if (salt === null || digest === null || derive === null) return null;
  return digest.length >= 16 && digest.length <= 64 ? { salt, digest, derive } : null;
}

function deriveOf(name: string, parameters: string): Derive | null {
  switch (name) {
    case "scrypt":
      return scryptOf(parameters);
    case "7": // As mosquitto_passwd writes it.
    case "pbkdf2-sha512":
      return pbkdf2Of("sha512", parameters);
    case "pbkdf2-sha256":
      return pbkdf2Of("sha256", parameters);
    default:
      return null;
  }
}

function scryptOf(parameters: string): Derive | null {
  const [, ln, r, p] = (/^ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})$/.exec(parameters) ?? []).map(Number);
  if (ln === undefined || ln < 1 || r! < 1 || p! < 1 || p! > 16) return null;
  const memory = 128 * 2 ** ln * r!;
  if (memory > scryptMemory) return null;
  // What the library adds to it is little.
  const cost = { N: 2 ** ln, r: r!, p: p!, maxmem: 2 * memory + 1024 * 1024 };
  return (password, salt, size) =>
    new Promise((resolve, reject) => scrypt(password, salt, size, cost, settled(resolve, reject)));
}

function pbkdf2Of(hash: string, parameters: string): Derive | null {
  const [, text] = /^(?:i=)?(\d{1,8})(?:,l=\d{1,3})?$/.exec(parameters) ?? [];
  const iterations = Number(text ?? 0);
  if (iterations < 1 || iterations > mostIterations) return null;
  return (password, salt, size) =>
    new Promise((resolve, reject) =>
      pbkdf2(password, salt, iterations, size, hash, settled(resolve, reject))
    );
}

/** (Without an error Deno and Node say null, Bun undefined.) */
function settled(
  resolve: (key: Uint8Array) => void,
  reject: (error: Error) => void,
): (error: Error | null | undefined, key: Uint8Array) => void {
  return (error, key) => error instanceof Error ? reject(error) : resolve(key);
}

export async function verifyDerived(hash: DerivedHash, password: Uint8Array): Promise<boolean> {
  const derived = await hash.derive(password, hash.salt, hash.digest.length);
  return timingSafeEqual(derived, hash.digest);
}

/**
 * A hash of a password for a ledger: scrypt with a random salt, `$scrypt$ln=15,r=8,p=1$salt$hash`. It takes 32 MiB and
 * about 0.1 s, off the event loop; checking a password takes as much. Rejects for an empty password.
 */
export async function hashPassword(password: string | Uint8Array): Promise<string> {
  const bytes = typeof password === "string" ? new TextEncoder().encode(password) : password;
  if (bytes.length === 0) throw new CodedRangeError("argument-invalid", "Cannot hash an empty password");
  const parameters = "ln=15,r=8,p=1";
  const salt = new Uint8Array(randomBytes(16));
  const digest = await scryptOf(parameters)!(bytes, salt, 32);
  return `$scrypt$${parameters}$${encode(salt)}$${encode(digest)}`;
}

/** Base64 without padding. */
function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
}

/** With or without padding; some write `.` for `+`. Null when it is none, or empty. */
function decode(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/.]{1,512}={0,2}$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replace(/=+$/, "").replaceAll(".", "+")), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

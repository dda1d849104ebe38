/** Hashes that say themselves what they were made with. */

import { CodedRangeError } from "../../../src/core/errors.ts";
import { argon2id } from "../../../src/runtime/argon2.ts";
import { hashArgon2, parseArgon2 } from "./argon2.ts";
import { bcryptCosts, parseBcrypt } from "./bcrypt.ts";
import { hashScrypt, parseDerived, parseSalted } from "./derived.ts";
import type { PasswordHash } from "./hash.ts";

/** What is accepted where a hash has to be; follows "expected". */
export const acceptedHashes: string =
  `one of ${argon2id === null ? "" : "$argon2id$v=19$m=,t=,p=$, "}$scrypt$ln=,r=,p=$, ` +
  "$pbkdf2-sha512$i=$, $pbkdf2-sha256$i=$, $7$ or $6$ of mosquitto_passwd, or bcrypt with a cost from " +
  `${bcryptCosts[0]} to ${bcryptCosts[1]}`;

/** Null: it is none that can be checked, is damaged, or costs too much. */
export function parseHash(text: string): PasswordHash | null {
  return parseArgon2(text) ?? parseDerived(text) ?? parseBcrypt(text) ?? parseSalted(text);
}

/**
 * As crypt and PHC write hashes. One of a kind not known here must not be taken for a plain password: then whoever
 * has seen it could log in with the hash.
 */
export function looksHashed(text: string): boolean {
  return /^\$[A-Za-z0-9][A-Za-z0-9-]*\$./.test(text);
}

/**
 * A hash of a password for a ledger or a file of users: Argon2id with a random salt,
 * `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. It takes 19 MiB and about 0.05 s, off the event loop; checking a password takes
 * as much. (On Node before 24.7, which has no Argon2, it is scrypt.) Rejects with a RangeError for an empty password.
 */
export async function hashPassword(password: string | Uint8Array): Promise<string> {
  const bytes = typeof password === "string" ? new TextEncoder().encode(password) : password;
  if (bytes.length === 0) throw new CodedRangeError("argument-invalid", "Cannot hash an empty password");
  return await hashArgon2(bytes) ?? await hashScrypt(bytes);
}

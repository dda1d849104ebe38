/** Argon2id hashes, as the reference program, mosquitto 2.1 and most libraries write them. */

import { randomBytes, timingSafeEqual } from "node:crypto";
import { type Argon2Costs, argon2id } from "../../../src/runtime/argon2.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import type { PasswordHash } from "./hash.ts";

/** KiB that checking one password may take. */
const mostMemory = 256 * 1024;
/** KiB times passes: more take longer than one to two seconds. */
const mostWork = 1024 * 1024;
const mostLanes = 16;

/** About 40 ms and 19 MiB: the least that OWASP recommends, because a broker checks many. */
const newCosts: Argon2Costs = { memory: 19_456, passes: 2, lanes: 1 };

/** Null when it is none, is damaged, costs too much, or this runtime has no Argon2. */
export function parseArgon2(text: string): PasswordHash | null {
  const derive = argon2id;
  if (derive === null) return null;
  const match =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,5}),p=(\d{1,2})\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2})$/
      .exec(text);
  if (match === null) return null;
  const [memory, passes, lanes] = match.slice(1, 4).map(Number) as [number, number, number];
  if (lanes < 1 || lanes > mostLanes || passes < 1) return null;
  if (memory < 8 * lanes || memory > mostMemory || memory * passes > mostWork) return null;
  const salt = decodeBase64(match[4]!);
  const digest = decodeBase64(match[5]!);
  if (salt === null || salt.length < 8) return null;
  if (digest === null || digest.length < 16 || digest.length > 64) return null;
  const costs = { memory, passes, lanes };
  return {
    kind: "argon2id",
    text,
    slow: true,
    verify: async (password) => timingSafeEqual(await derive(password, salt, costs, digest.length), digest),
  };
}

/** A new one, with a random salt. Null where the runtime has no Argon2. */
export async function hashArgon2(password: Uint8Array): Promise<string | null> {
  if (argon2id === null) return null;
  const salt = new Uint8Array(randomBytes(16));
  const digest = await argon2id(password, salt, newCosts, 32);
  const { memory, passes, lanes } = newCosts;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${encodeBase64(salt)}$${encodeBase64(digest)}`;
}

/** A stored password, whatever it was made with, and how a given one is compared with it. */

import type { MaybePromise } from "../../../src/core/maybe_promise.ts";

/** How a password was stored, as lists of users show it. */
export type HashKind =
  | "plain"
  | "md5"
  | "sha1"
  | "sha256"
  | "sha512"
  | "hmac-sha1"
  | "hmac-sha256"
  | "hmac-sha512"
  | "bcrypt"
  | "argon2id"
  | "scrypt"
  | "pbkdf2-sha256"
  | "pbkdf2-sha512";

/** A stored password, and how a given one is compared with it. */
export interface PasswordHash {
  /** What it was made with. */
  readonly kind: HashKind;
  /** As it is stored; with another text it is another password. */
  readonly text: string;
  /**
   * Made to take long: its promise is settled by work beside the event loop, which has to be waited for in the queue. The
   * others answer at once, in the time that 64 KiB take to digest at most.
   */
  readonly slow: boolean;
  /** In constant time as far as the stored password goes. Rejects when this runtime cannot. */
  verify(password: Uint8Array): MaybePromise<boolean>;
}

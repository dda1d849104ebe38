/** bcrypt where the runtime brings it: on Bun, in its thread pool. */

import { bun } from "./bun.ts";
import { onDeno } from "./platform.ts";

/** Null where there is none. The password: at most 72 bytes, Bun shortens longer ones in a way of its own. */
export const nativeBcrypt: ((password: Uint8Array, hash: string) => Promise<boolean>) | null =
  onDeno || bun === undefined ? null : (password, hash) => bun.password.verify(password, hash, "bcrypt");

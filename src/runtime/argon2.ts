/** Argon2id (RFC 9106) where the runtime has it, beside the event loop: WebCrypto on Deno, `node:crypto` on Bun and Node. */

import * as crypto from "node:crypto";
import { onDeno } from "./platform.ts";

export interface Argon2Costs {
  /** KiB, eight for each lane at least. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** `salt`: eight bytes at least. `size`: bytes wanted, four at least. */
export type Argon2id = (
  password: Uint8Array,
  salt: Uint8Array,
  costs: Argon2Costs,
  size: number,
) => Promise<Uint8Array>;

/** Of `node:crypto`, which has it from Node 24.7 on; its typings say nothing of it. */
type NodeArgon2 = (
  algorithm: "argon2id",
  parameters: {
    readonly message: Uint8Array;
    readonly nonce: Uint8Array;
    readonly parallelism: number;
    readonly tagLength: number;
    readonly memory: number;
    readonly passes: number;
  },
  done: (error: Error | null | undefined, key: Uint8Array) => void,
) => void;

const ofNode = (crypto as { readonly argon2?: NodeArgon2 }).argon2;

/** Null where there is none. */
export const argon2id: Argon2id | null = onDeno ? onWebCrypto : ofNode === undefined ? null : onNode(ofNode);

async function onWebCrypto(
  password: Uint8Array,
  salt: Uint8Array,
  { memory, passes, lanes }: Argon2Costs,
  size: number,
): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto;
  // (The typings do not know it yet.)
  const format = "raw-secret" as "raw";
  const key = await subtle.importKey(format, new Uint8Array(password), "Argon2id", false, ["deriveBits"]);
  const algorithm = { name: "Argon2id", nonce: new Uint8Array(salt), memory, passes, parallelism: lanes };
  return new Uint8Array(await subtle.deriveBits(algorithm, key, size * 8));
}

function onNode(argon2: NodeArgon2): Argon2id {
  return (message, nonce, { memory, passes, lanes }, tagLength) =>
    new Promise((resolve, reject) =>
      argon2(
        "argon2id",
        { message, nonce, memory, passes, parallelism: lanes, tagLength },
        (error, key) => error instanceof Error ? reject(error) : resolve(new Uint8Array(key)),
      )
    );
}

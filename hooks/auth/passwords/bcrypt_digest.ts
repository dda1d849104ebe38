/** bcrypt itself (Provos and Mazières, 1999), in JavaScript, for runtimes that have none. */

import { Blowfish, cycled } from "./blowfish.ts";

/** What a thread is given to do. */
export interface BcryptTask {
  /** What counts of it, 72 bytes at most. */
  readonly password: Uint8Array;
  /** 16 bytes. */
  readonly salt: Uint8Array;
  readonly cost: number;
}

/** 23 bytes. Yields after each of the `2 ** cost` rounds, so that whoever asks for the next can see to other things. */
export function* bcryptDigest({ password, salt, cost }: BcryptTask): Generator<void, Uint8Array> {
  const key = cycled(new Uint8Array([...password, 0]));
  const saltWords = cycled(salt);
  const cipher = new Blowfish();
  cipher.expand(key, saltWords);
  for (let i = 2 ** cost; i > 0; i--) {
    cipher.expand(key);
    cipher.expand(saltWords);
    yield;
  }
  return finalText(cipher);
}

function finalText(cipher: Blowfish): Uint8Array {
  const text = new TextEncoder().encode("OrpheanBeholderScryDoubt");
  const view = new DataView(text.buffer);
  for (let at = 0; at < text.length; at += 8) {
    cipher.block[0] = view.getInt32(at);
    cipher.block[1] = view.getInt32(at + 4);
    for (let i = 0; i < 64; i++) cipher.encrypt();
    view.setInt32(at, cipher.block[0]!);
    view.setInt32(at + 4, cipher.block[1]!);
  }
  return text.slice(0, 23);
}

/**
 * What the process was given as its output, written while the event loop goes on: nobody may be reading a pipe. (Deno's
 * `node:fs` writes in the event loop, its callbacks and promises as well: a full pipe stops the whole process there.)
 */

import { builtin } from "../builtin.ts";
import { onDeno } from "../platform.ts";

/** Where bytes can be written one after the other. */
export interface Appending {
  /** Writes some of them, at least one, and says how many. One call at a time. */
  write(bytes: Uint8Array): Promise<number>;
  /** The same at once, for last words. */
  writeSync(bytes: Uint8Array): number;
}

/** 1 is standard output, 2 standard error. */
export function processOutput(descriptor: 1 | 2): Appending {
  if (onDeno) {
    const stream = descriptor === 1 ? Deno.stdout : Deno.stderr;
    return { write: (bytes) => stream.write(bytes), writeSync: (bytes) => stream.writeSync(bytes) };
  }
  const { write, writeSync } = builtin("fs");
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        write(descriptor, bytes, 0, bytes.length, null, (error, written) => {
          if (error === null || error === undefined) resolve(written);
          else reject(error);
        });
      }),
    writeSync: (bytes) => writeSync(descriptor, bytes),
  };
}

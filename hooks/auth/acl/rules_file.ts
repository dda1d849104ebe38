/** A file with rules that may change while the server runs. */

import { readFile, stat } from "node:fs/promises";
import { textOf } from "../../../src/core/error_text.ts";
import { CodedError, CodedRangeError } from "../../../src/core/errors.ts";
import { FileWatch } from "../users/watch.ts";
import { AclError } from "./error.ts";

/** What `interval` may be besides 0. */
const intervals = [10, 3_600_000] as const;

export class RulesFile {
  readonly path: string;
  readonly #take: (bytes: Uint8Array) => Promise<void>;
  readonly #watch: FileWatch | null;
  #started = 0;
  #reloaded: Promise<void> = Promise.resolve();

  /** `take`: what it says, each time it is read. `changed`: it should be read again; must not reject. */
  constructor(
    path: string,
    interval: number,
    take: (bytes: Uint8Array) => Promise<void>,
    changed: () => Promise<void>,
  ) {
    const [least, most] = intervals;
    if (interval !== 0 && !(Number.isInteger(interval) && interval >= least && interval <= most)) {
      throw new CodedRangeError(
        "argument-invalid",
        `Cannot use ${interval} as interval of Acl.mosquitto: expected 0, or a whole number from ${least} to ${most}`,
      );
    }
    this.path = path;
    this.#take = take;
    this.#watch = interval === 0 ? null : new FileWatch(path, interval, changed);
  }

  /** Reads it and looks at it from now on. Rejects with an `AclError`. */
  async start(): Promise<void> {
    await this.reload();
    this.#started++;
    this.#watch?.start();
  }

  stop(): void {
    if (--this.#started <= 0) this.#watch?.stop();
  }

  /** Rejects with an `AclError`. One after the other, so that what was read last is what counts. */
  reload(): Promise<void> {
    const done = this.#reloaded.then(async () => {
      await this.#watch?.note();
      await this.#take(await bytesOf(this.path));
    });
    this.#reloaded = done.catch(() => {});
    return done;
  }
}

/** Rejects with an `AclError`. */
async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    // (Reading a pipe, or a device, may never end.)
    if (!(await stat(file)).isFile()) throw new CodedError("file-not-readable", "it is no file");
    return await readFile(file);
  } catch (error) {
    const message = `Cannot read the rules: ${textOf(error)}`;
    throw new AclError([{ where: file, message }], { cause: error, code: "file-not-readable" });
  }
}

/** What commands change: over the socket of a broker that runs on the directory, else in its database. */

import { existsSync } from "node:fs";
import { dataDirectory, socketIn } from "../../config/data_directory.ts";
import { errorCodeOf } from "../../core/codes.ts";
import { CodedError } from "../../core/errors.ts";
import { StorageError } from "../../storage/error.ts";
import type { Call } from "../call.ts";
import { socketOf } from "../commands/socket.ts";

/** Another command, and a broker that begins or ends just now, is waited for this long, in milliseconds. */
const PATIENCE_MS = 5000;
const AGAIN_MS = 20;

export interface Ways<T> {
  /** For "Cannot ...". */
  readonly what: string;
  /** Rejects with `broker-not-running` when nobody listens there. */
  readonly broker: (socket: string) => Promise<T>;
  /** Throws a `StorageError` with `in use` when a process has it. */
  readonly database: () => T;
}

/** `--sock` names a broker that has to be there. Rejects with an Error with one line. */
export async function reach<T>(call: Call, { what, broker, database }: Ways<T>): Promise<T> {
  if (call.given.has("sock")) return await broker(socketOf(call, what));
  const directory = dataDirectory(call.configuration.values);
  const socket = directory === null ? null : socketIn(directory);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      if (socket !== null && existsSync(socket)) return await broker(socket);
    } catch (error) {
      // (A crash leaves the socket where it was.)
      if (errorCodeOf(error) !== "broker-not-running") throw error;
    }
    try {
      return database();
    } catch (error) {
      if (!(error instanceof StorageError) || error.fault !== "in use") throw error;
      if (performance.now() > until) {
        const why = "another program has them open, and takes no commands";
        throw new CodedError("storage-in-use", `Cannot ${what}: ${why}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

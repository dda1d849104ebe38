/** The store of users as commands use it. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { ACCESS_FILE } from "../../hooks/auth/store/database.ts";
import { LocalAccessStore } from "../../hooks/auth/store/local_store.ts";
import type { AccessStore, Listed, ListOptions } from "../../hooks/auth/store/types.ts";
import { dataDirectory } from "../config/data_directory.ts";
import { CodedError } from "../core/errors.ts";
import { quote } from "../core/problem.ts";
import { StorageError } from "../storage/error.ts";
import type { Call } from "./call.ts";

/** Another command is waited for this long, in milliseconds. */
const PATIENCE_MS = 1000;
const AGAIN_MS = 20;

/**
 * Does something with the store that the broker would use. `makes`: the database is made when there is none. Throws an
 * Error with one line.
 */
export async function withStore<T>(
  { configuration }: Call,
  act: (store: AccessStore) => Promise<T>,
  { makes = false }: { readonly makes?: boolean } = {},
): Promise<T> {
  const directory = dataDirectory(configuration.values);
  if (directory === null) {
    throw new CodedError(
      "database-missing",
      "No directory for data is named, expected --data DIR, COMQTT_DATA, or data in the file of --conf",
    );
  }
  if (!makes && !existsSync(join(directory, ACCESS_FILE))) {
    throw new CodedError(
      "database-missing",
      `There are no users in ${quote(directory)}; comqtt users add NAME --data DIR adds one`,
    );
  }
  const store = await openStore(directory);
  try {
    return await act(store);
  } finally {
    store.close();
  }
}

async function openStore(directory: string): Promise<LocalAccessStore> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return LocalAccessStore.open(directory);
    } catch (error) {
      if (!(error instanceof StorageError) || error.fault !== "in use") throw error;
      if (performance.now() > until) {
        throw new CodedError(
          "storage-in-use",
          `Cannot use the users in ${quote(directory)}: a broker runs with them, stop it first`,
          { cause: error },
        );
      }
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** All of a list, part by part. */
export async function* allOf<T>(list: (options: ListOptions) => Promise<Listed<T>>): AsyncGenerator<T> {
  let after = "";
  for (;;) {
    const { items, next } = await list({ after, limit: 1000 });
    yield* items;
    if (next === null) return;
    after = next;
  }
}

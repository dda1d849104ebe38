/** The store of users as commands use it. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { ACCESS_FILE } from "../../hooks/auth/store/access_file.ts";
import { LocalAccessStore } from "../../hooks/auth/store/local_store.ts";
import type { Listed, ListOptions } from "../../hooks/auth/store/types.ts";
import { dataDirectory } from "../config/data_directory.ts";
import { CodedError } from "../core/errors.ts";
import { quote } from "../core/problem.ts";
import { writeErrorOutput } from "../runtime/process.ts";
import { reach } from "./access/reach.ts";
import { type CommandStore, SocketAccessStore } from "./access/socket_store.ts";
import type { Call } from "./call.ts";

export type { CommandStore } from "./access/socket_store.ts";

/**
 * Does something with the store of the running broker, or with that which it would use. `makes`: the database is made when there is none.
 * Rejects with an Error with one line.
 */
export async function withStore<T>(
  call: Call,
  act: (store: CommandStore) => Promise<T>,
  { makes = false }: { readonly makes?: boolean } = {},
): Promise<T> {
  const directory = dataDirectory(call.configuration.values);
  const store = await reach<SocketAccessStore | LocalAccessStore>(call, {
    what: directory === null ? "use the users" : `use the users in ${quote(directory)}`,
    broker: (socket) => SocketAccessStore.open(socket),
    database: () => kept(directory, makes),
  });
  try {
    const done = await act(store);
    if (store instanceof SocketAccessStore && store.changed && !store.asked) tellNotAsked(store);
    return done;
  } finally {
    store.close();
  }
}

function kept(directory: string | null, makes: boolean): LocalAccessStore {
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
  return LocalAccessStore.open(directory);
}

/** (Not with the answer, which a program may read.) */
function tellNotAsked({ place }: SocketAccessStore): void {
  writeErrorOutput(
    `comqtt: It is kept, but the running broker does not ask the users of ${quote(place ?? "")}: ` +
      '"store: true" in "auth" of its configuration does, and where nothing is said about access a restart or SIGHUP\n',
  );
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

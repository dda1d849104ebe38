/** The users of the running program, as its socket changes them, whether it asks them or not. */

import type { AccessOfHost } from "../../api/route.ts";
import type { LocalAccessStore } from "../../../hooks/auth/store/local_store.ts";
import { CodedError } from "../../core/errors.ts";
import type { Server } from "../../server/server.ts";

export class ProgramAccess implements AccessOfHost {
  readonly #directory: string | null;
  readonly #server: Pick<Server, "hooks">;
  /** Open from the first command on: reading all of it takes its time. (If a hook has it open as well, it is the same.) */
  #open: LocalAccessStore | null = null;
  #closed = false;

  /** `directory`: for data; null: users are in memory. */
  constructor(directory: string | null, server: Pick<Server, "hooks">) {
    this.#directory = directory;
    this.#server = server;
  }

  async store(): Promise<LocalAccessStore> {
    const { LocalAccessStore } = await import("../../../hooks/auth/store/local_store.ts");
    if (this.#closed) throw new CodedError("server-closed", "Cannot use the users: the broker is closing");
    return this.#open ??= LocalAccessStore.open(this.#directory);
  }

  async isAsked(): Promise<boolean> {
    const { StoredUsers } = await import("../../../hooks/auth/access_store.ts");
    const { place } = await this.store();
    return this.#server.hooks.some((hook) => hook instanceof StoredUsers && hook.store.place === place);
  }

  close(): void {
    this.#closed = true;
    this.#open?.close();
    this.#open = null;
  }
}

/** Bans as commands use them: those of a running broker, or those in its database while none runs. */

import type { Ban, BanName, BanRequest } from "../../../hooks/auth/bans/ban.ts";
import { noBan } from "../../../hooks/auth/bans/ban.ts";
import { BanBook } from "../../../hooks/auth/bans/book.ts";
import { BanTable } from "../../../hooks/auth/bans/table.ts";
import { callSocket } from "../commands/socket.ts";

export interface CommandBans {
  /** In the order of kind and value. */
  list(): Promise<readonly Ban[]>;
  add(request: BanRequest): Promise<Ban>;
  /** Answers the one that was there; rejects with `ban-not-found`. */
  remove(name: BanName): Promise<Ban>;
  close(): void;
}

export class SocketBans implements CommandBans {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Rejects with an Error that has a code: `broker-not-running` when nobody listens there. */
  static async open(socket: string): Promise<SocketBans> {
    await callSocket(socket, "GET", "/bans?limit=1");
    return new SocketBans(socket);
  }

  async list(): Promise<readonly Ban[]> {
    const all: Ban[] = [];
    let next: BanName | null = null;
    do {
      const query: string = next === null ? "" : `?${new URLSearchParams({ ...next })}`;
      const part = await callSocket(this.#socket, "GET", `/bans${query}`) as {
        readonly items: readonly Ban[];
        readonly next: BanName | null;
      };
      all.push(...part.items);
      next = part.next;
    } while (next !== null);
    return all;
  }

  async add(request: BanRequest): Promise<Ban> {
    return await callSocket(this.#socket, "PUT", "/bans", request) as Ban;
  }

  async remove({ kind, value }: BanName): Promise<Ban> {
    return await callSocket(this.#socket, "DELETE", "/bans", { kind, value }) as Ban;
  }

  /** (Nothing stays open.) */
  close(): void {}
}

export class KeptBans implements CommandBans {
  readonly #book: BanBook;

  /** Throws a `StorageError`: with `in use` another process has them. */
  constructor(directory: string) {
    const table = new BanTable(directory);
    try {
      this.#book = new BanBook(table, Date.now);
    } catch (error) {
      table.close();
      throw error;
    }
  }

  list(): Promise<readonly Ban[]> {
    return Promise.resolve(this.#book.list());
  }

  add(request: BanRequest): Promise<Ban> {
    return this.#book.add(request);
  }

  async remove(name: BanName): Promise<Ban> {
    const found = this.#book.get(name);
    if (found === null || !await this.#book.remove(name)) throw noBan(name);
    return found;
  }

  close(): void {
    this.#book.close();
  }
}

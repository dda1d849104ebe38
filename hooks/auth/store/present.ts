/** Who is connected as whom. */

import type { Client } from "../../../src/hook/client.ts";

export class Present {
  readonly #clients: Map<string, Set<Client>> = new Map();

  /** How many there are of this user then. */
  add(username: string, client: Client): number {
    let clients = this.#clients.get(username);
    if (clients === undefined) this.#clients.set(username, clients = new Set());
    return clients.add(client).size;
  }

  remove(username: string, client: Client): void {
    const clients = this.#clients.get(username);
    if (clients?.delete(client) === true && clients.size === 0) this.#clients.delete(username);
  }

  /** How many besides the one that this client takes over. */
  others(username: string, { id }: Client): number {
    let count = 0;
    for (const one of this.#clients.get(username) ?? []) if (one.id !== id) count++;
    return count;
  }
}

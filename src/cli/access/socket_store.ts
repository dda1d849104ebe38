/** The store of users of a running broker, over its socket. Passwords go there as hashes. */

import { hashPassword } from "../../../hooks/auth/passwords/parse.ts";
import type {
  AccessImport,
  AccessImported,
  AccessStore,
  Expected,
  Listed,
  ListOptions,
  RoleChanges,
  RuleOrder,
  RuleOwner,
  StoredRole,
  StoredRule,
  StoredUser,
  UserChanges,
} from "../../../hooks/auth/store/types.ts";
import { type ErrorCode, errorCodeOf } from "../../core/codes.ts";
import { callSocket } from "../commands/socket.ts";

/** What a command needs: it does not wait for changes of others. */
export type CommandStore = Omit<AccessStore, "onChange">;

interface About {
  readonly place: string | null;
  readonly asked: boolean;
}

export class SocketAccessStore implements CommandStore {
  readonly place: string | null;
  /** The broker asks these users when somebody connects. */
  readonly asked: boolean;
  /** Something was changed. */
  changed = false;
  readonly #socket: string;

  private constructor(socket: string, { place, asked }: About) {
    this.#socket = socket;
    this.place = place;
    this.asked = asked;
  }

  /** Rejects with an Error that has a code: `broker-not-running` when nobody listens there. */
  static async open(socket: string): Promise<SocketAccessStore> {
    return new SocketAccessStore(socket, await callSocket(socket, "GET", "/access") as About);
  }

  /** (Nothing stays open.) */
  close(): void {}

  async order(): Promise<RuleOrder> {
    return (await this.#ask<{ readonly order: RuleOrder }>("/access")).order;
  }

  async setOrder(order: RuleOrder): Promise<void> {
    await this.#change("PUT", "/rules/order", { order });
  }

  listUsers(options: ListOptions = {}): Promise<Listed<StoredUser>> {
    return this.#ask(`/users${partText(options)}`);
  }

  user(name: string): Promise<StoredUser | null> {
    return this.#find("users", name, "user-not-found");
  }

  putUser(name: string, changes: UserChanges, expected?: Expected): Promise<StoredUser> {
    return this.#change("PUT", "/users", { ...changes, name, expected });
  }

  async setPassword(name: string, password: string | Uint8Array): Promise<StoredUser> {
    const bytes = typeof password === "string" ? new TextEncoder().encode(password) : password;
    return await this.putUser(name, { hash: await hashPassword(bytes) }, "there");
  }

  async removeUser(name: string): Promise<void> {
    await this.#change("DELETE", "/users", { name });
  }

  listRoles(options: ListOptions = {}): Promise<Listed<StoredRole>> {
    return this.#ask(`/roles${partText(options)}`);
  }

  role(name: string): Promise<StoredRole | null> {
    return this.#find("roles", name, "role-not-found");
  }

  putRole(name: string, changes: RoleChanges, expected?: Expected): Promise<StoredRole> {
    return this.#change("PUT", "/roles", { ...changes, name, expected });
  }

  async removeRole(name: string): Promise<void> {
    await this.#change("DELETE", "/roles", { name });
  }

  addRule(owner: RuleOwner, rule: StoredRule, position?: number): Promise<readonly StoredRule[]> {
    return this.#change("POST", "/rules", { ...owner, rule, position });
  }

  removeRule(owner: RuleOwner, position: number): Promise<readonly StoredRule[]> {
    return this.#change("DELETE", "/rules", { ...owner, position });
  }

  import(from: AccessImport): Promise<AccessImported> {
    return this.#change("POST", "/access/import", from);
  }

  async #ask<T>(route: string): Promise<T> {
    return await callSocket(this.#socket, "GET", route) as T;
  }

  async #change<T>(method: "POST" | "PUT" | "DELETE", route: string, body: unknown): Promise<T> {
    const answer = await callSocket(this.#socket, method, route, body) as T;
    this.changed = true;
    return answer;
  }

  async #find<T>(what: "users" | "roles", name: string, absent: ErrorCode): Promise<T | null> {
    try {
      return await this.#ask<T>(`/${what}?${new URLSearchParams({ name })}`);
    } catch (error) {
      if (errorCodeOf(error) === absent) return null;
      throw error;
    }
  }
}

function partText({ after, limit }: ListOptions): string {
  const query = new URLSearchParams();
  if (after !== undefined) query.set("after", after);
  if (limit !== undefined) query.set("limit", String(limit));
  return `?${query}`;
}

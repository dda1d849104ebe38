/**
 * The store in this process: SQLite is the truth, and everything is in memory as well, where access is decided. A change is
 * committed, then it holds, then those who listen are told, and it is acknowledged when it is on the disk.
 */

import { CodedError } from "../../../src/core/errors.ts";
import { hashPassword } from "../passwords/parse.ts";
import { AccessDatabase } from "./database.ts";
import { Account, type Role, userOf } from "./records.ts";
import { UserTables } from "./tables.ts";
import type {
  AccessChange,
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
} from "./types.ts";
import {
  checkName,
  checkOrder,
  checkPosition,
  checkRole,
  checkUser,
  listOptions,
  shown,
} from "./validate.ts";

/** What changes, and how. */
interface Planned<Change extends AccessChange = AccessChange> {
  readonly change: Change;
  readonly write: () => void;
  readonly apply: () => void;
}

type ChangeOf<Type extends AccessChange["type"]> = Extract<AccessChange, { readonly type: Type }>;

const MOST_PASSWORD = 65_535;

/** By the paths of their databases: those that are open in this process. (Two would not know of each other's changes.) */
const shared = new Map<string, LocalAccessStore>();

export class LocalAccessStore implements AccessStore {
  readonly place: string | null;
  readonly #database: AccessDatabase;
  readonly #tables: UserTables;
  readonly #users: Map<string, Account>;
  readonly #roles: Map<string, Role>;
  readonly #now: () => number;
  readonly #listeners: Set<(changes: readonly AccessChange[]) => void> = new Set();
  #order: RuleOrder;
  #holders = 1;

  private constructor(database: AccessDatabase, now: () => number) {
    this.#database = database;
    this.place = database.path;
    this.#now = now;
    this.#tables = new UserTables(database);
    const { users, roles, order } = this.#tables.read();
    this.#users = users;
    this.#roles = roles;
    this.#order = order;
  }

  /**
   * Null: in memory. One that is open already in this process is the same, and each who opens it closes it. Throws a
   * `StorageError`: with `in use` another process has it.
   */
  static open(directory: string | null, now: () => number = Date.now): LocalAccessStore {
    const database = AccessDatabase.open(directory);
    try {
      const { path } = database;
      const known = path === null ? undefined : shared.get(path);
      if (known !== undefined) {
        database.close();
        known.#holders++;
        return known;
      }
      const opened = new LocalAccessStore(database, now);
      if (path !== null) shared.set(path, opened);
      return opened;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** The last of those who have opened it closes it. */
  close(): void {
    if (--this.#holders > 0) return;
    if (this.place !== null) shared.delete(this.place);
    this.#listeners.clear();
    this.#database.close();
  }

  // --- what decisions need, at once ---

  get size(): number {
    return this.#users.size;
  }

  get currentOrder(): RuleOrder {
    return this.#order;
  }

  account(name: string): Account | undefined {
    return this.#users.get(name);
  }

  rulesOf(role: string): readonly StoredRule[] {
    return this.#roles.get(role)?.rules ?? [];
  }

  accounts(): IterableIterator<Account> {
    return this.#users.values();
  }

  // --- users ---

  // deno-lint-ignore require-await -- what it throws is to be a rejection
  async listUsers(options: ListOptions = {}): Promise<Listed<StoredUser>> {
    const names = this.#names("users", options);
    const items = names.items.map((name) => userOf(this.#users.get(name)!));
    return { ...names, items, total: this.#users.size };
  }

  #names(table: "users" | "roles", options: ListOptions): { items: string[]; next: string | null } {
    const { after, limit } = listOptions(options);
    const found = this.#tables.names(table, after, limit + 1);
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? items.at(-1)! : null };
  }

  user(name: string): Promise<StoredUser | null> {
    const account = this.#users.get(name);
    return Promise.resolve(account === undefined ? null : userOf(account));
  }

  async putUser(name: string, changes: UserChanges, expected?: Expected): Promise<StoredUser> {
    checkName("user", name);
    const before = this.#users.get(name);
    if (before === undefined && expected === "there") throw this.#noUser(name);
    if (before !== undefined && expected === "new") {
      throw new CodedError("user-exists", `Cannot add the user ${shown(name)}: there is one already`);
    }
    const planned = this.#plannedUser(name, changes, this.#roles);
    await this.#change([planned]);
    // (By now it may be another one, or gone.)
    return planned.change.after!;
  }

  async setPassword(name: string, password: string | Uint8Array): Promise<StoredUser> {
    if (!this.#users.has(name)) throw this.#noUser(name);
    const bytes = typeof password === "string" ? new TextEncoder().encode(password) : password;
    if (bytes.length > MOST_PASSWORD) {
      throw new CodedError(
        "argument-invalid",
        `Cannot use a password of more than the ${MOST_PASSWORD} bytes that MQTT has for one`,
      );
    }
    const hash = await hashPassword(bytes);
    return await this.putUser(name, { hash }, "there");
  }

  async removeUser(name: string): Promise<void> {
    const before = this.#users.get(name);
    if (before === undefined) throw this.#noUser(name);
    await this.#change([{
      change: { type: "user", name, before: userOf(before), after: null, password: true },
      write: () => this.#tables.removeUser(name),
      apply: () => this.#users.delete(name),
    }]);
  }

  /** `roles`: those that there will be. Throws when it cannot be. */
  #plannedUser(
    name: string,
    changes: UserChanges,
    roles: ReadonlyMap<string, unknown>,
  ): Planned<ChangeOf<"user">> {
    checkUser(name, changes);
    const before = this.#users.get(name);
    const now = this.#now();
    const absent = changes.roles?.find((role) => !roles.has(role));
    if (absent !== undefined) {
      const to = `to the user ${shown(name)}`;
      throw new CodedError(
        "role-not-found",
        `Cannot give the role ${shown(absent)} ${to}: there is no such role`,
      );
    }
    const after = new Account({
      hash: null,
      enabled: true,
      superuser: false,
      roles: [],
      rules: [],
      limits: {},
      notes: "",
      created: now,
      ...before,
      ...cleaned(changes),
      name,
      changed: now,
    });
    const password = before !== undefined && before.hash !== after.hash;
    return {
      change: {
        type: "user",
        name,
        before: before === undefined ? null : userOf(before),
        after: userOf(after),
        password,
      },
      write: () => {
        this.#tables.putUser(after);
        if (changes.rules !== undefined) this.#tables.putRules({ kind: "user", name }, after.rules);
      },
      apply: () => this.#users.set(name, after),
    };
  }

  #noUser(name: string): Error {
    return new CodedError("user-not-found", `There is no user ${shown(name)}`);
  }

  // --- roles ---

  // deno-lint-ignore require-await -- what it throws is to be a rejection
  async listRoles(options: ListOptions = {}): Promise<Listed<StoredRole>> {
    const names = this.#names("roles", options);
    return { ...names, items: names.items.map((name) => this.#roles.get(name)!), total: this.#roles.size };
  }

  role(name: string): Promise<StoredRole | null> {
    return Promise.resolve(this.#roles.get(name) ?? null);
  }

  async putRole(name: string, changes: RoleChanges, expected?: Expected): Promise<StoredRole> {
    checkName("role", name);
    const before = this.#roles.get(name);
    if (before === undefined && expected === "there") throw this.#noRole(name);
    if (before !== undefined && expected === "new") {
      throw new CodedError("role-exists", `Cannot add the role ${shown(name)}: there is one already`);
    }
    const planned = this.#plannedRole(name, changes);
    await this.#change([planned]);
    return planned.change.after!;
  }

  async removeRole(name: string): Promise<void> {
    const before = this.#roles.get(name);
    if (before === undefined) throw this.#noRole(name);
    if (before.reserved) throw reserved("remove", name);
    let holders = 0;
    let first = "";
    for (const account of this.#users.values()) {
      if (account.roles.includes(name) && holders++ === 0) first = account.name;
    }
    if (holders > 0) {
      const who = holders === 1
        ? `the user ${shown(first)} has it`
        : `${holders} users have it, ${shown(first)} for example`;
      throw new CodedError("role-in-use", `Cannot remove the role ${shown(name)}: ${who}`);
    }
    await this.#change([{
      change: { type: "role", name, before, after: null },
      write: () => this.#tables.removeRole(name),
      apply: () => this.#roles.delete(name),
    }]);
  }

  #plannedRole(name: string, changes: RoleChanges): Planned<ChangeOf<"role">> {
    checkRole(name, changes);
    const before = this.#roles.get(name) ?? null;
    if (before?.reserved === true) throw reserved("change", name);
    const now = this.#now();
    const { rules = before?.rules ?? [], notes = before?.notes ?? "" } = cleaned(changes);
    const after: Role = {
      name,
      rules,
      notes,
      reserved: false,
      created: before?.created ?? now,
      changed: now,
    };
    return {
      change: { type: "role", name, before, after },
      write: () => {
        this.#tables.putRole(after);
        if (changes.rules !== undefined) this.#tables.putRules({ kind: "role", name }, rules);
      },
      apply: () => this.#roles.set(name, after),
    };
  }

  #noRole(name: string): Error {
    return new CodedError("role-not-found", `There is no role ${shown(name)}`);
  }

  // --- rules ---

  async addRule(owner: RuleOwner, rule: StoredRule, position?: number): Promise<readonly StoredRule[]> {
    const rules = this.#rulesOf(owner);
    const at = position ?? rules.length + 1;
    checkPosition(`${owner.kind} ${shown(owner.name)}`, at, rules.length + 1);
    return await this.#putRules(owner, rules.toSpliced(at - 1, 0, rule));
  }

  async removeRule(owner: RuleOwner, position: number): Promise<readonly StoredRule[]> {
    const rules = this.#rulesOf(owner);
    checkPosition(`${owner.kind} ${shown(owner.name)}`, position, rules.length);
    return await this.#putRules(owner, rules.toSpliced(position - 1, 1));
  }

  #rulesOf({ kind, name }: RuleOwner): readonly StoredRule[] {
    if (kind === "user") return (this.#users.get(name) ?? raise(this.#noUser(name))).rules;
    return (this.#roles.get(name) ?? raise(this.#noRole(name))).rules;
  }

  async #putRules({ kind, name }: RuleOwner, rules: readonly StoredRule[]): Promise<readonly StoredRule[]> {
    const put = kind === "user"
      ? await this.putUser(name, { rules }, "there")
      : await this.putRole(name, { rules }, "there");
    return put.rules;
  }

  order(): Promise<RuleOrder> {
    return Promise.resolve(this.#order);
  }

  async setOrder(order: RuleOrder): Promise<void> {
    checkOrder(order);
    await this.#change([this.#plannedOrder(order)]);
  }

  #plannedOrder(order: RuleOrder): Planned {
    return {
      change: { type: "order", order },
      write: () => this.#tables.putOrder(order),
      apply: () => this.#order = order,
    };
  }

  // --- many at once ---

  async import({ users, roles, order }: AccessImport): Promise<AccessImported> {
    const there = new Map<string, unknown>(this.#roles);
    for (const { name } of roles) {
      checkName("role", name);
      there.set(name, null);
    }
    refuseTwice("role", roles);
    refuseTwice("user", users);
    const planned: Planned[] = roles.map(({ name, ...changes }) => this.#plannedRole(name, changes));
    for (const { name, ...changes } of users) {
      checkName("user", name);
      planned.push(this.#plannedUser(name, changes, there));
    }
    if (order !== undefined) {
      checkOrder(order);
      planned.push(this.#plannedOrder(order));
    }
    const count = (list: readonly { readonly name: string }[], known: ReadonlyMap<string, unknown>) => {
      const changed = list.filter(({ name }) => known.has(name)).length;
      return { added: list.length - changed, changed };
    };
    const counts = { users: count(users, this.#users), roles: count(roles, this.#roles) };
    await this.#change(planned);
    return counts;
  }

  onChange(listener: (changes: readonly AccessChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** All of it or nothing. */
  async #change(planned: readonly Planned[]): Promise<void> {
    this.#database.write(() => {
      for (const { write } of planned) write();
    });
    for (const { apply } of planned) apply();
    const changes = planned.map(({ change }) => change);
    for (const listener of [...this.#listeners]) listener(changes);
    await this.#database.durable();
  }
}

/** A copy of what was looked at, and of nothing else. */
function cleaned<T extends UserChanges | RoleChanges>(changes: T): T {
  const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
  const copy = Object.fromEntries(structuredClone(entries)) as { -readonly [K in keyof T]: T[K] };
  if (copy.rules !== undefined) copy.rules = copy.rules.map(cleanRule);
  return copy;
}

function cleanRule({ access, filter, actions, exact }: StoredRule): StoredRule {
  return {
    access,
    filter,
    ...(actions === undefined ? {} : { actions }),
    ...(exact === true ? { exact } : {}),
  };
}

function reserved(doing: string, name: string): Error {
  return new CodedError(
    "argument-invalid",
    `Cannot ${doing} the role ${shown(name)}: it is there for the console, and has no rules`,
  );
}

function refuseTwice(what: string, list: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of list) {
    if (seen.has(name)) {
      throw new CodedError("argument-invalid", `Cannot import the ${what} ${shown(name)} twice`);
    }
    seen.add(name);
  }
}

function raise(error: Error): never {
  throw error;
}

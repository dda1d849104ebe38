/** The tables of users, roles and rules. Names are compared byte by byte; whoever reads them needs no other program. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { faultOf } from "../../storage/sqlite/disk/faults.ts";
import type { AccessDatabase, Tables } from "./database.ts";
import { Account, type Role } from "./records.ts";
import type { RuleOrder, RuleOwner, StoredRule, UserLimits } from "./types.ts";

/** The role that opens the console. */
export const CONSOLE_ROLE = "console";

const VERSION_1 = `
CREATE TABLE users (
  name TEXT PRIMARY KEY COLLATE BINARY,
  hash TEXT,
  enabled INTEGER NOT NULL,
  superuser INTEGER NOT NULL,
  roles TEXT NOT NULL,
  limits TEXT NOT NULL,
  notes TEXT NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE roles (
  name TEXT PRIMARY KEY COLLATE BINARY,
  notes TEXT NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rules (
  owner_kind TEXT NOT NULL CHECK (owner_kind IN ('user', 'role')),
  owner TEXT NOT NULL COLLATE BINARY,
  position INTEGER NOT NULL,
  access TEXT NOT NULL CHECK (access IN ('deny', 'read', 'write', 'readwrite')),
  filter TEXT NOT NULL,
  actions TEXT,
  exact INTEGER NOT NULL,
  PRIMARY KEY (owner_kind, owner, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

const tables: Tables = {
  name: "users",
  migrations: [(database: DatabaseSync): void => {
    database.exec(VERSION_1);
    const now = Date.now();
    database.prepare("INSERT INTO roles VALUES (?, '', ?, ?)").run(CONSOLE_ROLE, now, now);
  }],
};

/** All there is. */
export interface Everything {
  readonly users: Map<string, Account>;
  readonly roles: Map<string, Role>;
  readonly order: RuleOrder;
}

/** So many rows are read at a time. */
const ROWS = 5000;

/** (Deno has it, its types do not.) */
interface ReturnsArrays {
  setReturnArrays(on: boolean): void;
}

type UserRow = readonly [
  name: string,
  hash: string | null,
  enabled: number,
  superuser: number,
  roles: string,
  limits: string,
  notes: string,
  created: number,
  changed: number,
];

const NO_RULES: readonly StoredRule[] = [];
const NO_ROLES: readonly string[] = [];
const NO_LIMITS: UserLimits = {};

/** Reading and writing, in statements that are prepared once. What changes something is called within `AccessDatabase.write`. */
export class UserTables {
  readonly #database: DatabaseSync;
  readonly #place: string;
  readonly #putUser: StatementSync;
  readonly #putRole: StatementSync;
  readonly #deleteUser: StatementSync;
  readonly #deleteRole: StatementSync;
  readonly #deleteRules: StatementSync;
  readonly #addRule: StatementSync;
  readonly #putSetting: StatementSync;
  readonly #names: { readonly users: StatementSync; readonly roles: StatementSync };

  /** Makes them when they are not there. Throws a `StorageError`. */
  constructor(access: AccessDatabase) {
    access.make(tables);
    const database = this.#database = access.database;
    this.#place = access.path ?? "in memory";
    this.#putUser = database.prepare("INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#putRole = database.prepare("INSERT OR REPLACE INTO roles VALUES (?, ?, ?, ?)");
    this.#deleteUser = database.prepare("DELETE FROM users WHERE name = ?");
    this.#deleteRole = database.prepare("DELETE FROM roles WHERE name = ?");
    this.#deleteRules = database.prepare("DELETE FROM rules WHERE owner_kind = ? AND owner = ?");
    this.#addRule = database.prepare("INSERT INTO rules VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#putSetting = database.prepare("INSERT OR REPLACE INTO settings VALUES (?, ?)");
    const names = (table: string): StatementSync =>
      database.prepare(`SELECT name FROM ${table} WHERE name > ? ORDER BY name LIMIT ?`);
    this.#names = { users: names("users"), roles: names("roles") };
  }

  /** Throws a `StorageError` when they cannot be read. */
  read(): Everything {
    try {
      const setting = this.#database.prepare("SELECT value FROM settings WHERE name = 'order'").get();
      const order = setting?.value === "longest" ? "longest" : "first";
      const rules = this.#rules();
      return { users: this.#users(rules.user), roles: this.#roles(rules.role), order };
    } catch (error) {
      throw faultOf(error, { doing: "read the users in", place: this.#place });
    }
  }

  #users(rules: ReadonlyMap<string, readonly StoredRule[]>): Map<string, Account> {
    const lists = new Map<string, readonly string[]>();
    const users = new Map<string, Account>();
    const columns = "name, hash, enabled, superuser, roles, limits, notes, created, changed";
    for (const row of this.#rows(`SELECT ${columns} FROM users WHERE name > ? ORDER BY name LIMIT ${ROWS}`)) {
      const [name, hash, enabled, superuser, roles, limits, notes, created, changed] = row as UserRow;
      users.set(
        name,
        new Account({
          name,
          hash,
          enabled: enabled === 1,
          superuser: superuser === 1,
          roles: roles === "[]" ? NO_ROLES : listOnce(lists, roles),
          rules: rules.get(name) ?? NO_RULES,
          limits: limits === "{}" ? NO_LIMITS : JSON.parse(limits) as UserLimits,
          notes,
          created,
          changed,
        }),
      );
    }
    return users;
  }

  #roles(rules: ReadonlyMap<string, readonly StoredRule[]>): Map<string, Role> {
    const roles = new Map<string, Role>();
    const sql = `SELECT name, notes, created, changed FROM roles WHERE name > ? ORDER BY name LIMIT ${ROWS}`;
    for (const row of this.#rows(sql)) {
      const [name, notes, created, changed] = row as [string, string, number, number];
      const reserved = name === CONSOLE_ROLE;
      roles.set(name, { name, rules: rules.get(name) ?? NO_RULES, notes, reserved, created, changed });
    }
    return roles;
  }

  /** In parts, by the first column. (Objects take twice as long as lists, and all at once too much memory.) */
  *#rows(sql: string): Generator<readonly unknown[]> {
    const statement = this.#database.prepare(sql);
    (statement as StatementSync & ReturnsArrays).setReturnArrays(true);
    let after: unknown = "";
    for (;;) {
      const rows = statement.all(after as string) as unknown as unknown[][];
      yield* rows;
      if (rows.length < ROWS) return;
      after = rows.at(-1)![0];
    }
  }

  #rules(): Record<RuleOwner["kind"], Map<string, StoredRule[]>> {
    const found = { user: new Map<string, StoredRule[]>(), role: new Map<string, StoredRule[]>() };
    const sql = "SELECT * FROM rules ORDER BY owner_kind, owner, position";
    for (const row of this.#database.prepare(sql).iterate() as Iterable<Record<string, unknown>>) {
      const of = row.owner_kind === "user" ? found.user : found.role;
      const owner = String(row.owner);
      let list = of.get(owner);
      if (list === undefined) of.set(owner, list = []);
      list.push(ruleOf(row));
    }
    return found;
  }

  putUser(account: Account): void {
    const { name, hash, enabled, superuser, roles, limits, notes, created, changed } = account;
    const [list, bounds] = [JSON.stringify(roles), JSON.stringify(limits)];
    this.#putUser.run(name, hash, enabled ? 1 : 0, superuser ? 1 : 0, list, bounds, notes, created, changed);
  }

  removeUser(name: string): void {
    this.#deleteUser.run(name);
    this.#deleteRules.run("user", name);
  }

  putRole({ name, notes, created, changed }: Role): void {
    this.#putRole.run(name, notes, created, changed);
  }

  removeRole(name: string): void {
    this.#deleteRole.run(name);
    this.#deleteRules.run("role", name);
  }

  /** All of them. */
  putRules({ kind, name }: RuleOwner, rules: readonly StoredRule[]): void {
    this.#deleteRules.run(kind, name);
    rules.forEach(({ access, filter, actions, exact }, i) => {
      const list = actions === undefined ? null : JSON.stringify(actions);
      this.#addRule.run(kind, name, i + 1, access, filter, list, exact === true ? 1 : 0);
    });
  }

  putOrder(order: RuleOrder): void {
    this.#putSetting.run("order", order);
  }

  /** In the order of their bytes. */
  names(table: "users" | "roles", after: string, limit: number): string[] {
    return this.#names[table].all(after, limit).map((row) => String(row.name));
  }
}

function ruleOf({ access, filter, actions, exact }: Record<string, unknown>): StoredRule {
  return {
    access: access as StoredRule["access"],
    filter: String(filter),
    ...(actions === null ? {} : { actions: JSON.parse(String(actions)) }),
    ...(exact === 1 ? { exact: true } : {}),
  };
}

/** Many users have the same roles. */
function listOnce(lists: Map<string, readonly string[]>, text: string): readonly string[] {
  let list = lists.get(text);
  if (list === undefined) lists.set(text, list = JSON.parse(text) as string[]);
  return list;
}

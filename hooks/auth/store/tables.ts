/** The tables of users, roles and rules. Names are compared byte by byte; whoever reads them needs no other program. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
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

const NO_RULES: readonly StoredRule[] = [];
const NO_ROLES: readonly string[] = [];
const NO_LIMITS: UserLimits = {};

/** Reading and writing, in statements that are prepared once. What changes something is called within `AccessDatabase.write`. */
export class UserTables {
  readonly #database: DatabaseSync;
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

  /** Rows that are not as this program writes them are taken as far as that is safe: without rights. */
  read(): Everything {
    const rules = this.#rules();
    const lists = new Map<string, readonly string[]>();
    const users = new Map<string, Account>();
    const rows = (sql: string): Iterable<Record<string, unknown>> => this.#database.prepare(sql).iterate();
    for (const row of rows("SELECT * FROM users")) {
      const name = String(row.name);
      users.set(
        name,
        new Account({
          name,
          hash: row.hash === null ? null : String(row.hash),
          enabled: row.enabled === 1,
          superuser: row.superuser === 1,
          roles: row.roles === "[]" ? NO_ROLES : listOnce(lists, String(row.roles)),
          rules: rules.user.get(name) ?? NO_RULES,
          limits: row.limits === "{}" ? NO_LIMITS : JSON.parse(String(row.limits)) as UserLimits,
          notes: String(row.notes),
          created: Number(row.created),
          changed: Number(row.changed),
        }),
      );
    }
    const roles = new Map<string, Role>();
    for (const row of rows("SELECT * FROM roles")) {
      const name = String(row.name);
      roles.set(name, {
        name,
        rules: rules.role.get(name) ?? NO_RULES,
        notes: String(row.notes),
        reserved: name === CONSOLE_ROLE,
        created: Number(row.created),
        changed: Number(row.changed),
      });
    }
    const order = this.#database.prepare("SELECT value FROM settings WHERE name = 'order'").get()?.value;
    return { users, roles, order: order === "longest" ? "longest" : "first" };
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

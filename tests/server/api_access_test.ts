/** The API's routes for users, roles, rules and bans: what they answer, and what nobody should send. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hono } from "hono";
import { Bans } from "../../hooks/auth/bans.ts";
import { LocalAccessStore } from "../../hooks/auth/store/local_store.ts";
import { apiApp } from "../../src/api/app.ts";
import { CodedError } from "../../src/core/errors.ts";

const server = { explain: (): never => assert.fail("it was asked") };
const HASH = "$7$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A".repeat(86) + "==";

class Api {
  readonly store: LocalAccessStore = LocalAccessStore.open(null, () => 1000);
  readonly bans: Bans = new Bans();
  readonly app: Hono = apiApp(
    { server, access: { store: () => this.store, isAsked: () => true }, bans: this.bans },
    assert.ifError,
  );

  async ask(method: string, route: string, body?: unknown): Promise<[number, unknown]> {
    const text = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
    const response = await this.app.fetch(
      new Request(`http://localhost/api/v1${route}`, { method, body: text }),
    );
    return [response.status, await response.json()];
  }

  async gives(value: unknown, method: string, route: string, body?: unknown): Promise<void> {
    assert.deepEqual(await this.ask(method, route, body), [200, value]);
  }

  /** `code`: of the error. */
  async refuses(code: string, method: string, route: string, body?: unknown): Promise<void> {
    const [status, answer] = await this.ask(method, route, body);
    const said = JSON.stringify([method, route, body, answer]).slice(0, 500);
    assert.equal((answer as { code: string }).code, code, said);
    assert.ok(status >= 400 && status < 500, said);
  }
}

const anna = {
  name: "anna",
  password: "pbkdf2-sha512",
  enabled: true,
  superuser: false,
  roles: ["r"],
  rules: [],
  limits: {},
  notes: "",
  created: 1000,
  changed: 1000,
};

test("API: users, roles and rules are listed and changed, and no hash is answered", async () => {
  const api = new Api();
  await api.gives({ place: null, asked: true, order: "first" }, "GET", "/access");
  const role = { name: "r", rules: [], notes: "", reserved: false, created: 1000, changed: 1000 };
  await api.gives(role, "PUT", "/roles", { name: "r", expected: "new" });
  await api.gives(role, "GET", "/roles?name=r");
  const [status, made] = await api.ask("PUT", "/users", { name: "anna", hash: HASH, roles: ["r"] });
  assert.equal(status, 200);
  const { password } = made as { password: string };
  await api.gives({ ...anna, password }, "GET", "/users?name=anna");
  await api.gives({ items: [{ ...anna, password }], total: 1, next: null }, "GET", "/users?limit=1");
  const rule = { access: "read", filter: "a/#" };
  await api.gives([rule], "POST", "/rules", { kind: "role", name: "r", rule });
  const deny = { access: "deny", filter: "a/b", actions: ["receive"] };
  await api.gives([deny, rule], "POST", "/rules", { kind: "role", name: "r", rule: deny, position: 1 });
  await api.gives([rule], "DELETE", "/rules", { kind: "role", name: "r", position: 1 });
  await api.gives({ order: "longest" }, "PUT", "/rules/order", { order: "longest" });
  await api.refuses("role-in-use", "DELETE", "/roles", { name: "r" });
  await api.gives({}, "DELETE", "/users", { name: "anna" });
  await api.gives({}, "DELETE", "/roles", { name: "r" });
  await api.gives(
    { users: { added: 1, changed: 0 }, roles: { added: 1, changed: 0 } },
    "POST",
    "/access/import",
    {
      roles: [{ name: "s", rules: [rule] }],
      users: [{ name: "bert", roles: ["s"] }],
    },
  );
  const many = Array.from({ length: 20_000 }, (_, i) => ({ name: `user ${i}`, hash: HASH }));
  await api.gives(
    { users: { added: 20_000, changed: 0 }, roles: { added: 0, changed: 0 } },
    "POST",
    "/access/import",
    { roles: [], users: many },
  );
});

test("API: bans are listed in parts, set and removed", async () => {
  const api = new Api();
  for (const value of ["a", "b", "c"]) {
    const [status, ban] = await api.ask("PUT", "/bans", { kind: "client", value, reason: "floods" });
    assert.equal(status, 200);
    const { since: _since, ...rest } = ban as { since: number };
    assert.deepEqual(rest, { kind: "client", value, reason: "floods", origin: "operator", until: null });
  }
  const [, first] = await api.ask("GET", "/bans?limit=2");
  const { items, next } = first as { items: { value: string }[]; next: unknown };
  assert.deepEqual([items.map(({ value }) => value), next], [["a", "b"], { kind: "client", value: "b" }]);
  const [, last] = await api.ask("GET", "/bans?limit=2&kind=client&value=b");
  assert.deepEqual((last as { items: { value: string }[]; next: null }).items.map(({ value }) => value), [
    "c",
  ]);
  const [status, gone] = await api.ask("DELETE", "/bans", { kind: "client", value: "a" });
  assert.deepEqual([status, (gone as { value: string }).value], [200, "a"]);
  await api.refuses("ban-not-found", "DELETE", "/bans", { kind: "client", value: "a" });
});

test("API: whatever is wrong with a request about access is said with a code, and changes nothing", async () => {
  const api = new Api();
  await api.store.putRole("r", {});
  const values: readonly unknown[] = [null, 7, true, "x", [], [null], {}, { name: 7 }, "", Number.MAX_VALUE];
  const before = JSON.stringify([await api.store.listUsers(), await api.store.listRoles()]);
  for (const route of ["/users", "/roles"]) {
    for (const value of values) {
      await api.refuses("argument-invalid", "PUT", route, { name: "n", strange: value });
      await api.refuses("argument-invalid", "PUT", route, { name: "n", expected: value });
      await api.refuses("argument-invalid", "PUT", route, {
        name: "n",
        notes: typeof value === "string" ? 1 : value,
      });
      if (typeof value === "string" && value !== "") continue;
      await api.refuses("argument-invalid", "PUT", route, { name: value });
      await api.refuses("argument-invalid", "DELETE", route, { name: value });
    }
    await api.refuses("argument-invalid", "PUT", route, {});
    for (const limit of ["0", "1001", "-1", "x", "", "1e3", "2.5"]) {
      await api.refuses("argument-invalid", "GET", `${route}?limit=${limit}`);
    }
    await api.refuses(`${route.slice(1, 5)}-not-found`, "GET", `${route}?name=nobody`);
  }
  for (const value of values) {
    const owner = { kind: "role", name: "r" };
    await api.refuses("argument-invalid", "POST", "/rules", { ...owner, rule: value });
    await api.refuses("argument-invalid", "POST", "/rules", { kind: value, name: "r", rule: {} });
    await api.refuses("argument-invalid", "PUT", "/rules/order", { order: value });
    await api.refuses("argument-invalid", "PUT", "/bans", { kind: value, value: "x" });
    if (typeof value !== "string") {
      await api.refuses("argument-invalid", "PUT", "/bans", { kind: "client", value });
    }
    await api.refuses("argument-invalid", "DELETE", "/bans", { kind: value, value });
    await api.refuses("rule-not-found", "DELETE", "/rules", { ...owner, position: value });
    if (!Array.isArray(value) || value.length > 0) {
      await api.refuses("argument-invalid", "POST", "/access/import", { users: value, roles: [] });
      await api.refuses("argument-invalid", "POST", "/access/import", { users: [], roles: value });
    }
  }
  await api.refuses("argument-invalid", "PUT", "/bans", { kind: "client", value: "x", strange: 1 });
  await api.refuses("argument-invalid", "GET", "/bans?kind=client");
  await api.refuses("body-invalid", "PUT", "/users", "[]");
  await api.refuses("body-too-large", "PUT", "/users", JSON.stringify({ name: "x".repeat(1 << 20) }));
  assert.equal(JSON.stringify([await api.store.listUsers(), await api.store.listRoles()]), before);
  assert.deepEqual(api.bans.list(), []);
});

test("API: without a store or bans it says that there are none, and a store that cannot be read says why", async () => {
  const none = apiApp({ server }, assert.ifError);
  for (const route of ["/users", "/roles", "/access", "/bans"]) {
    const response = await none.fetch(new Request(`http://localhost/api/v1${route}`));
    assert.deepEqual([response.status, (await response.json()).code], [404, "database-missing"]);
  }
  const store = (): never => {
    throw new CodedError("storage-damaged", "It is damaged");
  };
  const app = apiApp({ server, access: { store, isAsked: () => true } }, assert.ifError);
  const response = await app.fetch(new Request("http://localhost/api/v1/users"));
  assert.deepEqual([response.status, await response.json()], [500, {
    code: "storage-damaged",
    error: "It is damaged",
  }]);
});

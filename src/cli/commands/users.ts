/** `comqtt users ...`: the users of the running broker, or of the directory for data. */

import type { StoredUser, UserChanges } from "../../../hooks/auth/access_store.ts";
import { hashPassword } from "../../../hooks/auth/passwords/parse.ts";
import { CodedError } from "../../core/errors.ts";
import { allOf, type CommandStore, withStore } from "../access_store.ts";
import type { Call } from "../call.ts";
import { oddity, passwordFor } from "./passwd.ts";
import { json, named, plain, ruleTable, table } from "./store_text.ts";

export async function addUser(call: Call): Promise<string> {
  const [name, ...roles] = call.operands as [string, ...string[]];
  // (Asked for in vain is worse than refused at once.)
  await withStore(call, (store) => refuseInVain(store, name, roles), { makes: true });
  const password = await passwordFor(name, ["Password", "Once more"]);
  const hash = await hashPassword(password);
  await withStore(call, (store) => store.putUser(name, { hash, roles }, "new"));
  const what = roles.length === 0 ? "without a role" : `with the ${rolesText(roles)}`;
  return `${named(name)} is a new user ${what}${oddity(password)}\n`;
}

async function refuseInVain(store: CommandStore, name: string, roles: readonly string[]): Promise<void> {
  for (const role of roles) {
    if (await store.role(role) !== null) continue;
    throw new CodedError("role-not-found", `There is no role ${named(role)}, comqtt roles add NAME adds one`);
  }
  if (await store.user(name) === null) return;
  throw new CodedError(
    "user-exists",
    `Cannot add the user ${
      named(name)
    }: there is one already, comqtt users passwd NAME gives another password`,
  );
}

export async function changePassword(call: Call): Promise<string> {
  const name = call.operands[0]!;
  await withStore(call, (store) => userIn(store, name));
  const password = await passwordFor(name, ["Password", "Once more"]);
  await withStore(call, (store) => store.setPassword(name, password));
  return `${named(name)} has another password${oddity(password)}\n`;
}

export async function removeUser(call: Call): Promise<string> {
  const name = call.operands[0]!;
  await withStore(call, (store) => store.removeUser(name));
  return `${named(name)} is no user any more\n`;
}

export function enableUser(call: Call): Promise<string> {
  return change(call, { enabled: true }, "may connect");
}

export function disableUser(call: Call): Promise<string> {
  return change(call, { enabled: false }, "may not connect any more");
}

export function setRoles(call: Call): Promise<string> {
  const roles = call.operands.slice(1);
  return change(call, { roles }, roles.length === 0 ? "has no role" : `has the ${rolesText(roles)}`);
}

// deno-lint-ignore require-await -- what it throws is to be a rejection
export async function setSuperuser(call: Call): Promise<string> {
  const given = call.operands[1]!;
  if (given !== "on" && given !== "off") {
    throw new CodedError("usage-invalid", `Cannot use ${named(given)}: expected on or off`);
  }
  const superuser = given === "on";
  return change(call, { superuser }, superuser ? "may do everything" : "may do what the rules say");
}

// deno-lint-ignore require-await -- what it throws is to be a rejection
export async function limitUser(call: Call): Promise<string> {
  const given = call.operands[1]!;
  if (given === "off") return change(call, { limits: {} }, "may have any number of connections");
  if (!/^\d{1,9}$/.test(given)) {
    throw new CodedError(
      "usage-invalid",
      `Cannot use ${named(given)}: expected a number of connections, or off`,
    );
  }
  const connections = Number(given);
  const what = connections === 1 ? "1 connection" : `${connections} connections`;
  return change(call, { limits: { connections } }, `may have ${what} at a time`);
}

export function setNotes(call: Call): Promise<string> {
  return change(call, { notes: call.operands[1]! }, "has these notes");
}

async function change(call: Call, changes: UserChanges, done: string): Promise<string> {
  const name = call.operands[0]!;
  await withStore(call, (store) => store.putUser(name, changes, "there"));
  return `${named(name)} ${done}\n`;
}

export async function listUsers(call: Call): Promise<string> {
  const users = await withStore(call, (store) => Array.fromAsync(allOf((part) => store.listUsers(part))));
  if (call.given.has("json")) return json(users);
  return table(users.map((user) => [plain(user.name), stateOf(user), user.roles.map(plain).join(", ")]));
}

function stateOf({ enabled, password, superuser }: StoredUser): string {
  const state = enabled ? password ?? "no password" : "disabled";
  return superuser ? `${state}, superuser` : state;
}

export async function showUser(call: Call): Promise<string> {
  const name = call.operands[0]!;
  const user = await withStore(call, (store) => userIn(store, name));
  if (call.given.has("json")) return json(user);
  const { connections } = user.limits;
  const rows = [
    ["name", plain(user.name)],
    ["password", user.password ?? "none"],
    ["may connect", user.enabled && user.password !== null ? "yes" : "no"],
    ["superuser", user.superuser ? "yes" : "no"],
    ["roles", user.roles.map(plain).join(", ")],
    ["connections", connections === undefined ? "any number" : `at most ${connections}`],
    ["notes", plain(user.notes)],
    ["created", new Date(user.created).toISOString()],
    ["changed", new Date(user.changed).toISOString()],
  ];
  const rules = user.rules.length === 0 ? "" : `\n${ruleTable(user.rules)}`;
  return `${table(rows)}${rules}`;
}

async function userIn(store: CommandStore, name: string): Promise<StoredUser> {
  const user = await store.user(name);
  if (user === null) throw new CodedError("user-not-found", `There is no user ${named(name)}`);
  return user;
}

function rolesText(roles: readonly string[]): string {
  return `${roles.length === 1 ? "role" : "roles"} ${roles.map(named).join(", ")}`;
}

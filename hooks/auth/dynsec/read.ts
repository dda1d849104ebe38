/** Reads `dynamic-security.json`, the file of mosquitto's plug-in of that name, versions 2.0 and 2.1. */

import { CodedError } from "../../../src/core/errors.ts";
import { quote } from "../../../src/core/problem.ts";
import { parseHash } from "../passwords/parse.ts";
import type { Rule, RuleAction } from "../rules/types.ts";
import { field, flagIn, isObject, type JsonObject, numberIn, objectsIn, textIn } from "./json.ts";
import { accessFor, count, rulesOf, shown } from "./role.ts";
import type { Dynsec, DynsecImport, DynsecRole, DynsecUser } from "./types.ts";

export type { Dynsec, DynsecImport, DynsecRole, DynsecUser } from "./types.ts";

/** `file`: what it is called. Throws an Error of one line when it is no such file. */
export function readDynsec(text: string, file: string): Dynsec {
  return new DynsecReader(parsed(text, file), file).read();
}

/** For a store: as `AccessStore.import` takes it. */
export function dynsecImport({ users, roles, rules }: Dynsec): DynsecImport {
  const names = new Set(roles.map(({ name }) => name));
  let everyone = "everyone";
  for (let i = 2; names.has(everyone); i++) everyone = `everyone-${i}`;
  const added = rules.length === 0
    ? []
    : [{ name: everyone, notes: "What all may: defaultACLAccess", rules }];
  return {
    order: "first",
    roles: [...roles, ...added].map(({ name, notes, rules }) => ({
      name,
      notes,
      rules: rules.map(({ where: _, ...rule }) => rule),
    })),
    users: users.map(({ name, hash, enabled, roles, notes }) => ({
      name,
      hash,
      enabled,
      notes,
      roles: [...roles, ...added.map(({ name }) => name)],
    })),
  };
}

/** One of them at least is in every such file that has something in it. */
const PARTS = ["clients", "roles", "groups", "defaultACLAccess"] as const;

function parsed(text: string, file: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // (What the parser says may quote a password.)
    throw new CodedError("argument-invalid", `Cannot read ${quote(file)}: it is no JSON`);
  }
  if (!isObject(value)) {
    throw new CodedError(
      "argument-invalid",
      `Cannot read ${quote(file)}: expected an object with clients and roles`,
    );
  }
  if (Object.keys(value).length > 0 && !PARTS.some((part) => field(value, part) !== undefined)) {
    throw new CodedError(
      "argument-invalid",
      `Cannot read ${quote(file)}: it has none of ${PARTS.join(", ")}, so it is no file of dynamic security`,
    );
  }
  for (const list of ["clients", "roles", "groups"]) {
    const given = field(value, list);
    if (given === undefined || Array.isArray(given)) continue;
    throw new CodedError("argument-invalid", `Cannot read ${quote(file)}: expected a list as ${list}`);
  }
  return value;
}

/** A role, or a group, and how early it is asked. */
interface Ranked {
  readonly name: string;
  readonly priority: number;
}

class DynsecReader {
  readonly #file: string;
  readonly #tree: JsonObject;
  readonly #report: string[] = [];
  readonly #roles: Map<string, DynsecRole> = new Map();
  /** The roles of each group, in their order. */
  readonly #groups: Map<string, readonly string[]> = new Map();
  /** Of each user. */
  readonly #memberships: Map<string, Ranked[]> = new Map();

  constructor(tree: JsonObject, file: string) {
    this.#tree = tree;
    this.#file = file;
  }

  read(): Dynsec {
    const say = (line: string): void => void this.#report.push(line);
    for (const [name, role] of this.#named("roles", "rolename", "Role")) {
      this.#roles.set(name, { name, rules: rulesOf(role, name, this.#file, say), notes: notesOf(role) });
    }
    for (const [name, group] of this.#named("groups", "groupname", "Group")) this.#group(name, group);
    const users = this.#named("clients", "username", "Client").map(([name, client]) =>
      this.#user(name, client)
    );
    for (const user of this.#memberships.keys()) say(`Client ${shown(user)}: in a group, but not there`);
    return {
      users,
      roles: [...this.#roles.values()],
      rules: this.#defaults(),
      anonymous: this.#anonymous(),
      report: this.#report,
    };
  }

  /** Entries of a list by their names; of two with one name the first counts. */
  #named(list: string, key: string, what: string): [name: string, value: JsonObject][] {
    const found = new Map<string, JsonObject>();
    for (const [index, value] of objectsIn(this.#tree, list)) {
      const name = textIn(value, key) ?? "";
      if (name === "" || name.includes("\0")) this.#report.push(`${list}[${index}] left out: it has no name`);
      else if (found.has(name)) {
        this.#report.push(`${what} ${shown(name)}: left out where it stands there again`);
      } else found.set(name, value);
    }
    return [...found];
  }

  #group(name: string, group: JsonObject): void {
    this.#groups.set(name, this.#rolesIn(group, `Group ${shown(name)}`));
    for (const [, client] of objectsIn(group, "clients")) {
      const user = textIn(client, "username");
      if (user === null) continue;
      const groups = this.#memberships.get(user) ?? [];
      // (Of a group that names a user twice the first counts.)
      if (groups.some((one) => one.name === name)) continue;
      groups.push({ name, priority: numberIn(client, "priority", -1) });
      this.#memberships.set(user, groups);
    }
  }

  #user(name: string, client: JsonObject): DynsecUser {
    const of = `Client ${shown(name)}`;
    const groups = inOrder(this.#memberships.get(name) ?? []);
    this.#memberships.delete(name);
    const roles = [...this.#rolesIn(client, of), ...groups.flatMap((group) => this.#groups.get(group) ?? [])];
    const clientId = textIn(client, "clientid");
    if (clientId !== null) {
      this.#report.push(`${of}: that it may have no client id but ${shown(clientId)} has no counterpart`);
    }
    const { hash, fault } = hashOf(client);
    if (fault !== null) {
      this.#report.push(`${of}: ${fault}; nobody gets in with this name until it has another one`);
    }
    return {
      name,
      hash,
      enabled: !flagIn(client, "disabled", false),
      clientId,
      roles: [...new Set(roles)],
      notes: notesOf(client),
    };
  }

  #rolesIn(owner: JsonObject, of: string): string[] {
    const named = objectsIn(owner, "roles").map(([, role]): Ranked => ({
      name: textIn(role, "rolename") ?? "",
      priority: numberIn(role, "priority", -1),
    }));
    const there = named.filter(({ name }) => {
      if (this.#roles.has(name)) return true;
      this.#report.push(`${of}: has the role ${shown(name)}, which is not there`);
      return false;
    });
    return inOrder(there);
  }

  #defaults(): Rule[] {
    const access = field(this.#tree, "defaultACLAccess");
    const given: JsonObject = isObject(access) ? access : {};
    const rules: Rule[] = [];
    const add = (action: RuleAction, key: string, filters: readonly string[]): void => {
      if (!flagIn(given, key, false)) return;
      const where = `${this.#file}, defaultACLAccess.${key}`;
      rules.push(
        ...filters.map((filter): Rule => ({ access: accessFor([action]), filter, where, actions: [action] })),
      );
    };
    add("publish", "publishClientSend", ["#"]);
    add("subscribe", "subscribe", ["#", "$SYS/#"]);
    add("receive", "publishClientReceive", ["#", "$SYS/#"]);
    if (rules.length > 0) {
      this.#report.push(
        "defaultACLAccess: of the topics that begin with $ only $SYS/... is among what everybody may",
      );
    }
    if (!flagIn(given, "unsubscribe", false)) {
      this.#report.push("defaultACLAccess: that UNSUBSCRIBE is refused has no counterpart, everybody may");
    }
    return rules;
  }

  #anonymous(): Rule[] | null {
    const name = textIn(this.#tree, "anonymousGroup");
    if (name === null) return null;
    const roles = this.#groups.get(name);
    if (roles === undefined) {
      this.#report.push(`anonymousGroup: there is no group ${shown(name)}`);
      return null;
    }
    const rules = roles.flatMap((role) => this.#roles.get(role)!.rules);
    this.#report.push(
      `anonymousGroup: clients without a user name have the ${count(rules.length, "rule")} of the group ${
        shown(name)
      }; ` +
        "a store of users does not know them",
    );
    return rules;
  }
}

/** The highest first; those that are as high as they stand there. */
function inOrder(list: readonly Ranked[]): string[] {
  return [...list].sort((a, b) => b.priority - a.priority).map(({ name }) => name);
}

function notesOf(object: JsonObject): string {
  const texts = [textIn(object, "textname"), textIn(object, "textdescription")];
  return texts.filter((text) => text !== null && text !== "").join("\n");
}

/** As mosquitto 2.1 writes it, and as 2.0 does. */
function hashOf(client: JsonObject): { hash: string | null; fault: string | null } {
  const encoded = textIn(client, "encoded_password");
  const [salt, password] = [textIn(client, "salt"), textIn(client, "password")];
  if (encoded === null && (salt === null || password === null)) {
    return { hash: null, fault: "it has no password" };
  }
  const hash = encoded ?? `$7$${numberIn(client, "iterations", 0)}$${salt}$${password}`;
  if (parseHash(hash) === null) return { hash: null, fault: "its password cannot be checked" };
  return { hash, fault: null };
}

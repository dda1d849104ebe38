/** `comqtt users`, `roles` and `rules`: what they say, what they refuse, and what is kept. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { pbkdf2Sync } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { StoredUsers } from "../../hooks/auth/access_store.ts";
import { parseHash } from "../../hooks/auth/passwords/parse.ts";
import { LocalAccessStore } from "../../hooks/auth/store/local_store.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { TestBroker } from "../harness/mod.ts";
import { Program } from "../harness/program.ts";

class Folder {
  readonly path: string = join(temporaryFolder(), "data");

  async says(args: readonly string[], said: RegExp | string, input = ""): Promise<void> {
    const { code, output, errors } = await Program.run([...args, "--data", this.path], { input });
    assert.equal(code, 0, errors);
    if (typeof said === "string") assert.equal(output, said);
    else assert.match(output, said);
    assert.equal(errors, "");
  }

  async refuses(args: readonly string[], line: RegExp, input = ""): Promise<void> {
    const { code, output, errors } = await Program.run([...args, "--data", this.path], { input });
    assert.equal(code, 1, output);
    assert.equal(output, "");
    assert.match(errors, line);
    assert.equal(errors.split("\n").length, 2, errors);
  }
}

test("users: add, show, list, passwd, enable, disable, remove", async () => {
  const here = new Folder();
  await here.refuses(["users", "list"], /^comqtt: There are no users in ".*data"; comqtt users add NAME/);
  assert.ok(!existsSync(here.path));
  await here.says(["users", "add", "anna"], '"anna" is a new user without a role\n', "secret\n");
  await here.refuses(
    ["users", "add", "anna"],
    /^comqtt: Cannot add the user "anna": there is one already/,
    "x",
  );
  await here.refuses(["users", "add", "bert", "no"], /^comqtt: There is no role "no", comqtt roles add/, "x");
  await here.refuses(["users", "add", ""], /the name of a user: it is empty/, "x");
  await here.refuses(["users", "add", "bert"], /Cannot use an empty password/, "\n");
  await here.says(["roles", "add", "r"], '"r" is a new role\n');
  await here.says(["users", "add", "~/b é", "r"], '"~/b é" is a new user with the role "r"\n', "x");
  await here.says(["users", "disable", "anna"], '"anna" may not connect any more\n');
  await here.says(["users", "superuser", "~/b é", "on"], '"~/b é" may do everything\n');
  await here.says(
    ["users", "list"],
    "anna  disabled\n~/b é  argon2id, superuser  r\n".replace("anna  ", "anna   "),
  );
  await here.says(["users", "enable", "anna"], '"anna" may connect\n');
  await here.says(["users", "limit", "anna", "2"], '"anna" may have 2 connections at a time\n');
  await here.says(["users", "roles", "anna", "r", "console"], '"anna" has the roles "r", "console"\n');
  await here.says(["users", "notes", "anna", "cellar"], '"anna" has these notes\n');
  await here.says(
    ["users", "show", "anna"],
    /^name +anna\npassword +argon2id\nmay connect +yes\n(.*\n)*notes +cellar\n/,
  );
  await here.says(["users", "passwd", "anna"], '"anna" has another password\n', "other");
  {
    const store = LocalAccessStore.open(here.path);
    const { hash, roles, limits } = store.account("anna")!;
    assert.deepEqual([roles, limits], [["r", "console"], { connections: 2 }]);
    assert.equal(await parseHash(hash!)!.verify(new TextEncoder().encode("other")), true);
    store.close();
  }
  const { output } = await Program.run(["users", "list", "--json", "--data", here.path]);
  assert.deepEqual(JSON.parse(output).map(({ name }: { name: string }) => name), ["anna", "~/b é"]);
  assert.doesNotMatch(output, /\$argon2id/);
  await here.says(["users", "remove", "anna"], '"anna" is no user any more\n');
  await here.refuses(["users", "remove", "anna"], /^comqtt: There is no user "anna"\n$/);
  await here.refuses(["users", "show", "anna"], /^comqtt: There is no user "anna"\n$/);
  await here.refuses(["users", "limit", "anna", "many"], /expected a number of connections, or off/);
  await here.refuses(["users", "superuser", "anna", "yes"], /expected on or off/);
  assert.equal(statSync(join(here.path, "access.db")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(here.path).sort(), ["access.db", "access.db-lock"]);
});

test("rules: add at a place, remove, list, order; roles with rules", async () => {
  const here = new Folder();
  await here.says(["roles", "add", "r"], /new role/);
  const add = (...args: readonly string[]): readonly string[] => ["rules", "add", "role", "r", ...args];
  await here.says(add("read", "a/%u/#"), "1  read  a/%u/#\n");
  await here.says(add("0", "a/secret", "1"), "1  deny  a/secret\n2  read  a/%u/#\n");
  await here.refuses(add("all", "a"), /Cannot use "all" as access: expected one of 0 \(deny\)/);
  await here.refuses(add("read", "a/#/b"), /"a\/#\/b" as filter of rule 3 of the role "r"/);
  await here.refuses(add("read", "a", "9"), /There is no rule 9: role "r" has 1 to 3/);
  await here.refuses(add("read", "a", "0"), /expected a number, 1 is the first rule/);
  await here.refuses(["rules", "add", "group", "r", "read", "a"], /expected user or role, and then a name/);
  await here.refuses(["rules", "list", "user", "anna"], /There is no user "anna"/);
  await here.says(["rules", "list", "role", "r"], "1  deny  a/secret\n2  read  a/%u/#\n");
  await here.says(["roles", "list"], "console\nr        1  deny  a/secret\n         2  read  a/%u/#\n");
  await here.says(["rules", "remove", "role", "r", "1"], "1  read  a/%u/#\n");
  await here.says(["rules", "order"], /the first decides/);
  await here.says(["rules", "order", "longest"], /the longest filter decides/);
  await here.says(["rules", "order"], /the longest filter decides/);
  await here.refuses(["roles", "add", "r"], /there is one already/);
  await here.refuses(["roles", "remove", "console"], /it is there for the console/);
  await here.says(["roles", "remove", "r"], '"r" is no role any more\n');
});

test("users: while another program has them that takes no commands the command says so, and commands wait for each other", async () => {
  const here = new Folder();
  await here.says(["users", "add", "anna"], /new user/, "x");
  const store = LocalAccessStore.open(here.path);
  await here.refuses(
    ["users", "list"],
    /^comqtt: Cannot use the users in ".*data": another program has them open, and takes no commands\n$/,
  );
  store.close();
  const all = await Promise.all(
    ["a", "b", "c", "d"].map((name) => Program.run(["roles", "add", name, "--data", here.path])),
  );
  assert.deepEqual(all.map(({ code, errors }) => [code, errors]), all.map(() => [0, ""]));
  await here.says(["roles", "list"], "a\nb\nc\nconsole\nd\n");
});

test("users: without a directory for data the command says what is missing", async () => {
  const { code, errors } = await Program.run(["users", "list"]);
  assert.equal(code, 1);
  assert.match(
    errors,
    /^comqtt: No directory for data is named, expected --data DIR, COMQTT_DATA, or data in/,
  );
  const folder = temporaryFolder();
  const variables = { COMQTT_DATA: folder };
  const added = await Program.run(["roles", "add", "r"], { variables });
  assert.equal(added.code, 0, added.errors);
  // Beside the messages, where only their database is named.
  const listed = await Program.run(["roles", "list", "--storage-path", join(folder, "messages.db")]);
  assert.equal(listed.output, "console\nr\n", listed.errors);
});

test("users import: what mosquitto's dynamic security has becomes users and roles, who may do the same", async () => {
  const here = new Folder();
  const file = join(temporaryFolder(), "dynamic-security.json");
  // As mosquitto_ctrl writes it: `anna` with the password `secret`.
  const salt = Buffer.from("0123456789ab");
  const password = pbkdf2Sync("secret", salt, 101, 64, "sha512").toString("base64");
  writeFileSync(
    file,
    JSON.stringify({
      defaultACLAccess: {
        publishClientSend: false,
        publishClientReceive: true,
        subscribe: false,
        unsubscribe: true,
      },
      clients: [
        {
          username: "anna",
          password,
          salt: salt.toString("base64"),
          iterations: 101,
          roles: [{ rolename: "sensor" }],
        },
        { username: "off", disabled: true },
      ],
      roles: [{
        rolename: "sensor",
        acls: [
          { acltype: "publishClientSend", topic: "sensors/%u/#", priority: 0, allow: true },
          { acltype: "subscribePattern", topic: "commands/#", priority: 0, allow: true },
        ],
      }],
    }),
  );
  await here.says(
    ["users", "import", file],
    /2 users are new, 0 were replaced\n2 roles are new, 0 were replaced\n$/,
  );
  await here.says(
    ["users", "import", file],
    /0 users are new, 2 were replaced\n0 roles are new, 2 were replaced\n$/,
  );
  await here.refuses(["users", "import", `${file}.none`], /Cannot read ".*none"/);
  const users = new StoredUsers({ directory: here.path });
  for (const version of [4, 5] as const) {
    await using t = new TestBroker({ hooks: [users] });
    const bytes = new TextEncoder().encode("secret");
    const anna = await t.connected(version, { username: "anna", password: bytes });
    assert.ok((await anna.subscribe("commands/a")).reasonCodes[0]! < 0x80);
    assert.ok((await anna.subscribe("sensors/#")).reasonCodes[0]! >= 0x80);
    if (version === 4) continue;
    assert.equal(await anna.published("sensors/anna/t", "m", { qos: 1 }), 0x10);
    assert.equal(await anna.published("commands/a", "m", { qos: 1 }), 0x87);
  }
});

test("users import: what is no file of dynamic security is refused, and makes no store", async () => {
  const here = new Folder();
  const file = join(temporaryFolder(), "package.json");
  writeFileSync(file, '{ "name": "x" }');
  await here.refuses(
    ["users", "import", file],
    /it has none of clients, roles, groups, defaultACLAccess, so/,
  );
  assert.ok(!existsSync(here.path));
});

const superuser = process.getuid?.() === 0;

test("users: what the superuser makes is for the owner of the directory for data", {
  ...(superuser ? {} : { skip: "skipped: needs the superuser" }),
}, async () => {
  const here = new Folder();
  mkdirSync(here.path, { mode: 0o700 });
  chownSync(here.path, 65534, 65534);
  await here.says(["users", "add", "anna"], /new user/, "x");
  await here.says(["ban", "add", "client", "c"], /is banned/);
  const names = readdirSync(here.path);
  assert.ok(names.includes("access.db"), names.join());
  for (const name of names) assert.equal(statSync(join(here.path, name)).uid, 65534, name);
});

/** The program with a chain of back ends: what is in force when the list changes while it runs, and who stays connected. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ProtocolVersion } from "../../src/packets/types.ts";
import type { TestClient } from "../harness/client.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { until } from "../harness/mod.ts";
import { Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";

const timeout = 60_000;

/** Of "secret", by mosquitto_passwd 2.0. */
const hash =
  "$7$101$KgvP0/D23IU9TXgf$EVu68QOzT2AkN1mqlOGTdKrCg+eFwcz5+W7JyOj3bdfBy6vVNtPmQjUEwwR51wYzJz0d87kLpgbjl77To6s2PA==";

const listener = "listeners: [{ type: tcp, address: 127.0.0.1:0 }]\n";

class Folder {
  readonly path: string = temporaryFolder();

  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  users(name: string, ...names: readonly string[]): string {
    return this.write(name, names.map((one) => `${one}:${hash}\n`).join(""));
  }

  conf(text: string): string {
    return this.write("comqtt.yml", listener + text);
  }
}

interface Said {
  readonly username?: string | null;
  readonly password?: string | null;
  readonly clientId?: string;
  readonly version?: ProtocolVersion;
}

async function connected(
  program: Program,
  { username = null, password = username === null ? null : "secret", clientId = "c", version = 5 }: Said = {},
): Promise<{ client: TestClient; code: number }> {
  const client = await socketClient(program.port("tcp"), version);
  const bytes = password === null ? null : new TextEncoder().encode(password);
  const { reasonCode } = await client.connect({ clientId, username, password: bytes });
  return { client, code: reasonCode };
}

async function code(program: Program, said?: Said): Promise<number> {
  const { client, code } = await connected(program, said);
  client.close();
  return code;
}

async function reload(program: Program, pattern: RegExp): Promise<void> {
  const before = program.errors.length;
  program.kill("SIGHUP");
  await program.until(() => pattern.test(program.errors.slice(before)), `the log to say ${pattern}`);
}

const changed = /SIGHUP: who may connect and what clients may do was changed/;

test(
  "access: another list takes the place of the one before; who is known stays, who is not goes with 0x87",
  {
    timeout,
  },
  async () => {
    const folder = new Folder();
    const [one, two] = [folder.users("one", "anna", "bert"), folder.users("two", "anna", "cleo")];
    const conf = folder.conf(`auth: [{ users: ${one} }]\n`);
    await using program = await Program.start(["--conf", conf]);
    for (const version of [4, 5] as const) {
      folder.conf(`auth: [{ users: ${one} }]\n`);
      if (version === 5) await reload(program, changed);
      const anna = (await connected(program, { username: "anna", clientId: "a", version })).client;
      const bert = (await connected(program, { username: "bert", clientId: "b", version })).client;
      folder.conf(`auth: [{ users: ${two} }]\n`);
      await reload(program, /was changed, 1 client was disconnected/);
      if (version === 5) assert.equal((await bert.expect(14)).reasonCode, 0x87);
      await until(() => bert.closed, "bert's connection to end");
      await anna.ping();
      assert.equal(await anna.published("t", "m", { qos: 1 }), version === 5 ? 0x10 : 0);
      assert.equal(await code(program, { username: "cleo" }), 0);
      assert.equal(await code(program, { username: "bert" }), 0x86);
      anna.close();
    }
  },
);

test(
  "access: whoever nobody knows any more goes from a listener that is called local, too",
  { timeout },
  async () => {
    const folder = new Folder();
    const one = folder.users("one", "anna");
    const local = "listeners: [{ type: tcp, id: local, address: 127.0.0.1:0 }]\n";
    const conf = folder.write("comqtt.yml", local);
    await using program = await Program.start(["--conf", conf]);
    const { client } = await connected(program);
    folder.write("comqtt.yml", `${local}auth: [{ users: ${one} }]\n`);
    await reload(program, /was changed, 1 client was disconnected/);
    assert.equal((await client.expect(14)).reasonCode, 0x87);
  },
);

test(
  "access: a store that is asked and has no users says at the start that nobody is in it",
  { timeout },
  async () => {
    const folder = new Folder();
    const conf = folder.conf(`auth: [{ store: true }]\ndata: ${join(folder.path, "data")}\n`);
    await using program = await Program.start(["--conf", conf]);
    await program.until(
      () => /There are no users in ".*access\.db" yet: comqtt users add/.test(program.errors),
      "that",
    );
    assert.equal(await code(program), 0x86);
  },
);

test("access: sessions of a listener that is called local get their messages after a restart", {
  timeout,
}, async () => {
  const data = join(temporaryFolder(), "data");
  const conf = new Folder().write(
    "comqtt.yml",
    `listeners: [{ type: tcp, id: local, address: 127.0.0.1:0 }]\nauth: [{ store: true }]\ndata: ${data}\n`,
  );
  for (
    const [args, input] of [
      [["users", "add", "sam"], "secret"],
      [["rules", "add", "user", "sam", "readwrite", "x"], ""],
    ] as const
  ) {
    assert.equal((await Program.run([...args, "--data", data], { input })).code, 0);
  }
  const who = { username: "sam", password: new TextEncoder().encode("secret"), cleanStart: false } as const;
  const kept = { clientId: "kept", ...who, properties: { sessionExpiryInterval: 1000 } };
  {
    await using program = await Program.start(["--conf", conf]);
    const client = await socketClient(program.port("tcp"), 5);
    assert.equal((await client.connect(kept)).reasonCode, 0);
    await client.subscribe("x", 1);
    client.close();
  }
  await using program = await Program.start(["--conf", conf]);
  const publisher = await socketClient(program.port("tcp"), 5);
  await publisher.connect({ clientId: "other", ...who });
  assert.equal(await publisher.published("x", "m", { qos: 1 }), 0);
  const why = await Program.run(["explain", "new", "publish", "x", "--user", "sam", "--data", data]);
  assert.match(why.output, /^Allowed: user "sam", rule 1/);
  const client = await socketClient(program.port("tcp"), 5);
  assert.equal((await client.connect(kept)).reasonCode, 0);
  assert.equal((await client.expect(3)).topic, "x");
});

test(
  "access: a list that cannot be used changes nothing, and each thing wrong with it is told with its place",
  {
    timeout,
  },
  async () => {
    const folder = new Folder();
    const one = folder.users("one", "anna");
    const broken = folder.write("broken", `anna:${hash}\nbert:secret\n`);
    const ledger = folder.write("ledger.yml", "acl: [{ filters: { 'a/#b': 0 } }]\n");
    const conf = folder.conf(`auth: [{ users: ${one} }]\n`);
    await using program = await Program.start(["--conf", conf]);
    folder.conf(
      `auth:\n  - users: ${broken}\n  - ledger: ${ledger}\n  - users: ${join(folder.path, "none")}\n`,
    );
    await reload(program, /none": cannot read the users/);
    assert.match(
      program.errors,
      /who may connect stays as it is: \S*broken:2: Cannot use the password of the user "bert"/,
    );
    assert.match(program.errors, /ledger\.yml:1:\d+: Cannot use the filter "a\/#b"/);
    assert.match(program.errors, /comqtt\.yml:5:5: Cannot use "\S*none"/);
    assert.equal(await code(program, { username: "anna" }), 0);
    assert.equal(await code(program, { username: "bert" }), 0x86);
    assert.equal(await code(program), 0x86);
    const check = await Program.run(["config", "check", conf]);
    assert.equal(check.code, 1);
    assert.match(check.output, /broken:2: [^]*none": cannot read the users/);
  },
);

test("access: from everybody to users nobody keeps a name that was never proven", { timeout }, async () => {
  const folder = new Folder();
  const one = folder.users("one", "anna");
  const conf = folder.conf("");
  await using program = await Program.start(["--conf", conf]);
  const { client, code: open } = await connected(program, { username: "anna", password: "wrong" });
  assert.equal(open, 0);
  folder.conf(`auth: [{ users: ${one} }]\n`);
  await reload(program, /was changed, 1 client was disconnected/);
  assert.equal((await client.expect(14)).reasonCode, 0x87);
  assert.equal(await code(program, { username: "anna", password: "wrong" }), 0x86);
  assert.equal(await code(program, { username: "anna" }), 0);
  // And back: whoever is there stays.
  const anna = (await connected(program, { username: "anna" })).client;
  folder.conf("");
  await reload(program, changed);
  await anna.ping();
  assert.equal(await code(program), 0);
});

test(
  "access: while lists change there is no moment in which nobody or everybody may",
  { timeout },
  async () => {
    const folder = new Folder();
    const [one, two] = [folder.users("one", "anna"), folder.users("two", "anna", "cleo")];
    const lists = [
      `auth: [{ users: ${one} }]\n`,
      `auth: [{ users: ${two} }]\nacl: [{ filter: "#", access: readwrite }]\n`,
    ];
    const conf = folder.conf(lists[0]!);
    await using program = await Program.start(["--conf", conf]);
    const stays = (await connected(program, { username: "anna", clientId: "stays" })).client;
    let over = false;
    const codes = new Set<string>();
    const come = async (said: Said): Promise<void> => {
      for (let i = 0; !over; i++) {
        const clientId = `${said.username}-${said.password}-${i}`;
        const answer = await code(program, { ...said, clientId });
        codes.add(`${said.username} ${said.password ?? ""} ${answer}`);
      }
    };
    const work = async (): Promise<void> => {
      while (!over) {
        codes.add(`publish ${await stays.published("t", "m", { qos: 1 })}`);
      }
    };
    const all = [
      come({ username: "anna" }),
      come({ username: "anna", password: "wrong" }),
      come({ username: null }),
      come({ username: "zoe", password: "secret" }),
      work(),
    ];
    for (let i = 1; i <= 10; i++) {
      folder.conf(lists[i % 2]!);
      await reload(program, changed);
    }
    over = true;
    await Promise.all(all);
    // (0x10: nobody has subscribed.)
    assert.deepEqual([...codes].toSorted(), [
      "anna  0",
      "anna wrong 134",
      "null  134",
      "publish 16",
      "zoe secret 134",
    ]);
  },
);

test("access: an acl that changes counts at once for who is connected", { timeout }, async () => {
  const folder = new Folder();
  const one = folder.users("one", "anna");
  const conf = folder.conf(`auth: [{ users: ${one} }]\n`);
  await using program = await Program.start(["--conf", conf]);
  const anna = (await connected(program, { username: "anna" })).client;
  const reason = (topic: string): Promise<number> => anna.published(topic, "m", { qos: 1 });
  assert.equal(await reason("a"), 0x10);
  folder.conf(`auth: [{ users: ${one} }]\nacl: [{ filter: b, access: write }]\n`);
  await reload(program, changed);
  assert.equal(await reason("a"), 0x87);
  assert.equal(await reason("b"), 0x10);
  folder.conf(`users: ${one}\nacl: [{ filter: a, access: 2 }, { filter: b, access: write }]\n`);
  await reload(program, changed);
  assert.equal(await reason("a"), 0x10);
});

test("access: a ledger that changes is read again without a signal", { timeout }, async () => {
  const folder = new Folder();
  const rules = (access: string): string =>
    `users: { anna: { password: secret, acl: { a: ${access} } } }\nacl: [{ filters: { "#": deny } }]\n`;
  const ledger = folder.write("ledger.yml", rules("deny"));
  const conf = folder.conf(`auth: [{ ledger: ${ledger} }]\n`);
  await using program = await Program.start(["--conf", conf]);
  const { client, code: answer } = await connected(program, { username: "anna" });
  assert.equal(answer, 0);
  assert.equal(await client.published("a", "m", { qos: 1 }), 0x87);
  folder.write("ledger.yml", rules("write"));
  await program.until(
    () => /Hook "ledger": The file "\S+" was read again/.test(program.errors),
    "the ledger to be read",
  );
  assert.equal(await client.published("a", "m", { qos: 1 }), 0x10);
  folder.write("ledger.yml", "users: 1\n");
  await program.until(
    () => /ledger\.yml:1:8: .*; the rules stay as they were/.test(program.errors),
    "a complaint",
  );
  assert.equal(await client.published("a", "m", { qos: 1 }), 0x10);
});

test(
  "access: a session that is kept has its rights after a restart, before its client is back",
  { timeout },
  async () => {
    const folder = new Folder();
    const ledger = folder.write(
      "ledger.yml",
      "users: { bert: { password: secret, acl: { 'garden/#': readwrite } } }\nacl: [{ filters: { '#': deny } }]\n",
    );
    const one = folder.users("one", "anna");
    const conf = folder.conf(
      `auth: [{ users: ${one} }, { ledger: ${ledger} }]\nacl: [{ user: anna, filter: "#", access: readwrite }]\n` +
        `data: ${join(folder.path, "data")}\n`,
    );
    const said = { clientId: "b", username: "bert", password: new TextEncoder().encode("secret") };
    const kept = { ...said, cleanStart: false, properties: { sessionExpiryInterval: 1000 } };
    {
      await using program = await Program.start(["--conf", conf]);
      const bert = await socketClient(program.port("tcp"));
      assert.equal((await bert.connect(kept)).reasonCode, 0);
      await bert.subscribe("garden/#", 1);
      program.kill("SIGTERM");
      await program.ended;
    }
    await using program = await Program.start(["--conf", conf]);
    const anna = (await connected(program, { clientId: "a", username: "anna" })).client;
    assert.equal(await anna.published("garden/pond", "m", { qos: 1 }), 0);
    folder.write("ledger.yml", "users: { bert: { password: secret, acl: { 'garden/#': write } } }\n");
    await reload(program, /the ledger was read again/);
    // (Nobody may receive it.)
    assert.equal(await anna.published("garden/shed", "n", { qos: 1 }), 0x10);
    folder.write("ledger.yml", "users: { bert: { password: secret, acl: { 'garden/#': read } } }\n");
    await reload(program, /the ledger was read again/);
    const bert = await socketClient(program.port("tcp"));
    assert.equal((await bert.connect(kept)).reasonCode, 0);
    const { topic, text } = await bert.message();
    assert.deepEqual([topic, text], ["garden/pond", "m"]);
  },
);

test(
  "access: --users goes before the list of the file, and anonymous and acl may be options",
  { timeout },
  async () => {
    const folder = new Folder();
    const [one, two] = [folder.users("one", "anna"), folder.users("two", "anna", "bert")];
    const conf = folder.conf(`auth: [{ users: ${two} }]\n`);
    await using program = await Program.start([
      ...["--conf", conf, "--users", one, "--anonymous", "allow"],
      ...["--acl", '[{ "filter": "t", "access": "write" }]'],
    ]);
    assert.equal(await code(program, { username: "anna" }), 0);
    assert.equal(await code(program, { username: "bert" }), 0);
    assert.equal(await code(program, { username: "bert", password: "wrong" }), 0x86);
    const { client, code: answer } = await connected(program);
    assert.equal(answer, 0);
    assert.equal(await client.published("t", "m", { qos: 1 }), 0x10);
    assert.equal(await client.published("u", "m", { qos: 1 }), 0x87);
  },
);

test(
  "access: a back end that would let nobody in, and one that is not there, end the start",
  { timeout },
  async () => {
    const folder = new Folder();
    for (
      const [text, wanted] of [
        ["anonymous: deny\n", /comqtt\.yml:2:1: Nobody could connect/],
        [
          "auth: { way: 1, datasource: redis }\n",
          /comqtt\.yml:2:17: Cannot use "redis" for "auth\.datasource"/,
        ],
        ["auth: [{ uesrs: x }]\n", /comqtt\.yml:2:10: Unknown key "auth\[0\]\.uesrs", did you mean "users"/],
      ] as const
    ) {
      const { code, errors } = await Program.run(["--conf", folder.conf(text)]);
      assert.equal(code, 1);
      assert.match(errors, wanted);
    }
  },
);

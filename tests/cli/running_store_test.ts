/** `comqtt users`, `roles`, `rules` and `ban` while the broker runs: what they change holds at once, and is kept. */

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { ProtocolVersion } from "../../src/packets/types.ts";
import { callSocket } from "../../src/cli/commands/socket.ts";
import type { TestClient } from "../harness/client.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";

const timeout = 120_000;
const tcp = ["--tcp", "127.0.0.1:0", "--ws", "off", "--http", "off"];
const store = ["--auth", '[{"store": true}]'];
const versions = [4, 5] as const;

/** Of "secret", by mosquitto_passwd 2.0. */
const hash =
  "$7$101$KgvP0/D23IU9TXgf$EVu68QOzT2AkN1mqlOGTdKrCg+eFwcz5+W7JyOj3bdfBy6vVNtPmQjUEwwR51wYzJz0d87kLpgbjl77To6s2PA==";

class Folder {
  readonly data: string = join(temporaryFolder(), "data");

  conf(text: string): string {
    const path = join(dirname(this.data), "comqtt.yml");
    writeFileSync(path, `${text}\n`);
    return path;
  }

  run(args: readonly string[], input = ""): Promise<Program & { code: number | null }> {
    return Program.run([...args, "--data", this.data], { input });
  }

  /** Without a word about anything else. */
  async does(args: string, input = ""): Promise<string> {
    const { code, output, errors } = await this.run(args.split(" "), input);
    assert.deepEqual([code, errors], [0, ""], args);
    return output;
  }

  start(...args: readonly string[]): Promise<Program> {
    return Program.start([...tcp, "--data", this.data, ...args]);
  }
}

interface Who {
  readonly version: ProtocolVersion;
  readonly clientId?: string;
  readonly username?: string | null;
  readonly password?: string;
}

async function come(
  program: Program,
  { version, clientId = "c", username = "anna", password = "secret" }: Who,
): Promise<{ readonly client: TestClient; readonly code: number }> {
  const client = await socketClient(program.port("tcp"), version);
  const bytes = username === null ? null : new TextEncoder().encode(password);
  const { reasonCode } = await client.connect({ clientId, username, password: bytes });
  return { client, code: reasonCode };
}

async function codeOf(program: Program, who: Who): Promise<number> {
  const { client, code } = await come(program, who);
  client.close();
  return code;
}

const wrongPassword = (version: ProtocolVersion): number => version === 5 ? 0x86 : 4;

test(
  "running store: another password ends the connection, and is there after kill -9",
  { timeout },
  async () => {
    for (const version of versions) {
      const here = new Folder();
      await here.does("users add anna", "secret");
      {
        await using program = await here.start(...store);
        const { client, code } = await come(program, { version });
        assert.equal(code, 0);
        assert.equal(await here.does("users passwd anna", "zweites"), '"anna" has another password\n');
        program.kill("SIGKILL");
        // (What the broker has sent before it was killed has come.)
        await client.refusedWith(0x87);
        await program.ended;
      }
      await using program = await here.start(...store);
      assert.equal(await codeOf(program, { version }), wrongPassword(version));
      assert.equal(await codeOf(program, { version, password: "zweites" }), 0);
      assert.doesNotMatch(program.output + program.errors, /argon2id|zweites/);
    }
  },
);

test(
  "running store: users come and go, and errors are those of the database, word for word",
  { timeout },
  async () => {
    const here = new Folder();
    const refusals: readonly (readonly [string, string, string?])[] = [
      ["users remove bert", 'There is no user "bert"'],
      ["users show bert", 'There is no user "bert"'],
      ["users passwd bert", 'There is no user "bert"', "x"],
      ["users roles anna nobody", 'Cannot give the role "nobody" to the user "anna": there is no such role'],
      ["roles add console", 'Cannot add the role "console": there is one already'],
      ["roles remove r", 'Cannot remove the role "r": the user "anna" has it'],
      ["rules remove user anna 1", 'There is no rule 1: user "anna" has none'],
      ["rules list role x", 'There is no role "x"'],
      ["ban remove client x", 'There is no ban of the client "x"'],
      ["users limit anna 0", ""],
      ["rules add role r read a/#/b", ""],
      ["ban add address nowhere", ""],
    ];
    await here.does("roles add r");
    await here.does("users add anna r", "secret");
    const offline = new Map<string, string>();
    for (const [args, , input] of refusals) {
      const { code, errors } = await here.run(args.split(" "), input);
      assert.equal(code, 1, args);
      offline.set(args, errors);
    }
    await using program = await here.start(...store);
    for (const [args, said, input] of refusals) {
      const { code, output, errors } = await here.run(args.split(" "), input);
      assert.deepEqual([code, output, errors], [1, "", offline.get(args)], args);
      assert.match(errors, /^comqtt: .+\n$/);
      if (said !== "" && !said.startsWith("There is no rule")) assert.equal(errors, `comqtt: ${said}\n`);
    }
    for (const version of versions) {
      await here.does("users add bert", "x");
      const bert = { version, clientId: "b", username: "bert", password: "x" };
      const { client, code } = await come(program, bert);
      assert.equal(code, 0);
      assert.equal(await here.does("users remove bert"), '"bert" is no user any more\n');
      await client.refusedWith(0x87);
      assert.equal(await codeOf(program, bert), wrongPassword(version));
      const { client: anna } = await come(program, { version });
      await here.does("users disable anna");
      await anna.refusedWith(0x87);
      await here.does("users enable anna");
    }
  },
);

test(
  "running store: a rule that denies stops deliveries at once, the connection stays",
  { timeout },
  async () => {
    const here = new Folder();
    await here.does("roles add r");
    await here.does("rules add role r readwrite a/#");
    await here.does("users add anna r", "secret");
    await using program = await here.start(...store);
    for (const version of versions) {
      const { client } = await come(program, { version });
      await client.subscribe("a/#", 1);
      client.publish("a/b", "before", { qos: 1 });
      assert.deepEqual(new TextDecoder().decode((await client.pick(3)).payload), "before");
      await client.pick(4);
      assert.equal(
        await here.does("rules add role r deny a/b 1"),
        "1  deny       a/b\n2  readwrite  a/#\n",
      );
      client.publish("a/b", "between", { qos: 1 });
      assert.equal((await client.pick(4)).reasonCode, version === 5 ? 0x87 : 0);
      client.publish("a/c", "after", { qos: 1 });
      assert.deepEqual(new TextDecoder().decode((await client.pick(3)).payload), "after");
      await client.pick(4);
      await client.ping();
      assert.deepEqual(client.waiting, []);
      await here.does("rules remove role r 1");
      client.publish("a/b", "again", { qos: 1 });
      assert.deepEqual(new TextDecoder().decode((await client.pick(3)).payload), "again");
      client.close();
    }
    assert.equal(
      await here.does("rules order longest"),
      "Of the rules that match the one with the longest filter decides\n",
    );
    assert.match(await here.does("rules order"), /longest/);
  },
);

test(
  "running store: a ban ends the connection, is listed, kept after kill -9, and lifted",
  { timeout },
  async () => {
    for (const version of versions) {
      const here = new Folder();
      {
        await using program = await here.start();
        const { client, code } = await come(program, { version, clientId: "pump", username: null });
        assert.equal(code, 0);
        assert.match(
          await here.does("ban add client pump --reason floods --for 2h"),
          /^client "pump" is banned until 20/,
        );
        program.kill("SIGKILL");
        await client.refusedWith(0x87);
        await program.ended;
      }
      await using program = await here.start();
      const pump = { version, clientId: "pump", username: null };
      assert.equal(await codeOf(program, pump), version === 5 ? 0x8a : 5);
      await here.does("ban add network 192.0.2.9/24");
      assert.match(
        await here.does("ban list"),
        /^client +pump +until .* floods\nnetwork +192\.0\.2\.0\/24 +until it is removed\n$/,
      );
      assert.equal(await here.does("ban remove client pump"), 'client "pump" is banned no more\n');
      assert.equal(await codeOf(program, pump), 0);
    }
  },
);

test("running store: users the broker does not ask are kept all the same, and the command says so", {
  timeout,
}, async () => {
  const here = new Folder();
  await using program = await here.start("--anonymous", "allow");
  const { code, output, errors } = await here.run(["users", "add", "anna"], "secret");
  assert.deepEqual([code, output], [0, '"anna" is a new user without a role\n']);
  assert.match(
    errors,
    /^comqtt: It is kept, but the running broker does not ask the users of ".*access\.db": .*\n$/,
  );
  assert.equal(errors.split("\n").length, 2);
  assert.match(await here.does("users list"), /^anna +argon2id\n$/);
  program.kill("SIGKILL");
  await program.ended;
  assert.match(await here.does("users list"), /^anna +argon2id\n$/);
});

test(
  "running store: users that are there are asked when nothing else is said of access",
  { timeout },
  async () => {
    const here = new Folder();
    await here.does("ban add client nobody");
    const remark = /^The users of ".*access\.db" are asked: nothing else is said about access$/m;
    {
      // (Bans alone make no difference.)
      await using program = await here.start();
      assert.doesNotMatch(program.output, remark);
      assert.equal(await codeOf(program, { version: 5, username: null }), 0);
      const added = await here.run(["users", "add", "anna"], "secret");
      assert.match(added.errors, /does not ask the users/);
      const { client } = await come(program, { version: 5, username: null, clientId: "stranger" });
      program.kill("SIGHUP");
      await client.refusedWith(0x87);
      const said = /SIGHUP: The users of ".*" are asked: nothing else is said about access/;
      await program.until(() => said.test(program.errors), "a line about it");
      assert.equal(await codeOf(program, { version: 5, username: null }), 0x86);
      assert.equal(await codeOf(program, { version: 5 }), 0);
      await here.does("users notes anna cellar");
    }
    for (const version of versions) {
      await using program = await here.start();
      assert.match(program.output, remark);
      assert.equal(await codeOf(program, { version, username: null }), wrongPassword(version));
      assert.equal(await codeOf(program, { version, password: "wrong" }), wrongPassword(version));
      assert.equal(await codeOf(program, { version }), 0);
      const { client } = await come(program, { version });
      await here.does("users disable anna");
      await client.refusedWith(0x87);
      await here.does("users enable anna");
    }
    await using program = await here.start("--anonymous", "allow");
    assert.doesNotMatch(program.output, remark);
    assert.equal(await codeOf(program, { version: 5, username: null }), 0);
  },
);

test("running store: what changes while the chain changes is not lost", { timeout }, async () => {
  const here = new Folder();
  await here.does("users add anna", "secret");
  await using program = await here.start("--conf", here.conf("anonymous: allow"));
  const socket = join(here.data, "comqtt.sock");
  await callSocket(socket, "GET", "/access");
  here.conf("auth: [{ store: true }]");
  program.kill("SIGHUP");
  const names = Array.from({ length: 50 }, (_, i) => `u${i}`);
  for (const name of names) await callSocket(socket, "PUT", "/users", { name, hash, expected: "new" });
  await program.until(() => /clients may do was changed/.test(program.errors), "another chain");
  for (const name of names) {
    assert.equal(await codeOf(program, { version: 5, clientId: name, username: name }), 0, name);
  }
  const route = "/users?limit=5&after=anna";
  const { total, next } = await callSocket(socket, "GET", route) as { total: number; next: string };
  assert.deepEqual([total, next], [51, "u12"]);
  here.conf("anonymous: allow");
  const before = program.errors.length;
  program.kill("SIGHUP");
  await program.until(
    () => /clients may do was changed/.test(program.errors.slice(before)),
    "the chain before",
  );
  const { errors, code } = await here.run(["users", "remove", "u7"]);
  assert.equal(code, 0);
  assert.match(errors, /does not ask the users/);
});

test(
  "running store: names that mean something in a URL or to a terminal are names",
  { timeout },
  async () => {
    const here = new Folder();
    await using _program = await here.start("--anonymous", "allow", ...store);
    const names = [
      "..",
      ".",
      "a/b?c=d&e#f",
      "100%",
      "%2e%2e",
      "+ ",
      "é\u202e\u001b[31m",
      "__proto__",
      "x".repeat(2000),
    ];
    for (const name of names) {
      const added = await here.run(["roles", "add", name]);
      assert.deepEqual([added.code, added.errors], [0, ""], name);
      const rule = await here.run(["rules", "add", "role", name, "read", "a/%u"]);
      assert.equal(rule.output, "1  read  a/%u\n", rule.errors);
      const listed = await here.run(["rules", "list", "role", name, "--json"]);
      assert.deepEqual(JSON.parse(listed.output), [{ access: "read", filter: "a/%u" }]);
      assert.equal((await here.run(["roles", "remove", name])).code, 0);
    }
  },
);

test("running store: after a crash commands use the database, and a broker that closes is waited for", {
  timeout,
}, async () => {
  const here = new Folder();
  await here.does("users add anna", "secret");
  {
    await using program = await here.start();
    program.kill("SIGKILL");
    await program.ended;
  }
  assert.ok(existsSync(join(here.data, "comqtt.sock")));
  await here.does("users notes anna cellar");
  await using program = await here.start();
  const change = here.does("users notes anna roof");
  program.kill("SIGTERM");
  await change;
  await program.ended;
  assert.match(await here.does("users show anna"), /notes +roof\n/);
});

test("running store: --sock names the broker, and it has to run", { timeout }, async () => {
  const here = new Folder();
  await using program = await here.start("--anonymous", "allow");
  const sock = ["--sock", join(here.data, "comqtt.sock")];
  for (const args of [["users", "list"], ["ban", "list"], ["rules", "order"]]) {
    const { code, errors } = await Program.run([...args, ...sock]);
    assert.deepEqual([code, errors], [0, ""]);
  }
  program.kill("SIGTERM");
  await program.ended;
  for (const args of [["users", "list"], ["ban", "list"]]) {
    const { code, errors } = await Program.run([...args, ...sock]);
    assert.equal(code, 1);
    assert.match(errors, /^comqtt: No broker runs there: nobody listens on ".*comqtt\.sock"\n$/);
  }
});

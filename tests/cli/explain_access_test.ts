/** `comqtt explain` and the lines of the log, of a program with everything in its chain: each refusal has its rule. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Explanation } from "../../src/broker/explain/types.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { until } from "../harness/mod.ts";
import { Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";
import { quick } from "../hooks/auth/store/fixtures.ts";

const timeout = 60_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const CONF = `listeners: [{ type: tcp, address: 127.0.0.1:0 }]
blacklist: blacklist.yml
auth:
  - users: users
  - mosquitto: { passwords: mosquitto.passwords, acl: mosquitto.acl }
  - ledger: ledger.yml
  - store: true
anonymous:
  - { filter: "public/#", access: read }
acl:
  - { user: anna, filter: "x/secret", access: deny }
  - { filter: "x/%u/#", access: readwrite }
  - { filter: "x/#", access: read }
`;

/** With a program whose users all have the password "p". */
async function world(): Promise<
  { readonly folder: string; readonly data: string; start(): Promise<Program> }
> {
  const folder = temporaryFolder();
  const data = join(folder, "data");
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write("comqtt.yml", CONF);
  write("users", `anna:${quick("p")}\n`);
  write("mosquitto.passwords", `mia:${quick("p")}\n`);
  write("mosquitto.acl", "topic read x/1\nuser mia\ntopic read m/#\ntopic deny m/no\n");
  write(
    "ledger.yml",
    `users:\n  lea:\n    password: ${quick("p")}\n    acl:\n      "l/no": deny\n      "l/#": readwrite\n`,
  );
  write("blacklist.yml", 'auth:\n  - client: bad-*\nacl:\n  - filters: { "listed/#": deny }\n');
  for (
    const [args, input] of [
      [["roles", "add", "r"], ""],
      [["rules", "add", "role", "r", "deny", "s/no"], ""],
      [["rules", "add", "role", "r", "readwrite", "s/#"], ""],
      [["users", "add", "sam", "r"], "p\n"],
      [["users", "add", "off"], "p\n"],
      [["users", "disable", "off"], ""],
      [["ban", "add", "client", "pump", "--reason", "floods"], ""],
    ] as const
  ) {
    const { code, errors } = await Program.run([...args, "--data", data], { input });
    assert.equal(code, 0, `${args.join(" ")}: ${errors}`);
  }
  return {
    folder,
    data,
    start: () => Program.start(["--conf", "comqtt.yml", "--data", data], { folder }),
  };
}

/** Client, user, topic; the hook that says no and where its rule stands. */
const REFUSED:
  readonly (readonly [client: string, user: string | null, topic: string, hook: string, rule: string])[] = [
    ["c1", "anna", "x/secret", "acl", "comqtt.yml:11:5"],
    ["c2", "anna", "listed/1", "blacklist", "blacklist.yml:4:16"],
    ["c3", "mia", "m/no", "mosquitto-acl", "mosquitto.acl:4"],
    ["c4", "lea", "l/no", "ledger", "ledger.yml:5:7"],
    ["c5", "sam", "s/no", "access-store", 'role "r", rule 1'],
    ["c6", null, "public/1", "anonymous", "comqtt.yml:9:5"],
  ];

test(
  "explain: each hook of a chain names the rule that refuses, and so does the log",
  { timeout },
  async () => {
    const { data, start } = await world();
    await using program = await start();
    /** The line about a client, with its hook and rule. */
    const line = (clientId: string, hook: string, where: string): string | undefined =>
      program.errors.split("\n").find((one) =>
        one.includes(`client="${clientId}"`) && one.includes(`hook="${hook}"`) &&
        one.includes(`rule=${JSON.stringify(where)}`)
      );
    const said = async (args: readonly string[]): Promise<Explanation> => {
      const { output, errors } = await Program.run(["explain", ...args, "--json", "--data", data]);
      assert.equal(errors, "");
      return JSON.parse(output);
    };
    for (const version of [4, 5] as const) {
      for (const [name, username, topic, hook, where] of REFUSED) {
        const clientId = `${name}-${version}`;
        const client = await socketClient(program.port("tcp"), version);
        const password = username === null ? null : bytes("p");
        assert.equal((await client.connect({ clientId, username, password })).reasonCode, 0, clientId);
        const why = await said([clientId, "publish", topic]);
        assert.deepEqual([why.outcome, why.hook], ["refused", hook], JSON.stringify(why));
        assert.ok(why.rule?.where.endsWith(where), `${why.rule?.where}: ${where}`);
        // (Asked about somebody who would come like that, it is the same.)
        const like = await said([
          "z",
          "publish",
          topic,
          ...(username === null ? ["--mqtt", "5"] : ["--user", username]),
        ]);
        assert.deepEqual([like.hook, like.rule], [hook, why.rule]);
        await client.published(topic, "", { qos: 1 });
        const written = (): boolean =>
          line(clientId, hook, why.rule!.where)?.includes("publish-refused") === true;
        await until(written, `a line about ${clientId}`);
        client.close();
      }
      for (
        const [clientId, username, password, code, hook, where] of [
          ["bad-1", null, null, 0x8A, "blacklist", "blacklist.yml:2:5"],
          ["pump", null, null, 0x8A, "bans", 'ban of client "pump"'],
          ["c7", "off", "p", 0x86, "access-store", 'user "off"'],
        ] as const
      ) {
        const client = await socketClient(program.port("tcp"), version);
        const given = { clientId, username, password: password === null ? null : bytes(password) };
        const { reasonCode } = await client.connect(given);
        assert.equal(reasonCode, version === 5 ? code : code === 0x8A ? 5 : 4, clientId);
        const like = username === null ? ["--mqtt", "5"] : ["--user", username];
        const why = await said([clientId, "connect", ...like]);
        assert.deepEqual(
          [why.outcome, why.hook, why.reason?.code],
          ["refused", hook, code],
          JSON.stringify(why),
        );
        assert.ok(why.rule?.where.endsWith(where), `${why.rule?.where}: ${where}`);
        await until(() => line(clientId, hook, why.rule!.where) !== undefined, `a line about ${clientId}`);
      }
    }
  },
);

test("blacklist: one that the configuration takes up throws out who is on it", { timeout }, async () => {
  const folder = temporaryFolder();
  const conf = "listeners: [{ type: tcp, address: 127.0.0.1:0 }]\n";
  writeFileSync(join(folder, "comqtt.yml"), conf);
  writeFileSync(join(folder, "blacklist.yml"), "auth: [{ client: bad }]\n");
  await using program = await Program.start(["--conf", "comqtt.yml"], { folder });
  const bad = await socketClient(program.port("tcp"), 5);
  await bad.connect({ clientId: "bad" });
  const good = await socketClient(program.port("tcp"), 5);
  await good.connect({ clientId: "good" });
  writeFileSync(join(folder, "comqtt.yml"), `${conf}blacklist: blacklist.yml\n`);
  program.kill("SIGHUP");
  assert.equal((await bad.expect(14)).reasonCode, 0x87);
  await until(() => bad.closed, "its connection to end");
  await good.ping();
  // And of a file that changes.
  writeFileSync(join(folder, "blacklist.yml"), "auth: [{ client: goo* }]\n");
  assert.equal((await good.expect(14)).reasonCode, 0x87);
});

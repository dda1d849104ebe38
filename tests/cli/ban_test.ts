/** `comqtt ban`, and the program with what it has set. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import net from "node:net";
import { join } from "node:path";
import { existsSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { noPorts, Program } from "../harness/program.ts";
import { until } from "../harness/time.ts";
import { socketClient } from "../harness/socket_client.ts";
import { connectPacket, encoded } from "../harness/client.ts";

const timeout = 60_000;
const port0 = [...noPorts, "--tcp", "127.0.0.1:0"];

async function ban(
  data: string,
  ...args: string[]
): Promise<{ code: number | null; output: string; errors: string }> {
  const { code, output, errors } = await Program.run(["ban", ...args, "--data", data]);
  return { code, output, errors };
}

test("ban: a directory that is misspelt is told, and not made", async () => {
  const data = join(temporaryFolder(), "dtaa");
  for (const args of [["list"], ["remove", "client", "c"]]) {
    const { code, output, errors } = await ban(data, ...args);
    assert.deepEqual([code, output], [1, ""]);
    assert.match(
      errors,
      /^comqtt: There are no bans in ".*dtaa"; comqtt ban add KIND VALUE --data DIR adds one\n$/,
    );
    assert.ok(!existsSync(data));
  }
});

test(
  "ban: what is set while no broker runs holds in the next one, and is removed again",
  { timeout },
  async () => {
    const data = join(temporaryFolder(), "data");
    const added = await ban(data, "add", "client", "pump 7", "--reason", "floods", "--for", "2h");
    assert.deepEqual([added.code, added.errors], [0, ""]);
    assert.match(added.output, /^client "pump 7" is banned until \d{4}-\d\d-\d\dT/);
    assert.match(
      (await ban(data, "add", "network", "192.0.2.9/24")).output,
      /^network 192\.0\.2\.0\/24 is banned until it is removed\n$/,
    );
    const { output } = await ban(data, "list");
    assert.match(
      output,
      /^client +pump 7 +until \d{4}\S+Z +floods\nnetwork +192\.0\.2\.0\/24 +until it is removed\n$/,
    );
    const json = JSON.parse((await ban(data, "list", "--json")).output);
    assert.deepEqual(json.map(({ kind, value, reason }: Record<string, unknown>) => [kind, value, reason]), [
      ["client", "pump 7", "floods"],
      ["network", "192.0.2.0/24", ""],
    ]);
    {
      await using program = await Program.start([...port0, "--data", data]);
      for (const [version, code] of [[4, 5], [5, 0x8a]] as const) {
        const client = await socketClient(program.port("tcp"), version);
        assert.equal((await client.connect({ clientId: "pump 7" })).reasonCode, code);
        const other = await socketClient(program.port("tcp"), version);
        assert.equal((await other.connect({ clientId: "pump 8" })).reasonCode, 0);
        other.close();
      }
      assert.equal((await ban(data, "list")).output, output);
      program.kill("SIGTERM");
      assert.equal((await program.ended).code, 0);
    }
    assert.match(
      (await ban(data, "remove", "client", "pump 7")).output,
      /^client "pump 7" is banned no more\n$/,
    );
    const again = await ban(data, "remove", "client", "pump 7");
    assert.deepEqual([again.code, again.errors], [1, `comqtt: There is no ban of the client "pump 7"\n`]);
  },
);

test("ban: what cannot be done is said in one line", { timeout }, async () => {
  const data = join(temporaryFolder(), "data");
  const wrong: [string[], RegExp][] = [
    [
      ["add", "clients", "x"],
      /^comqtt: Cannot ban "clients": expected one of client, user, address, network\n$/,
    ],
    [
      ["add", "address", "nowhere"],
      /^comqtt: Cannot ban the address "nowhere": expected an address such as "192\.0\.2\.7"/,
    ],
    [
      ["add", "client", "x", "--for", "soon"],
      /^comqtt: Cannot use --for "soon", expected a duration from 1s/,
    ],
    [["add", "client"], /^comqtt: Command "ban add" needs more: comqtt ban add KIND VALUE/],
  ];
  for (const [args, message] of wrong) {
    const { code, errors } = await ban(data, ...args);
    assert.equal(code, 1);
    assert.match(errors, message);
  }
  const { code, errors } = await Program.run(["ban", "list"]);
  assert.equal(code, 1);
  assert.match(errors, /^comqtt: Cannot look at bans: they are kept where --data DIR/);
});

/** As mosquitto_passwd 1 hashes it. */
function quick(password: string): string {
  const salt = "0123456789ab";
  return `$6$${btoa(salt)}$${createHash("sha512").update(password).update(salt).digest("base64")}`;
}

function bansIn(data: string): number {
  const database = new DatabaseSync(join(data, "access.db"), { readOnly: true });
  try {
    return Number(database.prepare("SELECT count(*) AS n FROM bans").get()!.n);
  } finally {
    database.close();
  }
}

/** Says CONNECT as a proxy hands it on; the return code, null: closed without a word. */
function connectFrom(port: number, address: string, password: string): Promise<number | null> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.once("data", (bytes: Uint8Array) => {
      resolve(bytes[3]!);
      socket.destroy();
    });
    socket.once("close", () => resolve(null));
    const packet = connectPacket({
      version: 4,
      clientId: "",
      username: "anna",
      password: new TextEncoder().encode(password),
    });
    socket.write(`PROXY TCP4 ${address} 127.0.0.1 4711 1883\r\n`);
    socket.write(encoded(packet, 4));
  });
}

test("abuse: behind a proxy the client that guesses is banned, and not the proxy; it holds after kill -9", {
  timeout,
}, async () => {
  const folder = temporaryFolder();
  const conf = join(folder, "comqtt.yml");
  const users = join(folder, "users");
  writeFileSync(users, `anna:${quick("secret")}\n`);
  writeFileSync(
    conf,
    `listeners:
  - type: tcp
    id: proxied
    address: 127.0.0.1:0
    proxyProtocol: { trusted: 127.0.0.1 }
data: ${join(folder, "data")}
users: ${users}
abuse:
  failedLogins: 5
  userFailures: 0
`,
  );
  {
    await using program = await Program.start(["--conf", conf]);
    const port = program.port("tcp");
    for (let i = 0; i < 5; i++) assert.equal(await connectFrom(port, "192.0.2.7", "wrong"), 4);
    assert.equal(await connectFrom(port, "192.0.2.7", "secret"), null);
    assert.equal(await connectFrom(port, "192.0.2.8", "secret"), 0);
    await program.until(
      () => /the address 192\.0\.2\.7 is banned for 600 s after 5 failed logins/.test(program.errors),
      "the line",
    );
    // (It is written within a second.)
    await until(() => bansIn(join(folder, "data")) === 1, "the row of the ban");
    program.kill("SIGKILL");
    await program.ended;
  }
  {
    await using program = await Program.start(["--conf", conf]);
    assert.equal(await connectFrom(program.port("tcp"), "192.0.2.7", "secret"), null);
    assert.equal(await connectFrom(program.port("tcp"), "192.0.2.8", "secret"), 0);
  }
  const { output } = await ban(join(folder, "data"), "list");
  assert.match(output, /^address +192\.0\.2\.7 +until \S+ +\(by itself\) +5 failed logins in \d+ s\n$/);
});

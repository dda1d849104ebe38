/** `comqtt config migrate FILE`, and the program with what comes out. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { connectPacket, encoded } from "../harness/client.ts";
import { vectors } from "../hooks/auth/passwords/vectors.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { openSocket, socketClient } from "../harness/socket_client.ts";

function tlsFile(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}

/** A port that is free now. (mosquitto has no way to ask for any.) */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** Writes it, migrates it to a file, and gives the path of that. */
async function migrated(text: string, name = "broker.conf"): Promise<string> {
  const folder = temporaryFolder();
  const [from, to] = [join(folder, name), join(folder, "comqtt.yml")];
  writeFileSync(from, text);
  const { code, output, errors } = await Program.run(["config", "migrate", from, "--out", to]);
  assert.equal(code, 0, errors);
  assert.match(output, /comqtt\.yml" says what ".*" says; read its remarks/);
  assert.equal(statSync(to).mode & 0o777, 0o600);
  return to;
}

test("migrate: the listeners of a mosquitto.conf are open, its limits hold, its data are kept", async () => {
  const [tcp, ws] = [await freePort(), await freePort()];
  const data = temporaryFolder();
  const conf = await migrated(
    `allow_anonymous true\nlistener ${tcp} 127.0.0.1\nmax_connections 2\nlistener ${ws} 127.0.0.1\nprotocol websockets\n` +
      `max_connections 1\nmax_packet_size 200\npersistence true\npersistence_location ${data}/\nlog_type all\n`,
  );
  await using program = await Program.start(["--conf", conf]);
  assert.equal(program.address("tcp"), `127.0.0.1:${tcp}`);
  assert.equal(program.address("ws"), `127.0.0.1:${ws}`);
  assert.doesNotMatch(program.output, /^ {2}http/m);
  assert.ok(program.output.includes(join(data, "comqtt.db")), program.output);
  const clients = [];
  for (let i = 0; i < 3; i++) {
    const client = await socketClient(tcp);
    assert.equal((await client.connect()).reasonCode, 0);
    clients.push(client);
  }
  const more = await socketClient(tcp);
  assert.equal((await more.connect()).reasonCode, 0x89);
  clients[0]!.publish("a", "x".repeat(300));
  await clients[0]!.refusedWith(0x95);
});

test("migrate: TLS of a mosquitto.conf, with certificates of clients", async () => {
  const port = await freePort();
  const conf = await migrated(
    `listener ${port} 127.0.0.1\ncafile ${tlsFile("authority.crt")}\ncertfile ${tlsFile("server.crt")}\n` +
      `keyfile ${tlsFile("server.key")}\nrequire_certificate true\nuse_identity_as_username true\n`,
  );
  await using program = await Program.start(["--conf", conf]);
  assert.equal(program.address("tls"), `127.0.0.1:${port}`);
  const device = { cert: readFileSync(tlsFile("device.crt")), key: readFileSync(tlsFile("device.key")) };
  assert.equal(await connack(port, device), 0);
  assert.equal(await connack(port, {}), null);
});

/** The reason of CONNACK; null: it was closed without one. */
function connack(port: number, certificate: object): Promise<number | null> {
  return new Promise((resolve) => {
    const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ...certificate });
    socket.on("secureConnect", () => socket.write(encoded(connectPacket({ version: 4 }), 4)));
    socket.on("data", (bytes: Uint8Array) => {
      resolve(bytes[3]!);
      socket.destroy();
    });
    socket.on("error", () => resolve(null));
    socket.on("close", () => resolve(null));
  });
}

test("migrate: without a listener in mosquitto.conf only this machine can connect", async () => {
  const conf = await migrated("log_dest stdout\nmax_inflight_messages 7\n");
  const text = readFileSync(conf, "utf8");
  assert.match(text, /address: "127\.0\.0\.1:1883"/);
  const port = await freePort();
  await using program = await Program.start(["--conf", conf, "--tcp", `127.0.0.1:${port}`]);
  assert.match(program.output, /Only this machine can connect/);
});

test("migrate: mosquitto's users get in with their passwords, and nobody else", async () => {
  const port = await freePort();
  const users = join(temporaryFolder(), "users");
  const hash = vectors.find(({ who }) => who.startsWith("mosquitto_passwd"))!.hash;
  writeFileSync(users, `anna:${hash}\n`);
  const conf = await migrated(`listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${users}\n`);
  await using _program = await Program.start(["--conf", conf]);
  for (
    const [username, text, wanted] of [["anna", "secret", 0], ["anna", "other", 4], [null, null, 4]] as const
  ) {
    const client = await socketClient(port, 4);
    const password = text === null ? null : new TextEncoder().encode(text);
    assert.equal((await client.connect({ username, password })).reasonCode, wanted);
    client.close();
  }
});

test("migrate: what is said to do about clientid_prefixes keeps the other client ids out", async () => {
  const port = await freePort();
  const conf = await migrated(`allow_anonymous true\nlistener ${port} 127.0.0.1\nclientid_prefixes dev-\n`);
  const text = readFileSync(conf, "utf8").replace(/\n# +/g, " ");
  const [, same] = /"blacklist: FILE" is the same with a FILE that says "(.*?)"/.exec(text)!;
  const blacklist = join(temporaryFolder(), "blacklist.yml");
  writeFileSync(blacklist, same!);
  await using program = await Program.start(["--tcp", "127.0.0.1:0", "--blacklist", blacklist]);
  for (const [clientId, wanted] of [["dev-1", 0], ["dev-", 0], ["other", 5], ["a-dev-1", 5]] as const) {
    const client = await socketClient(program.port("tcp"), 4);
    assert.equal((await client.connect({ clientId })).reasonCode, wanted, clientId);
    client.close();
  }
});

test("migrate: where what kept strangers out is not there the program does not start, and nothing is open", async () => {
  const port = await freePort();
  const conf = await migrated(
    `listener ${port} 127.0.0.1\nallow_anonymous false\nplugin /x.so\n`,
  );
  const { code, errors } = await Program.run(["--conf", conf]);
  assert.equal(code, 1);
  assert.match(errors, /Nobody can connect: there is no listener for MQTT/);
  await assert.rejects(openSocket(port));
  // Whoever takes the comments away has decided it.
  const opened = readFileSync(conf, "utf8").replace("listeners: []", "listeners:").replace(
    /^ {2}#(?= {2})/gm,
    "",
  );
  writeFileSync(conf, opened);
  await using program = await Program.start(["--conf", conf]);
  assert.equal(program.port("tcp"), port);
  (connectTcp({ port, host: "127.0.0.1" })).destroy();
});

test("migrate: it is said on standard output, with what include_dir names", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "conf.d"));
  writeFileSync(join(folder, "conf.d", "B.conf"), "max_queued_messages 2\n");
  writeFileSync(
    join(folder, "conf.d", "a.conf"),
    "max_queued_messages 1\nlistener 1884\nallow_anonymous true\n",
  );
  writeFileSync(join(folder, "conf.d", "c.txt"), "nonsense\n");
  writeFileSync(join(folder, "m.conf"), `include_dir ${join(folder, "conf.d")}\n`);
  const { code, output, errors } = await Program.run(["config", "migrate", join(folder, "m.conf")]);
  assert.deepEqual([code, errors], [0, ""]);
  assert.match(output, /address: ":1884"/);
  // (The last one holds.)
  assert.match(output, /queuedMessages: 2$/m);
  assert.doesNotMatch(output, /nonsense/);
});

test("migrate: a file of comqtt 2 becomes one of this program", async () => {
  const port = await freePort();
  const conf = await migrated(
    `auth: { way: 0 }\nmqtt:\n  tcp: "127.0.0.1:${port}"\n  ws: ""\n  http: ""\n  quic: ":2000"\n  options:\n    capabilities: { maximum-qos: 1 }\n`,
    "single.yml",
  );
  const text = readFileSync(conf, "utf8");
  assert.match(text, /^# - .*single\.yml:6:3: "mqtt\.quic" is not supported yet and has no effect$/m);
  await using program = await Program.start(["--conf", conf]);
  assert.equal(program.port("tcp"), port);
  assert.equal(program.errors, "");
  const client = await socketClient(port);
  assert.equal((await client.connect()).properties.maximumQos, 1);
});

test("migrate: what can't be is said in one line", async () => {
  const folder = temporaryFolder();
  const path = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const there = path("there.yml", "");
  const good = path("good.conf", "listener 1883\n");
  for (
    const [args, line] of [
      [["config", "migrate", join(folder, "none")], /Cannot read the file ".*none": no such file/],
      [
        ["config", "migrate", path("auth.yml", "auth: { way: 1 }")],
        /auth\.yml:1:9: Cannot use "1" for "auth\.way"/,
      ],
      [
        ["config", "migrate", path("acl", "user a\ntopic read x\n")],
        /acl_file of mosquitto, not a configuration/,
      ],
      [["config", "migrate", good, "--out", there], /Cannot write the file ".*there\.yml"/],
      [["config", "migrat", good], /Unknown command "config migrat", did you mean "config migrate"/],
      [["config", "migrate"], /Command "config migrate" needs more: comqtt config migrate FILE/],
    ] as const
  ) {
    const { code, output, errors } = await Program.run(args);
    assert.deepEqual([code, output], [1, ""]);
    assert.match(errors, line);
    assert.equal(errors.trimEnd().split("\n").length, 1, errors);
  }
  assert.equal(readFileSync(there, "utf8"), "");
});

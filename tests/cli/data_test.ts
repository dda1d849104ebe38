/** The program with data that are kept: how it is told where, what it says, and what of it there is afterwards. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { noPorts, Program, type Surroundings } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";

class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "comqtt-data-"));

  in(...names: string[]): string {
    return join(this.path, ...names);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const ports = ["--tcp", "127.0.0.1:0", "--ws", "off", "--http", "127.0.0.1:0"];

/** A message that waits for a client that is away, and one that is retained. */
async function fill(program: Program): Promise<void> {
  const client = await socketClient(program.port("tcp"));
  await client.connect({
    clientId: "keeper",
    cleanStart: false,
    properties: { sessionExpiryInterval: 3600 },
  });
  await client.subscribe("a/#", 1);
  client.disconnect();
  await client.gone();
  const other = await socketClient(program.port("tcp"));
  await other.connect({ clientId: "other" });
  await other.published("a/b", "kept", { qos: 1, retain: true });
  other.close();
}

/** What waits is there, once. */
async function expectKept(program: Program): Promise<void> {
  const client = await socketClient(program.port("tcp"));
  const { sessionPresent } = await client.connect({
    clientId: "keeper",
    cleanStart: false,
    properties: { sessionExpiryInterval: 3600 },
  });
  assert.equal(sessionPresent, true);
  assert.deepEqual(await client.texts(1), ["kept"]);
  client.reset();
}

const ways:
  readonly (readonly [string, (folder: Folder) => readonly [readonly string[], Surroundings, string]])[] = [
    ["--data", (folder) => [["--data", folder.in("d", "e")], {}, folder.in("d", "e", "comqtt.db")]],
    [
      "COMQTT_DATA",
      (folder) => [[], { variables: { COMQTT_DATA: folder.in("d") } }, folder.in("d", "comqtt.db")],
    ],
    ["data in the file", (folder) => {
      writeFileSync(folder.in("a.yml"), `data: ${folder.in("d")}\nstorage: { sync: full }\n`);
      return [["--conf", folder.in("a.yml")], {}, folder.in("d", "comqtt.db")];
    }],
    ["storage: sqlite in the file", (folder) => {
      writeFileSync(folder.in("a.yml"), "storage: sqlite\n");
      return [["--conf", "a.yml"], { folder: folder.path }, folder.in("data", "comqtt.db")];
    }],
    ["a comqtt 2 file", (folder) => {
      writeFileSync(folder.in("a.yml"), "storage-way: 1\nstorage-path: data/x.db\n");
      return [["--conf", "a.yml"], { folder: folder.path }, folder.in("data", "x.sqlite")];
    }],
  ];

for (const [name, make] of ways) {
  test(`data: kept across the end of the process, asked for by ${name}`, async () => {
    using folder = new Folder();
    const [args, around, database] = make(folder);
    {
      await using program = await Program.start([...ports, ...args], around);
      assert.match(
        program.output,
        /^Storage: what is acknowledged is in ".*" and survives .* \(sync: \w+\)$/m,
      );
      await fill(program);
      program.kill("SIGKILL");
    }
    assert.ok(existsSync(database));
    assert.equal(statSync(database).mode & 0o777, 0o600);
    await using again = await Program.start([...ports, ...args], around);
    await expectKept(again);
  });
}

test("data: without a place for them it says that they end with the program", async () => {
  using folder = new Folder();
  await using program = await Program.start(ports, { folder: folder.path });
  assert.match(program.output, /^Storage: memory, .*; to keep them: --data DIR$/m);
  assert.deepEqual(readdirSync(folder.path), []);
});

test("data: what it promises is what was asked for", async () => {
  using folder = new Folder();
  for (
    const [sync, promise] of [
      ["normal", "survives the end of the process"],
      ["full", "survives a power failure"],
      ["off", "may be lost until then"],
    ] as const
  ) {
    await using program = await Program.start([...ports, "--data", folder.path, "--storage-sync", sync]);
    assert.match(program.output, new RegExp(`^Storage: .*${promise} \\(sync: ${sync}\\)$`, "m"));
  }
});

test("data: a backup while it runs, counted, and put back", async () => {
  using folder = new Folder();
  const data = ["--data", folder.in("data")];
  const backup = folder.in("backup.db");
  {
    await using program = await Program.start([...ports, ...data]);
    await fill(program);
    const made = await Program.run(["backup", backup, ...data]);
    assert.equal(made.code, 0, made.errors);
    assert.match(made.output, /^".*backup\.db" has everything that was in ".*comqtt\.db": [0-9.]+ kB\n$/);
    assert.equal(statSync(backup).mode & 0o777, 0o600);
    const twice = await Program.run(["backup", backup, ...data]);
    assert.equal(twice.code, 1);
    assert.match(twice.errors, /^comqtt: Cannot write the backup ".*": there is a file of that name, /);
    const used = await Program.run(["restore", backup, ...data]);
    assert.equal(used.code, 1);
    assert.match(used.errors, /^comqtt: Cannot .* another server has it open; .*\n$/);
    await expectKept(program);
    program.kill("SIGTERM");
    assert.equal((await program.ended).code, 0);
  }
  for (const operand of [[], [backup]]) {
    const { code, output } = await Program.run(["inspect", ...operand, ...data]);
    assert.equal(code, 0);
    assert.match(output, /^sessions +1$/m);
    assert.match(output, /^retained +1 +7 bytes$/m);
    assert.match(output, operand.length === 0 ? /^queued +0 +0 bytes$/m : /^queued +1 +1\d\d bytes$/m);
    assert.match(output, /^keeper +1 .* away since 20\d\d-\S+Z$/m);
  }
  const asJson = await Program.run(["inspect", backup, "--json"]);
  const { totals, sessions } = JSON.parse(asJson.output);
  assert.deepEqual([totals.sessions, totals.queued, totals.subscriptions, totals.retained], [1, 1, 1, 1]);
  assert.equal(sessions[0].clientId, "keeper");

  const restored = await Program.run(["restore", backup, ...data]);
  assert.equal(restored.code, 0, restored.errors);
  assert.match(
    restored.output,
    /comqtt\.db" has everything .*; what was there is kept as ".*\.replaced-.*"\n$/,
  );
  await using program = await Program.start([...ports, ...data]);
  await expectKept(program);
});

test("data: a damaged database is put aside, said loudly and shown by the health check", async () => {
  using folder = new Folder();
  mkdirSync(folder.in("data"));
  {
    await using program = await Program.start([...ports, "--data", folder.in("data")]);
    await fill(program);
    program.kill("SIGTERM");
    await program.ended;
  }
  const garbage = new Uint8Array(4096).fill(0x5a);
  garbage.set(new TextEncoder().encode("SQLite format 3\0"));
  writeFileSync(folder.in("data", "comqtt.db"), garbage);
  await using program = await Program.start([...ports, "--data", folder.in("data")]);
  assert.match(
    program.errors,
    / error .*It is kept as ".*\.damaged-20.*", and this server begins without its data \(code=storage-says .* errorCode=storage-damaged\)\n/,
  );
  const answer = await fetch(`http://${program.address("http")}/healthcheck`);
  assert.equal(answer.status, 200);
  const { status, storage } = await answer.json();
  assert.equal(status, "degraded");
  assert.match(storage.quarantined, /comqtt\.db\.damaged-20/);
  const figures = await (await fetch(`http://${program.address("http")}/`)).json();
  assert.equal(figures.storage.quarantined, storage.quarantined);
});

test("data: a damaged write-ahead file is put aside, or missed, said loudly and shown by the health check", async () => {
  using folder = new Folder();
  const data = folder.in("data");
  const wal = folder.in("data", "comqtt.db-wal");
  for (
    const [damage, what, quarantined] of [
      [
        (): void => writeFileSync(wal, new Uint8Array(statSync(wal).size)),
        /^The write-ahead file ".*" is damaged: its header is not valid; .* is missing$/,
        /comqtt\.db-wal\.damaged-20/,
      ],
      [
        (): void => rmSync(wal),
        /^The write-ahead file ".*" is gone, though the database was not closed: /,
        null,
      ],
    ] as const
  ) {
    {
      await using program = await Program.start([...ports, "--data", data]);
      await fill(program);
      program.kill("SIGKILL");
    }
    damage();
    // Whoever only reads says it as well, and leaves it to a server.
    for (const command of [["inspect"], ["backup", folder.in("copy.db")]]) {
      const { code, errors } = await Program.run([...command, "--data", data]);
      assert.equal(code, 1);
      assert.match(
        errors,
        /^comqtt: Cannot read the database ".*": its write-ahead file is (?:damaged|gone)/,
      );
    }
    await using program = await Program.start([...ports, "--data", data]);
    assert.match(
      program.errors,
      / error Hook "storage-sqlite": The write-ahead file ".*" is (?:damaged|gone)/,
    );
    const answer = await fetch(`http://${program.address("http")}/healthcheck`);
    assert.equal(answer.status, 200);
    const { status, storage } = await answer.json();
    assert.equal(status, "degraded");
    assert.match(storage.damage, what);
    if (quarantined === null) assert.equal(storage.quarantined, null);
    else assert.match(storage.quarantined, quarantined);
    const figures = await (await fetch(`http://${program.address("http")}/`)).json();
    assert.equal(figures.storage.damage, storage.damage);
    assert.equal(figures.storage.quarantined, storage.quarantined);
    program.kill("SIGTERM");
    await program.ended;
  }
});

for (
  const args of [["backup", "--help"], ["restore", "-h"], ["inspect", "--help"], ["users", "--help"], [
    "backup",
    "--version",
  ]]
) {
  test(`data: help is given before a command has what it needs: ${args.join(" ")}`, async () => {
    using folder = new Folder();
    const program = await Program.run(args, { folder: folder.path });
    assert.deepEqual([program.code, program.errors], [0, ""]);
    assert.match(program.output, args[1] === "--version" ? /^comqtt \d/ : /^ {2}backup FILE {2}/m);
  });
}

test("data: the exit code says when what was acknowledged could not be written at the end", async () => {
  using folder = new Folder();
  await using program = await Program.start([...ports, "--data", folder.path, "--storage-sync", "off"], {
    variables: { COMQTT_STORAGE_WINDOW: "60s" },
  });
  const database = new DatabaseSync(folder.in("comqtt.db"));
  try {
    database.exec("BEGIN IMMEDIATE");
    const client = await socketClient(program.port("tcp"));
    await client.connect({ clientId: "client" });
    await client.published("a", "acknowledged", { qos: 1, retain: true });
    client.close();
    program.kill("SIGTERM");
    const { code } = await program.ended;
    assert.match(program.errors, / error The storage could not be closed: .* is locked; /);
    assert.equal(code, 1);
  } finally {
    database.close();
  }
});

test("data: a directory means the database in it, and ~/ the home directory, to every command", async () => {
  using folder = new Folder();
  mkdirSync(folder.in("backups"));
  {
    await using program = await Program.start([...ports, "--data=~/d"], { variables: { HOME: folder.path } });
    assert.ok(existsSync(folder.in("d", "comqtt.db")));
    await fill(program);
    program.kill("SIGTERM");
    await program.ended;
  }
  const home = { variables: { HOME: folder.path }, folder: folder.path };
  for (const where of ["d", "d/", folder.in("d"), "~/d", "d/comqtt.db", "~/d/comqtt.db"]) {
    const { code, output, errors } = await Program.run(["inspect", where], home);
    assert.equal(code, 0, errors);
    assert.match(output, /^retained +1 /m);
  }
  const made = await Program.run(["backup", "~/backups", "--data", "d"], home);
  assert.equal(made.code, 0, made.errors);
  assert.ok(existsSync(folder.in("backups", "comqtt.db")));
  const twice = await Program.run(["backup", "backups", "--data", "d"], home);
  assert.match(
    twice.errors,
    /^comqtt: Cannot write the backup ".*backups\/comqtt\.db": there is a file of that name/,
  );
  const restored = await Program.run(["restore", "backups", "--data", "~/other"], home);
  assert.equal(restored.code, 0, restored.errors);
  assert.match((await Program.run(["inspect", "other"], home)).output, /^retained +1 /m);

  const empty = await Program.run(["inspect", "."], home);
  assert.equal(empty.code, 1);
  assert.match(
    empty.errors,
    /^comqtt: Cannot open the database "comqtt\.db": there is no such file; look at the path\n/,
  );
  const homeless = await Program.run(["inspect", "~/d"], { variables: { HOME: "" } });
  assert.equal(homeless.code, 1);
  assert.match(homeless.errors, /^comqtt: HOME: Not set, so nobody knows where "~\/d" is: /);
});

test("data: a variable whose name is nearly one of ours is said, those of a service of Kubernetes are not", async () => {
  await using program = await Program.start(ports, {
    variables: {
      COMQTT_DATADIR: "/var/lib/comqtt",
      comqtt_log_level: "debug",
      COMQTT_DATA: "",
      COMQTT_PORT: "tcp://10.0.0.1:1883",
      COMQTT_SERVICE_HOST: "10.0.0.1",
      COMQTT_PORT_1883_TCP_ADDR: "10.0.0.1",
    },
  });
  const warned = program.errors.trimEnd().split("\n").map((line) => line.replace(/^\S+ /, "")).sort();
  assert.deepEqual(warned, [
    "warn COMQTT_DATADIR: Unknown setting, it has no effect; did you mean COMQTT_DATA (code=config-warning)",
    "warn comqtt_log_level: Unknown setting, it has no effect; did you mean COMQTT_LOG_LEVEL (code=config-warning)",
  ]);
  assert.match(program.output, /^Storage: memory, /m);
});

for (
  const [what, args, file, variables] of [
    ["options", ["--storage-type", "memory", "--data", "d"], "", {}],
    ["an option and a file", ["--storage-type", "memory"], "data: d\n", {}],
    ["a file and a variable", [], "storage: memory\n", { COMQTT_DATA: "d" }],
    ["variables", [], "", { COMQTT_DATA: "d", COMQTT_STORAGE_TYPE: "memory" }],
    ["a comqtt 2 file and an option", ["--data", "d"], "storage-way: 0\n", {}],
  ] as const
) {
  test(`data: a directory for them and memory alone, as ${what} say, is an error`, async () => {
    using folder = new Folder();
    writeFileSync(folder.in("a.yml"), file);
    const program = await Program.run([...ports, "--conf", "a.yml", ...args], {
      variables,
      folder: folder.path,
    });
    assert.equal(program.code, 1);
    assert.equal(program.output, "");
    assert.match(
      program.errors,
      /^comqtt: (?:--storage-type|COMQTT_STORAGE_TYPE|a\.yml:1:1): Cannot keep the data both in the directory "d" and in memory alone: /,
    );
    assert.deepEqual(readdirSync(folder.path), ["a.yml"]);
  });
}

const refusals: readonly (readonly [readonly string[], RegExp])[] = [
  [["backup"], /^comqtt: Command "backup" needs more: comqtt backup FILE; --help/],
  [["backup", "a", "b"], /^comqtt: Command "backup" takes no "b": comqtt backup FILE; --help/],
  [["bakcup", "a"], /^comqtt: Unknown command "bakcup", did you mean "backup"; --help/],
  [["user", "add", "a"], /^comqtt: Unknown command "user", did you mean "users"; --help/],
  [["backup", "a"], /^comqtt: Cannot make a backup: nothing is kept without --data DIR/],
  [["restore", "a"], /^comqtt: Cannot restore a backup: nothing is kept without --data DIR/],
  [["inspect"], /^comqtt: Cannot inspect what is kept: nothing is kept without --data DIR/],
  [["inspect", "nowhere.db"], /^comqtt: Cannot open the database "nowhere\.db": there is no such file/],
  [["inspect", "--storage-type", "redis"], /^comqtt: Cannot inspect what is kept: it is kept in Redis/],
  [
    ["restore", "nowhere.db", "--data", "d"],
    /^comqtt: Cannot open the database "nowhere\.db": there is no such file/,
  ],
  [
    ["--storage-type", "bolt"],
    /^comqtt: --storage-type: Cannot use "bolt", expected one of memory, sqlite, redis; /,
  ],
  [
    ["--storage-sync", "never"],
    /^comqtt: --storage-sync: Cannot use "never", expected one of normal, full, off; /,
  ],
  [["--data", "main.ts/x", ...noPorts], /^comqtt: Cannot .*"[^"]*main\.ts\/x"/],
];

for (const [args, line] of refusals) {
  test(`data: a mistake is one line and exit code 1: ${args.join(" ")}`, async () => {
    using folder = new Folder();
    writeFileSync(folder.in("main.ts"), "");
    const program = await Program.run(args, { folder: folder.path });
    assert.equal(program.code, 1, program.errors);
    assert.equal(program.output, "");
    assert.equal(program.errors.trimEnd().split("\n").length, 1, program.errors);
    assert.match(program.errors, line);
    assert.deepEqual(readdirSync(folder.path), ["main.ts"]);
  });
}

const url = "redis://user:hun%2fter2@127.0.0.1:1/0";
const misplaced: readonly (readonly [string, readonly string[], Surroundings?])[] = [
  ["storage in the file", ["--conf", "url.yml"]],
  ["type in the file", ["--conf", "type.yml"]],
  ["data in the file", ["--conf", "data.yml"]],
  ["a key in the file", ["--conf", "key.yml"]],
  ["--storage-type", ["--storage-type", url]],
  ["--data", ["--data", url]],
  ["a command", [url]],
  ["COMQTT_STORAGE_TYPE", [], { variables: { COMQTT_STORAGE_TYPE: url } }],
  ["COMQTT_DATA", [], { variables: { COMQTT_DATA: url } }],
  ["COMQTT_STORAGE", [], { variables: { COMQTT_STORAGE: url } }],
];

for (const [where, args, around] of misplaced) {
  test(`data: the URL of Redis as ${where} is refused, without its password`, async () => {
    using folder = new Folder();
    writeFileSync(folder.in("url.yml"), `storage: ${url}\n`);
    writeFileSync(folder.in("type.yml"), `storage: { type: "${url}" }\n`);
    writeFileSync(folder.in("data.yml"), `data: ${url}\n`);
    writeFileSync(folder.in("key.yml"), `storage: { "${url}": 1 }\n`);
    const files = readdirSync(folder.path);
    const program = await Program.run([...args, ...noPorts], { ...around, folder: folder.path });
    assert.equal(program.code, 1, program.output);
    assert.equal(program.errors.trimEnd().split("\n").length, 1, program.errors);
    assert.doesNotMatch(program.output + program.errors, /ter2/);
    assert.deepEqual(readdirSync(folder.path), files);
  });
}

test("data: a variable COMQTT_STORAGE is not passed over while everything is kept in memory alone", async () => {
  const { code, errors } = await Program.run(noPorts, { variables: { COMQTT_STORAGE: "sqlite" } });
  assert.equal(code, 1);
  assert.equal(
    errors,
    "comqtt: COMQTT_STORAGE: Unknown setting, those of this section are COMQTT_STORAGE_TYPE and so on\n",
  );
});

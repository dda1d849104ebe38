/** The files comqtt 2 comes with, as they are, and what is said of them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseAll } from "../../src/cli/all_options.ts";
import { UsageError } from "../../src/cli/arguments.ts";
import { gather } from "../../src/cli/configure.ts";
import { fileLayer } from "../../src/config/file.ts";
import { merge } from "../../src/config/merge.ts";

const fixtures = new URL("../fixtures/comqtt/", import.meta.url);

interface Sample {
  readonly name: string;
  readonly ports: readonly [tcp: number, ws: number, http: number];
  readonly storage: Readonly<Record<string, unknown>>;
  /** What is noted, by the keys it is about. */
  readonly notes: readonly string[];
}

const notes = [
  "dashboard-enable",
  "mqtt.options.capabilities.maximum-packet-size",
];
const redis = {
  type: "redis",
  address: "192.0.2.2:6379",
  password: "not to be shown",
  database: 0,
  prefix: "comqtt:",
};

const samples: readonly Sample[] = [
  {
    name: "single.yml",
    ports: [1883, 1882, 8080],
    storage: { type: "sqlite", path: "kept/comqtt.sqlite" },
    notes: [...notes, "storage-way"],
  },
  {
    name: "conf.yml",
    ports: [1883, 1882, 8080],
    storage: { type: "memory" },
    notes: [...notes, "mqtt.quic"],
  },
  ...[1, 2, 3].map((i) => ({
    name: `node${i}.yml`,
    ports: [1881 + 2 * i, 1880 + 2 * i, 8079 + i] as const,
    storage: redis,
    notes: [...notes, "cluster", "storage-way"],
  })),
];

for (const { name, ports: [tcp, ws, http], storage, notes: expected } of samples) {
  test(`comqtt samples: ${name} is read as it is, and each key that is read differently is noted`, () => {
    const { layer, problems } = fileLayer({
      file: name,
      text: readFileSync(new URL(name, fixtures), "utf8"),
    });
    assert.deepEqual(problems.filter(({ severity }) => severity === "error"), []);
    const keys = problems.map(({ message }) => /^"([^"]+)"/.exec(message)![1]!);
    assert.deepEqual(keys.toSorted(), expected.toSorted());
    const { values, listeners } = merge([layer]);
    assert.deepEqual(values.storage, storage);
    assert.deepEqual(listeners.map(({ protocol, address }) => [protocol, address]), [
      ["tcp", `192.0.2.1:${tcp}`],
      ["ws", `192.0.2.1:${ws}`],
      ["http", `127.0.0.1:${http}`],
    ]);
    assert.equal(values.limits.queuedMessages, 65_535);
    assert.equal(values.limits.packetSize, undefined);
    assert.equal(values.capabilities.maximumMessageExpiryInterval, 86_400);
    assert.equal(values.sysTopicInterval, 2);
  });
}

/** Each enumeration by its numbers and its names. */
const enumerations: readonly (readonly [string, string])[] = [
  ["storage-way: 0", "storage-way: memory"],
  ["storage-way: 1", "storage-way: bolt"],
  ["storage-way: 2", "storage-way: badger"],
  ["storage-way: 3", "storage-way: redis"],
  ["bridge-way: 0", "bridge-way: none"],
  ["bridge-way: 1", "bridge-way: kafka"],
  ["auth: { way: 0 }", "auth: { way: anonymous }"],
  ["auth: { way: 0, datasource: 1 }", "auth: { way: anonymous, datasource: redis }"],
  ["auth: { way: 1 }", "auth: { way: username }"],
  ["auth: { way: 2 }", "auth: { way: clientid }"],
  ["log: { level: -4 }", "log: { level: debug }"],
  ["log: { level: 8 }", "log: { level: error }"],
];

for (const [number, name] of enumerations) {
  test(`comqtt samples: ${number} is ${name}`, () => {
    const [one, two] = [number, name].map((text) => {
      const { layer, problems } = fileLayer({ file: "a.yml", text });
      const said = problems.map((
        { severity, message },
      ) => [severity, message.replace(/^Cannot use "\w+"/, "")]);
      return { values: layer.found.values, said };
    });
    assert.deepEqual(one, two);
  });
}

// --- options ---

async function asked(args: readonly string[]): Promise<{ values: unknown; lines: string[] }> {
  const { configuration, problems } = await gather(parseAll(args).given, new Map());
  return {
    values: configuration?.values.storage ?? null,
    lines: problems.map(({ severity, where, message }) => `${severity} ${where}: ${message}`),
  };
}

const options: readonly (readonly [args: string, values: unknown, lines: readonly string[]])[] = [
  ["--storage-way 0", { type: "memory" }, []],
  ["-storage-way=1", { type: "sqlite" }, [
    'warning --storage-way: "1" is SQLite here, in the directory of --data; what comqtt 2 has stored is not read',
  ]],
  ["--storage-way 3 --redis 192.0.2.1:6379 --redis-db 2 --redis-pass x", {
    type: "redis",
    address: "192.0.2.1:6379",
    database: 2,
    password: "x",
  }, ['warning --storage-way: "3" is Redis here, in other keys; what comqtt 2 has stored is not read']],
  ["--storage-way 4", null, [
    'error --storage-way: Cannot use "4", expected 0 (memory), 1 or 2 (SQLite here) or 3 (redis)',
  ]],
  ["--redis-db -x", null, ['error --redis-db: Cannot use "-x", expected a whole number from 0 to 65535']],
  ["--auth-way 0 --auth-ds 1 --auth-path a.yml", {}, []],
  ["--auth-way 1", null, [
    'error --auth-way: Cannot use "1": with datasource 0 comqtt 2 lets nobody in; here --auth-path may name a ledger with users and rules',
  ]],
  ["--log-enable --log-enable=true", {}, []],
  ["-log-enable=false", {}, []],
  ["-log-enable=perhaps", null, ['error --log-enable: Cannot use "perhaps", expected true or false']],
];

for (const [args, values, lines] of options) {
  test(`comqtt samples: options as in ${args}`, async () => {
    assert.deepEqual(await asked(args.replace("--redis-db -x", "--redis-db=-x").split(" ")), {
      values,
      lines,
    });
  });
}

test("comqtt samples: options of a cluster, and QUIC, are refused by their names", () => {
  const names = [
    ...[
      "quic",
      "node-name",
      "bind-ip",
      "gossip-port",
      "raft-port",
      "raft-bootstrap",
      "raft-log-level",
      "members",
    ],
    ...["grpc-enable", "grpc-port", "nodes-file-dir"],
  ];
  for (const name of names) {
    assert.throws(() => parseAll([`-${name}`, "x"]), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, new RegExp(`^Option "--${name}" of comqtt 2 is not taken: there is no`));
      return true;
    });
  }
});

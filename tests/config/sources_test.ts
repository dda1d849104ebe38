/** Defaults, file, environment and options together. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseArguments, UsageError } from "../../src/cli/arguments.ts";
import { configure } from "../../src/cli/configure.ts";
import { options } from "../../src/cli/options.ts";
import type { Configuration } from "../../src/config/configuration.ts";
import { variableName } from "../../src/config/table/names.ts";
import { ConfigError, formatProblem } from "../../src/core/problem.ts";
import { variableNames } from "../../src/config/variables.ts";
import { temporaryFolder } from "../harness/folder.ts";

const folder = temporaryFolder();

let files = 0;

function file(text: string): string {
  const path = join(folder, `${files++}.yml`);
  writeFileSync(path, text);
  return path;
}

async function configured(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Configuration> {
  return (await configure(parseArguments(args).given, new Map(Object.entries(variables)))).configuration;
}

function addresses({ listeners }: Configuration): Record<string, string> {
  return Object.fromEntries(listeners.map(({ id, address }) => [id, address]));
}

/** The lines of the error. */
async function refusal(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  try {
    await configured(args, variables);
  } catch (error) {
    assert.ok(error instanceof ConfigError || error instanceof UsageError, String(error));
    return error.message.split("\n");
  }
  throw new Error("It was accepted");
}

test("sources: without any, only this machine can connect", async () => {
  const configuration = await configured([]);
  assert.deepEqual(addresses(configuration), {
    tcp: "127.0.0.1:1883",
    ws: "127.0.0.1:1882",
    http: "127.0.0.1:8080",
  });
  assert.deepEqual(configuration.values, {
    capabilities: {},
    limits: {},
    abuse: {},
    metrics: {},
    storage: {},
    log: {},
    tls: {},
  });
});

test("sources: options go before variables, variables before the file, the file before defaults", async () => {
  const path = file(
    "limits: { inflight: 1, retained: 1 }\nmqtt: { tcp: :1, ws: :1, http: :1 }\nlog: { level: error }\n",
  );
  const configuration = await configured(["--conf", path, "--tcp", ":3", "--log-level", "debug"], {
    COMQTT_TCP: ":2",
    COMQTT_WS: ":2",
    COMQTT_LIMITS_INFLIGHT: "2",
    COMQTT_LOG_LEVEL: "warn",
  });
  assert.deepEqual(addresses(configuration), { tcp: ":3", ws: ":2", http: ":1" });
  assert.deepEqual(configuration.values, {
    capabilities: {},
    limits: { inflight: 2, retained: 1 },
    log: { level: "debug" },
    abuse: {},
    metrics: {},
    storage: {},
    tls: {},
  });
});

test("sources: --conf goes before COMQTT_CONF", async () => {
  const [one, two] = [file("queueFull: drop-newest"), file("queueFull: nonsense")];
  const { values } = await configured(["--conf", one], { COMQTT_CONF: two });
  assert.equal(values.queueFull, "drop-newest");
});

test("sources: an option replaces all listeners of its kind and no others", async () => {
  const path = file(
    "listeners: [{ type: tcp, id: a, address: :1 }, { type: tcp, id: b, address: :2 }, { type: ws, address: :3 }]",
  );
  assert.deepEqual(addresses(await configured(["--conf", path, "--tcp", ":4"])), { tcp: ":4", ws: ":3" });
  assert.deepEqual(addresses(await configured(["--conf", path, "--tcp", "off"])), { ws: ":3" });
});

test("sources: an option given several times opens several listeners, off takes back what was before", async () => {
  const http = ["--ws", "off", "--http", "off"];
  assert.deepEqual(addresses(await configured([...http, "--tcp", ":1", "--tcp", ":2"])), {
    "tcp": ":1",
    "tcp-2": ":2",
  });
  assert.deepEqual(addresses(await configured([...http, "--tcp", ":1", "--tcp", "off"])), {});
  assert.deepEqual(addresses(await configured([...http, "--tcp", "off", "--tcp", ":2"])), { tcp: ":2" });
  assert.deepEqual(addresses(await configured(http, { COMQTT_TCP: ":1, :2" })), {
    "tcp": ":1",
    "tcp-2": ":2",
  });
});

test("sources: an id that another source has taken gets a number", async () => {
  const path = file("listeners: [{ type: ws, id: tcp, address: :1 }]");
  assert.deepEqual(addresses(await configured(["--conf", path, "--tcp", ":2"])), {
    "tcp": ":2",
    "tcp-2": ":1",
  });
});

test("sources: the certificate of options and variables is that of --tls and --wss", async () => {
  const { listeners } = await configured(
    ["--tcp", "off", "--ws", "off", "--http", "off", "--tls", ":1", "--wss", ":2", "--tls-cert", "c"],
    { COMQTT_TLS_CERT: "x", COMQTT_TLS_KEY: "k" },
  );
  const tls = { cert: "c", key: "k", requireClientCert: false };
  assert.deepEqual(listeners.map((listener) => [listener.protocol, listener.tls]), [["tls", tls], [
    "wss",
    tls,
  ]]);
  const strict = await configured(["--tls", ":1", "--tls-cert", "c", "--tls-key", "k", "--tls-ca", "a"]);
  assert.deepEqual(strict.listeners.at(-1)!.tls, { cert: "c", key: "k", ca: "a", requireClientCert: true });
});

test("sources: half a key pair, or none, is an error that says which half", async () => {
  const needs = "A tls listener needs a certificate and its key, expected --tls-cert and --tls-key";
  const both = "; one PEM file with certificate and key may be given for both";
  assert.deepEqual(await refusal(["--tls", ":1", "--tls-cert", "c"]), [
    `--tls: A tls listener needs the key of its certificate as well, expected --tls-key${both}`,
  ]);
  assert.deepEqual(await refusal(["--wss", ":1"], { COMQTT_TLS_KEY: "k" }), [
    `--wss: A wss listener needs the certificate of its key as well, expected --tls-cert${both}`,
  ]);
  assert.deepEqual(await refusal([], { COMQTT_TLS: ":1" }), [`COMQTT_TLS: ${needs}`]);
});

test("sources: a passphrase comes from a variable or from a file, the option goes first", async () => {
  const pair = ["--tls", ":1", "--tls-cert", "c", "--tls-key", "k"];
  const tls = { cert: "c", key: "k", requireClientCert: false };
  for (
    const [args, variables, expected] of [
      [[], { COMQTT_TLS_PASSPHRASE: "secret" }, { passphrase: "secret" }],
      [[], { COMQTT_TLS_PASSPHRASE_FILE: "f" }, { passphraseFile: "f" }],
      [["--tls-passphrase-file", "g"], { COMQTT_TLS_PASSPHRASE: "secret" }, { passphraseFile: "g" }],
    ] as [string[], Record<string, string>, object][]
  ) {
    const { listeners } = await configured([...pair, ...args], variables);
    assert.deepEqual(listeners.at(-1)!.tls, { ...tls, ...expected });
  }
});

test("sources: origins are for every WebSocket listener that has none of its own, the option goes first", async () => {
  const path = file(
    "listeners: [{ type: ws, address: ':1' }, { type: ws, address: ':2', origins: [http://b] }, { type: http, address: ':3' }]",
  );
  const given = async (args: string[], variables: Record<string, string> = {}): Promise<unknown> =>
    (await configured(["--conf", path, ...args], variables)).listeners.map(({ origins }) => origins);
  assert.deepEqual(await given([]), [undefined, ["http://b"], undefined]);
  assert.deepEqual(await given(["--origins", "any"], { COMQTT_ORIGINS: "http://a" }), [
    "any",
    ["http://b"],
    undefined,
  ]);
  assert.deepEqual(await given([], { COMQTT_ORIGINS: "http://a,http://c/" }), [
    ["http://a", "http://c"],
    ["http://b"],
    undefined,
  ]);
  assert.deepEqual(await refusal(["--origins", "any", "--ws", "off"]), [
    "--origins: Nothing uses it, expected --ws or --wss as well",
  ]);
  assert.deepEqual(await refusal(["--origins", "app.example"]), [
    '--origins: Cannot use "app.example", expected any, or origins such as https://app.example:8443 ' +
    '("null" for pages without one)',
  ]);
});

test("sources: every mistake of every source is told at once", async () => {
  const path = file("limits: { inflight: 0 }\n");
  const lines = await refusal(["--conf", path, "--tcp", "x"], {
    COMQTT_LIMITS_RETAINED: "none",
    COMQTT_LIMITS_RETAIND: "1",
    COMQTT_WS: ":x",
  });
  assert.deepEqual(lines.map((line) => line.split(": ")[0]), [
    `${path}:1:21`,
    "COMQTT_WS",
    "COMQTT_LIMITS_RETAINED",
    "COMQTT_LIMITS_RETAIND",
    "--tcp",
  ]);
  assert.match(lines[3]!, /did you mean COMQTT_LIMITS_RETAINED$/);
});

/** Nobody is warned of anything. */
async function unheard(variables: Readonly<Record<string, string>>): Promise<Configuration> {
  const { configuration, warnings } = await configure(new Map(), new Map(Object.entries(variables)));
  assert.deepEqual(warnings, []);
  return configuration;
}

test("sources: variables that others set are none of ours", async () => {
  const configuration = await unheard({
    // A service `comqtt` of Kubernetes, with named ports, and those of others beside it.
    COMQTT_PORT: "tcp://10.0.0.1:1883",
    COMQTT_SERVICE_HOST: "10.0.0.1",
    COMQTT_SERVICE_PORT: "1883",
    COMQTT_SERVICE_PORT_MQTT_TLS: "8883",
    COMQTT_PORT_1883_TCP: "tcp://10.0.0.1:1883",
    COMQTT_PORT_1883_TCP_PROTO: "tcp",
    COMQTT_PORT_1883_TCP_PORT: "1883",
    COMQTT_PORT_1883_TCP_ADDR: "10.0.0.1",
    COMQTT_STORAGE_SERVICE_HOST: "10.0.0.2",
    COMQTT_STORAGE_PORT: "tcp://10.0.0.2:6379",
    COMQTT_STORAGE_PORT_6379_TCP_ADDR: "10.0.0.2",
    COMQTT_DATA_SERVICE_PORT: "80",
    COMQTT_DATA_PORT: "udp://10.0.0.3:80",
    COMQTT_TCP_PORT: "tcp://10.0.0.4:1883",
    // And what is like none of ours.
    COMQTT_VERSION: "2.6.5",
    COMQTT_OPERATOR: "me",
    COMQTT_PASSWORD: "secret",
    COMQTT_URL: "mqtt://localhost",
    COMQTT_IMAGE: "comqtt:latest",
    COMQTT_HOME: "/opt/comqtt",
    COMQTT: "1",
  });
  assert.deepEqual(configuration, await configured([]));
});

const near: readonly (readonly [string, string])[] = [
  ["COMQTT_DATADIR", "COMQTT_DATA"],
  ["COMQTT_DATA_DIR", "COMQTT_DATA"],
  ["COMQTT_DATA_DIRECTORY", "COMQTT_DATA"],
  ["COMQTT_DATA_PATH", "COMQTT_DATA"],
  ["COMQTT_DATABASE", "COMQTT_DATA"],
  ["COMQTT_DATTA", "COMQTT_DATA"],
  ["COMQTTDATA", "COMQTT_DATA"],
  ["comqtt_data", "COMQTT_DATA"],
  ["COMQTT__DATA", "COMQTT_DATA"],
  ["COMQTT_LOGLEVEL", "COMQTT_LOG_LEVEL"],
  ["COMQTT_LOG", "COMQTT_LOG_LEVEL"],
  ["COMQTT_LOG_LVL", "COMQTT_LOG_LEVEL"],
  ["COMQTT_CONFIG", "COMQTT_CONF"],
  ["COMQTT_CONFIG_FILE", "COMQTT_CONF"],
  ["COMQTT_CONF_PATH", "COMQTT_CONF"],
  ["COMQTT_TCP_PORT", "COMQTT_TCP"],
  ["COMQTT_TCP_ADDRESS", "COMQTT_TCP"],
  ["COMQTT_UNIX_SOCKET", "COMQTT_UNIX"],
  ["COMQTT_TLS_CERT_FILE", "COMQTT_TLS_CERT"],
  ["COMQTT_TLSKEY", "COMQTT_TLS_KEY"],
  ["COMQTT_TLS_CERTIFICATE", "COMQTT_TLS_CERT"],
  ["COMQTT_LIMIT_PACKET_SIZE", "COMQTT_LIMITS_PACKET_SIZE"],
  ["COMQTT_PACKET_SIZE", "COMQTT_LIMITS_PACKET_SIZE"],
  ["COMQTT_MAXIMUM_QOS", "COMQTT_CAPABILITIES_MAXIMUM_QOS"],
  ["COMQTT_STORAGETYPE", "COMQTT_STORAGE_TYPE"],
  ["COMQTT_STORE_SYNC", "COMQTT_STORAGE_SYNC"],
  ["COMQTT_SYNC", "COMQTT_STORAGE_SYNC"],
  ["COMQTT_QUEUEFULL", "COMQTT_QUEUE_FULL"],
];

for (const [name, meant] of near) {
  test(`sources: a variable ${name} is not passed over in silence`, async () => {
    const { configuration, warnings } = await configure(new Map(), new Map([[name, "1"]]));
    assert.deepEqual(warnings.map(formatProblem), [
      `${name}: Unknown setting, it has no effect; did you mean ${meant}`,
    ]);
    assert.equal(warnings[0]!.severity, "warning");
    assert.deepEqual(configuration, await configured([]));
  });
}

test("sources: every variable that is a setting is known, and one that is empty is not set", async () => {
  for (const { name, value, ofCommand } of options) {
    if (value !== undefined && ofCommand !== true) {
      assert.ok(variableNames().includes(variableName(name.replaceAll("-", "_"))), name);
    }
  }
  const path = file(
    "queueFull: drop-newest\nlimits: { inflight: 7 }\nstorage: { type: redis, url: 'redis://a' }",
  );
  const others = [...variableNames(), "COMQTT_STORAGE", "COMQTT_LIMITS", "COMQTT_LIMITS_X", "COMQTT_DATADIR"];
  for (const empty of ["", "  "]) {
    for (const args of [[], ["--conf", path]]) {
      const { configuration, warnings } = await configure(
        parseArguments(args).given,
        new Map(others.map((name) => [name, empty])),
      );
      assert.deepEqual(warnings, []);
      assert.deepEqual(configuration, await configured(args));
    }
  }
});

// --- the home directory ---

test("sources: ~/ at the beginning of any path is the home directory", async () => {
  const home = "/home/me";
  const at = async (
    args: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Configuration> =>
    (await configure(parseArguments(args).given, new Map(Object.entries(variables)), home)).configuration;

  const tls = { cert: "/home/me/c", key: "/home/me/k", ca: "/home/me/a", requireClientCert: true };
  const flags = await at([
    ...["--data", "~/d", "--unix", "~/s", "--unix", "~/t", "--tls", ":1", "--tls-cert", "~/c"],
    ...["--tls-key", "~/k", "--tls-ca", "~/a"],
  ]);
  assert.equal(flags.values.data, "/home/me/d");
  assert.deepEqual(
    flags.listeners.filter(({ protocol }) => protocol === "unix").map(({ address }) => address),
    [
      "/home/me/s",
      "/home/me/t",
    ],
  );
  assert.deepEqual(flags.listeners.find(({ protocol }) => protocol === "tls")!.tls, tls);

  const environment = await at([], {
    COMQTT_DATA: "~/",
    COMQTT_UNIX: "~/s, ~/t",
    COMQTT_STORAGE_PATH: "~/x.db",
    COMQTT_STORAGE_CA: "~/ca.pem",
    COMQTT_STORAGE_ADDRESS: "~/redis.sock",
    COMQTT_STORAGE_TYPE: "redis",
  });
  assert.equal(environment.values.data, "/home/me/");
  assert.deepEqual(environment.values.storage, {
    type: "redis",
    path: "/home/me/x.db",
    ca: "/home/me/ca.pem",
    address: "/home/me/redis.sock",
  });

  const path = file(
    "data: ~/d\nstorage: { path: ~/x.db }\nlisteners:\n  - { type: unix, path: ~/s }\n" +
      "  - { type: tcp, address: ':1', tls: { cert: ~/c, key: ~/k, ca: ~/a } }\n",
  );
  const { values, listeners } = await at(["--conf", path]);
  assert.deepEqual([values.data, values.storage], ["/home/me/d", { path: "/home/me/x.db" }]);
  assert.equal(listeners.find(({ protocol }) => protocol === "unix")!.address, "/home/me/s");
  assert.deepEqual(listeners.find(({ protocol }) => protocol === "tls")!.tls, tls);

  const old = file(
    "mqtt: { tcp: ':1', tls: { server-cert: ~/c, server-key: ~/k, ca-cert: ~/a } }\n" +
      "storage-way: 1\nstorage-path: ~/data/comqtt.db\n",
  );
  const comqtt = await at(["--conf", old]);
  assert.equal(comqtt.values.storage.path, "/home/me/data/comqtt.sqlite");
  assert.deepEqual(comqtt.listeners.find(({ protocol }) => protocol === "tls")!.tls, tls);
});

test("sources: ~ elsewhere in a path, and before a name, is a letter", async () => {
  for (const data of ["~me/d", "d/~/e", "./~/d", "~~/d", "/~/d"]) {
    assert.equal((await configured(["--data", data])).values.data, data);
  }
  assert.equal(
    (await configure(parseArguments(["--data", "~"]).given, new Map(), "/root/")).configuration.values.data,
    "/root",
  );
});

test("sources: the file of the settings may be in the home directory", async () => {
  writeFileSync(join(folder, "home.yml"), "queueFull: drop-newest\n");
  for (
    const [args, variables] of [[["--conf", "~/home.yml"], {}], [[], { COMQTT_CONF: "~/home.yml" }]] as const
  ) {
    const given = parseArguments(args).given;
    const { configuration } = await configure(given, new Map(Object.entries(variables)), folder);
    assert.equal(configuration.values.queueFull, "drop-newest");
  }
});

test("sources: ~/ without HOME is an error that names each path", async () => {
  for (const home of ["", undefined]) {
    const refused = async (args: readonly string[]): Promise<string[]> => {
      try {
        // (What is undefined would be that of whoever runs the test.)
        await configure(parseArguments(args).given, new Map(), home ?? "");
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        return error.message.split("\n");
      }
      throw new Error("It was accepted");
    };
    const line = (path: string): string =>
      `HOME: Not set, so nobody knows where "${path}" is: expected the home directory, or the whole path there`;
    assert.deepEqual(await refused(["--data", "~/d", "--unix", "~/s"]), [line("~/s"), line("~/d")]);
    assert.deepEqual(await refused(["--conf", "~/a.yml"]), [line("~/a.yml")]);
  }
});

test("sources: names of variables", () => {
  assert.equal(variableName("limits", "packetSize"), "COMQTT_LIMITS_PACKET_SIZE");
  assert.equal(variableName("sysTopicInterval"), "COMQTT_SYS_TOPIC_INTERVAL");
});

test("sources: long options with one dash are taken as comqtt 2 took them", () => {
  assert.deepEqual([...parseArguments(["-tcp", ":1", "-conf=a.yml", "--ws", ":2", "-h"]).given], [
    ["tcp", [":1"]],
    ["conf", ["a.yml"]],
    ["ws", [":2"]],
    ["help", [""]],
  ]);
});

test("sources: each option with a value takes it from the next word or after an equals sign", () => {
  for (const { name, value } of options) {
    if (value === undefined) continue;
    assert.deepEqual([...parseArguments([`--${name}`, "x"]).given], [[name, ["x"]]]);
    assert.deepEqual([...parseArguments([`--${name}=-x`]).given], [[name, ["-x"]]]);
    assert.throws(() => parseArguments([`--${name}`]), UsageError);
  }
});

/** Defaults, file, environment and options together. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseArguments, UsageError } from "../../src/cli/arguments.ts";
import { configure } from "../../src/cli/configure.ts";
import { options } from "../../src/cli/options.ts";
import type { Configuration } from "../../src/config/configuration.ts";
import { variableName } from "../../src/config/environment.ts";
import { ConfigError } from "../../src/config/problem.ts";
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
  assert.deepEqual(configuration.values, { capabilities: {}, limits: {}, storage: {}, logLevel: "info" });
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
    logLevel: "debug",
    storage: {},
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

test("sources: variables that others set are none of ours", async () => {
  const configuration = await configured([], {
    COMQTT_PORT: "tcp://10.0.0.1:1883",
    COMQTT_SERVICE_HOST: "10.0.0.1",
  });
  assert.equal(configuration.listeners.length, 3);
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

/** The commands about the configuration, with the real program. */

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { temporaryFolder } from "../harness/folder.ts";
import { noPorts, Program } from "../harness/program.ts";

const root = new URL("../../", import.meta.url);

function tlsFile(name: string): string {
  return fileURLToPath(new URL(`tests/fixtures/tls/${name}`, root));
}

test("config check: all that is wrong is told at once, in the order of the file, and the code is 1", async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "a.yml"),
    "bridge-way: 1\nlimits:\n  packetSize: 12\n  topicLevel: 3\nstorage:\n  password: [hunter2]\n" +
      "mqtt:\n  tcp: a:b:c\n",
  );
  const around = { folder, variables: { COMQTT_LIMITS_INFLIGHT: "none" } };
  const { code, output, errors } = await Program.run(["config", "check", "a.yml"], around);
  assert.deepEqual({ code, errors }, { code: 1, errors: "" });
  assert.deepEqual(output.split("\n"), [
    'a.yml:1:1: warning: "bridge-way" is not supported yet and has no effect',
    'a.yml:3:15: Cannot use "12" for "limits.packetSize", expected a size from 64 bytes to 268435460 bytes, such as 64KiB or 1MiB',
    'a.yml:4:3: Unknown key "limits.topicLevel", did you mean "topicLevels"',
    'a.yml:6:13: Cannot use this for "storage.password", expected a text',
    'a.yml:8:8: Invalid listener address "a:b:c": expected "host:port", "[ipv6]:port", ":port" or "port", or off',
    'COMQTT_LIMITS_INFLIGHT: Cannot use "none", expected a whole number from 1 to 65535',
    "5 errors, 1 warning",
    "",
  ]);
});

test("config check: certificates are read, and a storage that cannot be is told with its place", async () => {
  const folder = temporaryFolder();
  const listener = (cert: string, key: string): string =>
    `  - { type: tcp, address: ":1", tls: { cert: ${cert}, key: ${key} } }\n`;
  writeFileSync(
    join(folder, "a.yml"),
    "listeners:\n" + listener("/nowhere/a.crt", "/nowhere/a.key") +
      listener(tlsFile("server.crt"), tlsFile("device.key")) +
      listener(tlsFile("server.crt"), tlsFile("server.key")) + "data: d\nstorage: memory\n",
  );
  const { code, output } = await Program.run(["config", "check", "a.yml"], { folder });
  assert.equal(code, 1);
  const lines = output.trimEnd().split("\n");
  assert.match(
    lines[0]!,
    /^a\.yml:2:5: Cannot open the listener "tls": the certificate ".*" cannot be read: no such/,
  );
  assert.match(
    lines[1]!,
    /^a\.yml:3:5: Cannot open the listener "tls-2": the private key ".*" does not belong to /,
  );
  assert.match(lines[2]!, /^a\.yml:6:1: Cannot keep the data both in the directory "d" and in memory alone/);
  assert.deepEqual(lines.slice(3), ["3 errors"]);
});

test("config check: a start says the same, and nothing has been started", async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "a.yml"),
    'listeners:\n  - { type: tcp, address: "127.0.0.1:0" }\n' +
      '  - { type: tcp, id: x, address: ":0", tls: { cert: a, key: b } }\ndata: d\nstorage: memory\n',
  );
  const { code, output, errors } = await Program.run(["--conf", "a.yml"], { folder });
  assert.deepEqual({ code, output }, { code: 1, output: "" });
  assert.deepEqual(errors.split("\n").map((line) => line.split(": ").slice(0, 2).join(": ")), [
    "comqtt: a.yml:3:5",
    "comqtt: a.yml:5:1",
    "",
  ]);
});

test("config check: a configuration with nothing wrong, of files, of options, or none at all, and the code is 0", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.yml"), "limits: { inflight: 5 }\n");
  for (const args of [[], ["a.yml"], ["a.yml", folder], ["--conf", "a.yml"], ["--tcp", ":1"]]) {
    const { code, output, errors } = await Program.run(["config", "check", ...args], { folder });
    assert.deepEqual({ code, output, errors }, {
      code: 0,
      output: "Nothing is wrong with the configuration\n",
      errors: "",
    });
  }
  writeFileSync(join(folder, "b.yml"), "bridge-way: 1\n");
  const { code, output } = await Program.run(["config", "check", "b.yml"], { folder });
  assert.equal(code, 0);
  assert.match(output, /\nThe configuration can be used: 1 warning\n$/);
});

test("config show: what is in use and where it comes from, as YAML that is a configuration, and as JSON", async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "a.yml"),
    "limits:\n  inflight: 5\n  packetSize: 2MiB\nlisteners:\n  - { type: unix, path: s, mode: 0660 }\n" +
      "  - { type: ws, address: ':1', origins: [http://a] }\n",
  );
  const args = [
    "config",
    "show",
    "--conf",
    "a.yml",
    "--tcp",
    ":2",
    "--storage-url",
    "redis://me:hunter2@h:1/0",
  ];
  const around = { folder, variables: { COMQTT_LIMITS_PACKET_SIZE: "3MiB" } };
  const shown = await Program.run(args, around);
  assert.deepEqual([shown.code, shown.errors], [0, ""]);
  for (
    const line of [
      "  - type: tcp # from --tcp",
      "  - type: unix # from a.yml:5:5",
      "  inflight: 5 # from a.yml:2:3",
      "  packetSize: 3MiB # from COMQTT_LIMITS_PACKET_SIZE",
      "  retained: 10000000 # default",
      '  url: "redis://***@h:1/0" # from --storage-url',
      "# data: not set",
      "queueFull: drop-oldest # default",
    ]
  ) assert.ok(shown.output.split("\n").includes(line), `${line} in ${shown.output}`);
  assert.doesNotMatch(shown.output, /hunter2/);
  const json = await Program.run([...args, "--json"], around);
  const { values, from } = JSON.parse(json.output);
  assert.equal(values.limits.packetSize, 3 << 20);
  assert.deepEqual(
    [from["limits.packetSize"], from["limits.retained"], from["listeners[0]"]],
    ["COMQTT_LIMITS_PACKET_SIZE", "default", "--tcp"],
  );
  // What is shown can be given to --conf.
  writeFileSync(join(folder, "shown.yml"), shown.output);
  const again = await Program.run(["config", "show", "--conf", "shown.yml", "--json"], around);
  assert.deepEqual(JSON.parse(again.output).values, values);
  assert.deepEqual(
    parse(shown.output).listeners,
    values.listeners.map((one: { mode?: number }) => one.mode === undefined ? one : { ...one, mode: "0660" }),
  );
});

test("config schema: it is the one in config/", async () => {
  const { code, output } = await Program.run(["config", "schema"]);
  assert.equal(code, 0);
  assert.equal(output, readFileSync(new URL("config/schema.json", root), "utf8"));
});

test("config: what is no command of it is told what there is", async () => {
  for (
    const [words, hint] of [[["config"], /expected one of config check, /], [
      ["config", "chekc"],
      /did you mean "config check"/,
    ]] as const
  ) {
    const { code, errors } = await Program.run(words);
    assert.equal(code, 1);
    assert.match(errors, hint);
  }
});

test("config: settings that are no usual options are taken by their paths at a start", async () => {
  await using program = await Program.start([
    ...noPorts,
    "--tcp",
    "127.0.0.1:0",
    "--limits.packet-size=2MiB",
    "--capabilities-maximum-qos",
    "1",
  ]);
  assert.match(program.output, /is ready/);
  const refused = await Program.run(["--limits-packet-siez", "1"]);
  assert.match(
    refused.errors,
    /^comqtt: Unknown option "--limits-packet-siez", did you mean "--limits-packet-size"/,
  );
});

test("config show: what looks like a variable and is none can be given to --conf", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.yml"), 'data: "/tmp/$${NOBODY_HAS_THIS} b"\n');
  const shown = await Program.run(["config", "show", "--conf", "a.yml"], { folder });
  assert.deepEqual([shown.code, shown.errors], [0, ""]);
  assert.match(shown.output, /^data: "\/tmp\/\$\$\{NOBODY_HAS_THIS\} b"/m);
  writeFileSync(join(folder, "shown.yml"), shown.output);
  const { code, errors } = await Program.run(["config", "show", "--conf", "shown.yml"], { folder });
  assert.deepEqual([code, errors], [0, ""]);
});

test("config show: what it writes of a certificate given by options can be given to --conf", async () => {
  const folder = temporaryFolder();
  for (const name of ["server.crt", "server.key"]) {
    copyFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), join(folder, name));
  }
  const files = ["--tls-cert", "server.crt", "--tls-key", "server.key"];
  const shown = await Program.run(["config", "show", "--tls", "127.0.0.1:0", ...files], { folder });
  writeFileSync(join(folder, "shown.yml"), shown.output);
  const { code, output, errors } = await Program.run(["config", "check", "shown.yml"], { folder });
  assert.deepEqual([code, errors], [0, ""], output);
});

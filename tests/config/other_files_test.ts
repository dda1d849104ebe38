/** Files of other programs, and of other parts of this one, given as the configuration. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileLayer } from "../../src/config/file.ts";
import { Program } from "../harness/program.ts";

const fixtures = new URL("../fixtures/", import.meta.url);
const project = new URL("../../", import.meta.url);

/** Everything that is said about a file with this text. */
function problems(text: string): string[] {
  return fileLayer({ file: "a.yml", text }).problems.map(({ where, message }) => `${where}: ${message}`);
}

const recognised: readonly (readonly [string, RegExp])[] = [
  ["comqtt/auth-redis.yml", /plug-in file of comqtt 2, access control from Redis, .*"auth\.conf-path"/],
  ["comqtt/auth-http.yml", /plug-in file of comqtt 2, access control from an HTTP server, /],
  ["comqtt/auth-mysql.yml", /plug-in file of comqtt 2, access control from MySQL, /],
  ["comqtt/auth-postgresql.yml", /plug-in file of comqtt 2, access control from PostgreSQL, /],
  ["comqtt/bridge-kafka.yml", /plug-in file of comqtt 2, the bridge to Kafka, .*"bridge-path"/],
  ["comqtt/blacklist.yml", /the rules of a ledger, .*"auth: \[\{ ledger: FILE \}\]"/],
  ["comqtt/dashboard-users.json", /the users of comqtt 2's dashboard/],
  ["mosquitto/mosquitto.conf", /a configuration of mosquitto, .*config migrate FILE/],
  ["mosquitto/acl", /an acl_file of mosquitto, .*"acl: \{ mosquitto: FILE \}"/],
  ["mosquitto/passwords", /a password_file of mosquitto, .*--users FILE/],
];

for (const [name, wanted] of recognised) {
  test(`other files: ${name} is recognised, in one line that says where to read on`, () => {
    const text = readFileSync(new URL(name, fixtures), "utf8");
    for (const written of [text, "\uFEFF" + text.replaceAll("\n", "\r\n")]) {
      const [line, ...more] = problems(written);
      assert.deepEqual(more, []);
      assert.match(line!, wanted);
      assert.match(line!, /docs\/coming-from\.md/);
      assert.doesNotMatch(line!, /not to be shown|192\.0\.2\.1|\$2a|AAAA/);
    }
  });
}

test("other files: the ledger in config/ is recognised", () => {
  const text = readFileSync(new URL("config/ledger.yml", project), "utf8");
  assert.match(problems(text).join("\n"), /^a\.yml: These are the rules of a ledger/);
});

test("other files: what a configuration of mosquitto is written with is said", () => {
  for (
    const text of ["listener 1883", "port 1884\nbind_address ::1", "log_dest stdout", "allow_anonymous false"]
  ) {
    assert.match(
      problems(text)[0]!,
      /configuration of mosquitto, .*: "comqtt config migrate FILE" writes it for this program$/,
    );
  }
});

for (
  const text of [
    "",
    "# listener 1883",
    "listeners: []",
    "listener: 1883",
    "auth: { way: 0 }",
    "auth:",
    "limits: { packetSize: 1MiB }",
    "some words",
    "- a\n- b",
    "[]",
    "users",
    "users: /etc/comqtt/users",
    "{}",
    "acl: [",
  ]
) {
  test(`other files: nothing is read into ${JSON.stringify(text)}`, () => {
    assert.doesNotMatch(problems(text).join("\n"), /^a\.yml: This is|These are|coming-from/m);
  });
}

test("other files: the program ends with that line", async () => {
  const conf = new URL("comqtt/auth-redis.yml", fixtures).pathname;
  const { code, output, errors } = await Program.run(["--conf", conf]);
  assert.deepEqual({ code, output }, { code: 1, output: "" });
  assert.match(errors, /^comqtt: \S+auth-redis\.yml: This is a plug-in file of comqtt 2.*\n$/);
});

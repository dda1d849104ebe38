/** A configuration written as a file says the same when it is read. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { Configuration } from "../../src/config/configuration.ts";
import { fileLayer } from "../../src/config/file.ts";
import { merge } from "../../src/config/merge.ts";
import { nativeText } from "../../src/config/native_text.ts";
import { formatProblem, type Problem } from "../../src/core/problem.ts";

const project = new URL("../../", import.meta.url);

function read(text: string): { configuration: Configuration; problems: readonly Problem[] } {
  const { layer, problems } = fileLayer({ file: "a.yml", text });
  const errors = problems.filter(({ severity }) => severity === "error");
  assert.deepEqual(errors, [], text);
  return { configuration: merge([layer]), problems };
}

/** Without where it came from. */
function plain({ listeners, values }: Configuration): unknown {
  const text = JSON.stringify(values, (key, value) => key === "place" ? undefined : value);
  return {
    listeners: listeners.map(({ origin: _origin, byDefault: _default, ...rest }) => rest),
    values: JSON.parse(text),
  };
}

function same(text: string): string {
  const { configuration, problems } = read(text);
  const written = nativeText(configuration, "a.yml", problems);
  const again = read(written);
  assert.deepEqual(plain(again.configuration), plain(configuration), written);
  // (What is native has nothing to remark on.)
  assert.deepEqual(again.problems, []);
  for (const problem of problems) {
    const flat = written.replace(/\n# {3}/g, " ");
    assert.ok(flat.includes(`# - ${formatProblem(problem)}`), formatProblem(problem));
  }
  return written;
}

for (
  const name of readdirSync(new URL("config/", project)).filter((one) =>
    one.endsWith(".yml") && one !== "ledger.yml"
  )
) {
  test(`native text: config/${name}`, () =>
    void same(readFileSync(new URL(`config/${name}`, project), "utf8")));
}

test("native text: a file of comqtt 2, with a remark for each key that is read differently", () => {
  const written = same(`
storage-way: 1
storage-path: comqtt.db
bridge-way: 1
bridge-path: ./config/bridge-kafka.yml
pprof-enable: true
auth: { way: 0, datasource: 1 }
mqtt:
  tcp: :1883
  ws: ""
  http: 127.0.0.1:8081
  quic: :2000
  tls: { ca-cert: ca.crt, server-cert: "a b.crt", server-key: s.key }
  options:
    sys-topic-resend-interval: 3
    capabilities:
      maximum-client-writes-pending: 65535
      maximum-packet-size: 0
      minimum-protocol-version: 4
      compatibilities: { obscure-not-authorized: true, passive-client-disconnect: true, restore-sys-info-restart: true }
log: { enable: true, format: 1, output: 2, filename: ./logs/comqtt.log, level: 4 }
`);
  assert.match(written, /^# - a\.yml:\d+:\d+: "mqtt\.quic" is not supported yet/m);
  assert.match(written, /^# - a\.yml:2:1: "storage-way" is SQLite here/m);
  assert.match(written, /requireClientCertificate: true/);
  assert.doesNotMatch(written, /type: ws|storage-way:/);
});

test("native text: Redis, a Unix socket, origins, and texts that YAML would read as something else", () => {
  same(`
storage: { type: redis, url: "redis://u:p@h:1/2", prefix: "yes", timeout: 3s }
listeners:
  - { type: unix, path: "/run/a b.sock", mode: 0660 }
  - { type: ws, address: ":9001", path: /mqtt, origins: [https://app.example], pingInterval: 0 }
  - { type: ws, id: "123", address: ":9002", origins: any, topicAliasMaximumOut: 5 }
capabilities: { responseInformation: "null # x" }
log: { level: debug }
`);
  same(`storage-way: 3\nredis: { options: { addr: "h:6379", password: "p: #\\"" }, prefix: comqtt }`);
});

test("native text: what looks like a variable stays what it is", () => {
  const written = same('data: "/a $${NOBODY_HAS_THIS} b"\nusers: "$${x}"');
  assert.match(written, /\$\$\{NOBODY_HAS_THIS\}/);
});

test("native text: comqtt 2's ledger and blacklist are this program's", () => {
  const written = same("auth: { way: 1, conf-path: a/ledger.yml, blacklist-path: blacklist.yml }");
  assert.match(written, /^auth:\n {2}- \{ ledger: a\/ledger\.yml \}\n/m);
  assert.match(written, /^blacklist: blacklist\.yml$/m);
  assert.match(written, /^# - a\.yml:1:9: With datasource 0 comqtt 2 lets nobody in/m);
});

test("native text: no listener at all", () => assert.match(same("listeners: []"), /^listeners: \[\]$/m));

/** Files of comqtt 2. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileLayer } from "../../src/config/file.ts";

/** The shape of the single.yml that comqtt comes with, without storage, logs and the dashboard. */
const single = `
storage-way: 0
bridge-way: 0
pprof-enable: false
auth:
  way: 0
  datasource: 1
  conf-path: ./config/auth-redis.yml
mqtt:
  tcp: :1883
  ws: :1882
  http: :8080
  tls:
    ca-cert:
    server-cert:
    server-key:
  options:
    client-write-buffer-size: 1024
    client-read-buffer-size: 1024
    sys-topic-resend-interval: 3
    inline-client: true
    capabilities:
      compatibilities:
        obscure-not-authorized: true
        passive-client-disconnect: false
        always-return-response: false
        restore-sys-info-restart: false
        noinheritedpropertiesonack: false
      maximum-message-expiry-interval: 86400
      maximum-client-writes-pending: 65535
      maximum-session-expiry-interval: 4294967295
      maximum-packet-size: 0
      receive-maximum: 512
      topic-alias-maximum: 65535
      shared-sub-available: 1
      minimum-protocol-version: 4
      maximum-qos: 2
      retain-available: 0
      wildcard-sub-available: 1
      sub-id-available: 1
log:
  enable: true
  level: 4
`;

function messages(text: string, severity: "error" | "warning"): string[] {
  return fileLayer({ file: "a.yml", text }).problems
    .filter((problem) => problem.severity === severity)
    .map(({ where, message }) => `${where.slice("a.yml:".length)} ${message}`);
}

test("comqtt file: what has a counterpart means the same", () => {
  const { layer } = fileLayer({ file: "a.yml", text: single });
  assert.deepEqual(messages(single, "error"), []);
  assert.deepEqual(layer.found.values, {
    limits: { queuedMessages: 65_535 },
    capabilities: {
      obscureNotAuthorized: true,
      maximumMessageExpiryInterval: 86_400,
      maximumSessionExpiryInterval: 4_294_967_295,
      receiveMaximum: 512,
      topicAliasMaximum: 65_535,
      sharedSubAvailable: true,
      minimumProtocolVersion: 4,
      maximumQos: 2,
      retainAvailable: false,
      wildcardSubAvailable: true,
      subIdAvailable: true,
    },
    restoreCounters: false,
    storage: { type: "memory" },
    abuse: {},
    metrics: {},
    tls: {},
    sysTopicInterval: 3,
    log: { level: "warn" },
  });
  assert.deepEqual(Object.fromEntries(layer.listeners), {
    tcp: [{ protocol: "tcp", id: "tcp", address: ":1883", origin: "a.yml:10:3" }],
    ws: [{ protocol: "ws", id: "ws", address: ":1882", origin: "a.yml:11:3" }],
    http: [{ protocol: "http", id: "http", address: ":8080", origin: "a.yml:12:3" }],
  });
});

test("comqtt file: what is asked for and not there yet is a warning, what is not asked for is none", () => {
  assert.deepEqual(messages(single, "warning"), [
    '32:7 "mqtt.options.capabilities.maximum-packet-size" 0 is no limit in comqtt 2 and 1MiB here; ' +
    '"limits.packetSize" sets another one',
  ]);
  const text = [
    "storage-way: 1",
    "storage-path: comqtt.db",
    "bridge-way: 1",
    "dashboard-enable: true",
    "dashboard: { users-file: x }",
    "cluster: { node-name: a }",
    "redis: { options: { addr: a } }",
    "log: { output: 2, filename: x, maxsize: 100, max-age: 30, compress: true }",
    "mqtt: { quic: ':2000' }",
  ].join("\n");
  assert.deepEqual(messages(text, "error"), []);
  assert.deepEqual(messages(text, "warning").map((line) => line.split(" ")[1]), [
    '"bridge-way"',
    '"dashboard-enable"',
    '"cluster"',
    '"mqtt.quic"',
    '"storage-way"',
  ]);
});

test("comqtt file: no warning of what means nothing without what it belongs to", () => {
  const text = [
    "bridge-way: 0",
    "bridge-path: ./config/bridge-kafka.yml",
    "dashboard-enable: false",
    "dashboard: { users-file: ./config/dashboard-users.json }",
    "auth: { way: 0, datasource: 1, conf-path: a.yml, blacklist-path: b.yml }",
    "log: { enable: true, output: 0, filename: ./logs/comqtt.log, maxsize: 100, max-backups: 3, compress: true }",
    "mqtt: { options: { inline-client: true } }",
  ].join("\n");
  assert.deepEqual(fileLayer({ file: "a.yml", text }).problems, []);
});

test("comqtt file: a packet size that is set elsewhere is not warned of", () => {
  const zero = "mqtt: { options: { capabilities: { maximum-packet-size: 0 } } }";
  assert.equal(messages(zero, "warning").length, 1);
  for (const text of [`limits: { packetSize: 2MiB }\n${zero}`, `${zero}\nlimits: { packetSize: 2MiB }`]) {
    const { layer, problems } = fileLayer({ file: "a.yml", text });
    assert.deepEqual([problems, layer.found.values.limits], [[], { packetSize: 2 * 1024 * 1024 }]);
  }
});

const ways: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["storage-way: 0\nstorage-path: x.db", { type: "memory" }],
  ["storage-way: 1", { type: "sqlite", path: "comqtt.sqlite" }],
  ["storage-path: data/comqtt.db\nstorage-way: 1", { type: "sqlite", path: "data/comqtt.sqlite" }],
  ["storage-way: 2\nstorage-path: .badger", { type: "sqlite", path: ".badger.sqlite" }],
  ["storage-way: 3", { type: "redis", prefix: "comqtt:" }],
  [
    "redis: { options: { addr: 'a:1', username: '', password: p, db: 2 }, prefix: x }\nstorage-way: 3",
    { type: "redis", address: "a:1", password: "p", database: 2, prefix: "x:" },
  ],
  ["redis: { options: { addr: 'a:1' } }", {}],
  ["storage-way: 1\nstorage: { type: memory }", { type: "memory" }],
];

for (const [text, storage] of ways) {
  test(`comqtt file: storage as in ${text.replaceAll("\n", ", ")}`, () => {
    const { layer } = fileLayer({ file: "a.yml", text });
    assert.deepEqual(messages(text, "error"), []);
    assert.deepEqual(layer.found.values.storage, storage);
  });
}

test("comqtt file: a storage that comqtt 2 did not have is an error with its place", () => {
  assert.deepEqual(messages("storage-way: 4", "error"), [
    '1:14 Cannot use "4" for "storage-way", expected 0 (memory), 1 or 2 (SQLite here) or 3 (redis)',
  ]);
});

test("comqtt file: access control that is not there yet lets nobody start without it", () => {
  assert.deepEqual(messages("auth:\n  way: 1\n  datasource: 2\n", "error"), [
    '3:3 Cannot use "2" for "auth.datasource": access control from MySQL is not supported yet',
  ]);
});

test("comqtt file: with a certificate tcp and ws are encrypted, with an authority clients need one too", () => {
  const { layer, problems } = fileLayer({
    file: "a.yml",
    text: "mqtt: { tcp: :1883, ws: :1882, http: :8080, tls: { ca-cert: a, server-cert: c, server-key: k } }",
  });
  assert.deepEqual(problems, []);
  const tls = { cert: "c", key: "k", ca: "a", requireClientCert: true };
  assert.deepEqual(Object.fromEntries(layer.listeners), {
    tcp: [],
    tls: [{ protocol: "tls", id: "tls", address: ":1883", tls, origin: "a.yml:1:9" }],
    ws: [],
    wss: [{ protocol: "wss", id: "wss", address: ":1882", tls, origin: "a.yml:1:21" }],
    http: [{ protocol: "http", id: "http", address: ":8080", origin: "a.yml:1:32" }],
  });
});

test("comqtt file: half a key pair, or one that nothing uses, is an error", () => {
  assert.deepEqual(messages("mqtt: { tcp: :1, tls: { server-cert: c } }", "error"), [
    '1:18 Missing "server-key" for "mqtt.tls", expected the path of a PEM file',
  ]);
  assert.deepEqual(messages("mqtt: { tls: { server-cert: c, server-key: k } }", "error"), [
    '1:9 Nothing uses "mqtt.tls", expected "mqtt.tcp" or "mqtt.ws" as well',
  ]);
});

test("comqtt file: an address that is empty or off opens nothing", () => {
  for (const off of ["", "''", "off", "false", "null"]) {
    const { layer, problems } = fileLayer({ file: "a.yml", text: `mqtt:\n  ws: ${off}\n` });
    assert.deepEqual(problems, []);
    assert.deepEqual(Object.fromEntries(layer.listeners), { ws: [] });
  }
});

test("comqtt file: a wrong address, a wrong value and a list of listeners beside it are errors", () => {
  assert.deepEqual(messages("mqtt: { tcp: 'a:b' }\nlisteners: []", "error"), [
    '1:14 Invalid listener address "a:b": the port must be a number from 0 to 65535, or off',
    '2:1 Cannot use "listeners" beside "mqtt.tcp", "mqtt.ws" and "mqtt.http"',
  ]);
  assert.deepEqual(
    messages("mqtt: { options: { capabilities: { maximum-qos: 3, maximun-qos: 1 } } }", "error"),
    [
      '1:49 Cannot use "3" for "mqtt.options.capabilities.maximum-qos", expected 0, 1 or 2',
      '1:52 Unknown key "mqtt.options.capabilities.maximun-qos", did you mean "maximumQos"',
    ],
  );
});

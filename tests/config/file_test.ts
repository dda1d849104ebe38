/** What a configuration file means, and what is said of one that means nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultCapabilities, defaultLimits, limitRanges } from "../../src/core/options.ts";
import { type Layer, protocols } from "../../src/config/configuration.ts";
import type { Protocol } from "../../src/config/configuration.ts";
import { fileLayer } from "../../src/config/file.ts";
import { itemsOf } from "../../src/config/table/item.ts";
import { capabilities } from "../../src/config/table/capabilities.ts";
import { limits } from "../../src/config/table/limits.ts";
import { table } from "../../src/config/table/table.ts";

/** The layer of a file with nothing wrong. */
function layerOf(text: string): Layer {
  const { layer, problems } = fileLayer({ file: "a.yml", text });
  assert.deepEqual(problems, []);
  return layer;
}

/** `line:column message`, one for each problem. */
function problemsOf(text: string, severity: "error" | "warning" = "error"): string[] {
  const { problems } = fileLayer({ file: "a.yml", text });
  return problems.filter((problem) => problem.severity === severity).map(({ where, message }) => {
    assert.match(where, /^a\.yml:[1-9]\d*:[1-9]\d*$/);
    return `${where.slice("a.yml:".length)} ${message}`;
  });
}

/** Nothing is set. */
const nothing = { capabilities: {}, limits: {}, abuse: {}, storage: {}, log: {}, metrics: {}, tls: {} };

test("file: an empty one changes nothing", () => {
  for (const text of ["", "# nothing\n", "limits:\ncapabilities: # none\nlog:\n"]) {
    const { listeners, found: { values } } = layerOf(text);
    assert.equal(listeners.size, 0);
    assert.deepEqual(values, nothing);
  }
});

test("file: values, in camel case and in kebab case", () => {
  const { found: { values } } = layerOf([
    "limits: { packetSize: 1.5MiB, connect-timeout: 30s, topic_levels: 7 }",
    "capabilities: { maximum-qos: 1, retainAvailable: false, maximumKeepAlive: 5m }",
    "queue-full: drop-newest",
    "sysTopicInterval: 10",
    "log: { level: debug }",
  ].join("\n"));
  assert.deepEqual(values, {
    limits: { packetSize: 1_572_864, connectTimeout: 30_000, topicLevels: 7 },
    capabilities: { maximumQos: 1, retainAvailable: false, maximumKeepAlive: 300 },
    abuse: {},
    metrics: {},
    storage: {},
    tls: {},
    queueFull: "drop-newest",
    sysTopicInterval: 10,
    log: { level: "debug" },
  });
});

const storages: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["data: /var/lib/comqtt", { data: "/var/lib/comqtt", storage: {} }],
  ["storage: sqlite", { storage: { type: "sqlite" } }],
  [
    "storage: { type: sqlite, path: a.db, sync: full, window: 2s, pending-bytes: 1MiB }",
    { storage: { type: "sqlite", path: "a.db", sync: "full", window: 2000, pendingBytes: 1_048_576 } },
  ],
  [
    "storage: { type: redis, url: 'redis://a:1', prefix: 'x:', timeout: 1s }",
    { storage: { type: "redis", url: "redis://a:1", prefix: "x:", timeout: 1000 } },
  ],
  ["storage:", { storage: {} }],
];

for (const [text, expected] of storages) {
  test(`file: where data is kept as in ${text}`, () => {
    assert.deepEqual(layerOf(text).found.values, { ...nothing, ...expected });
  });
}

test("file: a password of the storage is never shown", () => {
  const [problem] = problemsOf("storage: { password: [hunter2] }");
  assert.equal(problem, '1:22 Cannot use this for "storage.password", expected a text');
  assert.doesNotMatch(problemsOf("storage: { url: [hunter2] }").join(), /hunter2/);
});

test("file: every limit and capability has its key", () => {
  assert.deepEqual(Object.keys(itemsOf(limits)).sort(), Object.keys(defaultLimits).sort());
  assert.deepEqual(Object.keys(itemsOf(capabilities)).sort(), Object.keys(defaultCapabilities).sort());
});

for (const [name, [low, high]] of Object.entries(limitRanges)) {
  test(`file: limits.${name} takes what the broker takes and no more`, () => {
    const read = (value: number): number =>
      fileLayer({ file: "a.yml", text: `limits: { ${name}: ${value} }` }).problems.length;
    assert.deepEqual([low, high].map(read), [0, 0]);
    assert.deepEqual([low - 1, high + 1].map(read), [1, 1]);
  });
}

test("file: listeners of every kind replace the defaults", () => {
  const { listeners } = layerOf(`
listeners:
  - type: tcp
    address: :1883
    backlog: 100
    topic-alias-maximum-out: 64
  - { type: tcp, id: second, address: "[::1]:1884", topicAliasMaximumOut: 0 }
  - { type: ws, address: 1882, path: /mqtt, require-subprotocol: no, ping-interval: 1m, origins: any, topicAliasMaximumOut: 1, tls: { cert: c, key: k } }
  - { type: http, id: tcp, address: localhost:8080 }
  - { type: unix, path: /run/comqtt, mode: 0660, topicAliasMaximumOut: 65535 }
`);
  assert.deepEqual(Object.fromEntries(listeners), {
    tls: [],
    https: [],
    tcp: [
      {
        protocol: "tcp",
        id: "tcp-2",
        address: ":1883",
        backlog: 100,
        topicAliasMaximumOut: 64,
        origin: "a.yml:3:5",
      },
      { protocol: "tcp", id: "second", address: "[::1]:1884", topicAliasMaximumOut: 0, origin: "a.yml:7:5" },
    ],
    ws: [],
    wss: [{
      protocol: "wss",
      id: "wss",
      address: "1882",
      path: ["/mqtt"],
      requireSubprotocol: false,
      pingInterval: 60,
      origins: "any",
      topicAliasMaximumOut: 1,
      tls: { cert: "c", key: "k", requireClientCert: false },
      origin: "a.yml:8:5",
    }],
    http: [{ protocol: "http", id: "tcp", address: "localhost:8080", origin: "a.yml:9:5" }],
    unix: [{
      protocol: "unix",
      id: "unix",
      address: "/run/comqtt",
      mode: 0o660,
      topicAliasMaximumOut: 65_535,
      origin: "a.yml:10:5",
    }],
  });
});

test("file: origins are any, one, several with commas, or a list", () => {
  const originsOf = (text: string): unknown =>
    layerOf(`listeners: [{ type: ws, address: ":1", origins: ${text} }]`).listeners.get("ws")![0]!.origins;
  assert.equal(originsOf("any"), "any");
  assert.deepEqual(originsOf("https://App.example:443/"), ["https://app.example"]);
  assert.deepEqual(originsOf("'http://a, http://b:80'"), ["http://a", "http://b"]);
  assert.deepEqual(originsOf("[http://a, 'null']"), ["http://a", "null"]);
  assert.deepEqual(originsOf("[]"), []);
});

test("file: TLS with several certificates, versions and protocols, and proxies in front", () => {
  const { listeners } = layerOf(`
listeners:
  - type: tcp
    address: :8883
    tls:
      cert: a.crt
      key: a.key
      names: A.example
      certificates:
        - { cert: b.crt, key: b.key, passphrase-file: b.pass, names: [b.example, "*.b.example"] }
      min-version: TLSv1.2
      maxVersion: TLSv1.3
      ciphers: ECDHE+AESGCM
      alpn: [mqtt, x]
      watch: no
    proxy-protocol: { trusted: 10.0.0.0/8 }
  - { type: tcp, address: :1, tls: { cert: a, key: b, names: x, certificates: [{ cert: c, key: d }], alpn: mqtt } }
  - { type: ws, address: :2, path: [/a, /b], trusted-proxies: [::1, unix], forwardedHeader: Forwarded }
  - { type: http, address: :3, trustedProxies: 127.0.0.1, proxyProtocol: { trusted: [::1] } }
  - { type: unix, path: /run/a, proxyProtocol: { trusted: unix } }
`);
  const of = (protocol: Protocol): unknown[] =>
    listeners.get(protocol)!.map(({ protocol: _p, id: _i, origin: _o, address: _a, ...rest }) => rest);
  assert.deepEqual(of("tls"), [
    {
      tls: {
        requireClientCert: false,
        cert: "a.crt",
        key: "a.key",
        names: ["A.example"],
        certificates: [
          { cert: "b.crt", key: "b.key", passphraseFile: "b.pass", names: ["b.example", "*.b.example"] },
        ],
        minVersion: "TLSv1.2",
        maxVersion: "TLSv1.3",
        ciphers: "ECDHE+AESGCM",
        alpn: ["mqtt", "x"],
        watch: false,
      },
      proxyProtocol: { trusted: ["10.0.0.0/8"] },
    },
    {
      tls: {
        requireClientCert: false,
        cert: "a",
        key: "b",
        names: ["x"],
        certificates: [{ cert: "c", key: "d" }],
        alpn: ["mqtt"],
      },
    },
  ]);
  assert.deepEqual(of("ws"), [
    { path: ["/a", "/b"], trustedProxies: ["::1", "unix"], forwardedHeader: "Forwarded" },
  ]);
  assert.deepEqual(of("http"), [{ trustedProxies: ["127.0.0.1"], proxyProtocol: { trusted: ["::1"] } }]);
  assert.deepEqual(of("unix"), [{ proxyProtocol: { trusted: ["unix"] } }]);
});

test("file: an empty list of listeners is none at all", () => {
  const { listeners } = layerOf("listeners: []");
  assert.deepEqual([...listeners.values()].flat(), []);
  assert.deepEqual([...listeners.keys()], protocols);
});

test("file: with an authority clients need a certificate, unless they are only asked for one", () => {
  const tlsOf = (more: string): unknown =>
    layerOf(`listeners: [{ type: tcp, address: ":1", tls: { cert: c, key: k, ca: a${more} } }]`)
      .listeners.get("tls")![0]!.tls;
  const base = { cert: "c", key: "k", ca: "a" };
  assert.deepEqual(tlsOf(""), { ...base, requireClientCert: true });
  assert.deepEqual(tlsOf(", requestClientCertificate: true"), {
    ...base,
    requestClientCert: true,
    requireClientCert: false,
  });
  assert.deepEqual(tlsOf(", requireClientCertificate: false, minVersion: TLSv1.3"), {
    ...base,
    requireClientCert: false,
    minVersion: "TLSv1.3",
  });
});

const mistakes: readonly (readonly [name: string, text: string, problems: string[]])[] = [
  ["a network that is none", "listeners: [{ type: ws, address: :1, trustedProxies: [::1, 10.0.0.0/33] }]", [
    '1:60 Cannot use "10.0.0.0/33" for "listeners[0].trustedProxies[1]", ' +
    'expected an address or a network such as "10.0.0.0/8", or "unix"',
  ]],
  ["no networks at all", "listeners: [{ type: tcp, address: :1, proxyProtocol: {} }]", [
    '1:39 Missing "trusted" for "listeners[0].proxyProtocol", expected the networks of the proxies',
  ]],
  ["an empty list of networks", "listeners: [{ type: tcp, address: :1, proxyProtocol: { trusted: [] } }]", [
    '1:39 Missing "trusted" for "listeners[0].proxyProtocol", expected the networks of the proxies',
  ]],
  ["proxies that WebSocket and HTTP have", "listeners: [{ type: unix, path: a, trustedProxies: ::1 }]", [
    '1:36 Cannot use "listeners[0].trustedProxies" with type "unix", ' +
    "which takes path, mode, topicAliasMaximumOut, proxyProtocol",
  ]],
  ["a header of nobody", "listeners: [{ type: http, address: :1, forwardedHeader: Forwarded }]", [
    '1:40 Cannot use "listeners[0].forwardedHeader" without "trustedProxies"',
  ]],
  ["a path without a slash", "listeners: [{ type: ws, address: :1, path: mqtt }]", [
    '1:44 Cannot use "mqtt" for "listeners[0].path", expected a path that begins with a slash, such as "/mqtt", ' +
    "or several of them with commas between",
  ]],
  [
    "a certificate without its key",
    "listeners: [{ type: tcp, address: :1, tls: { certificates: [{ cert: a }] } }]",
    [
      '1:61 Missing "key" for "listeners[0].tls.certificates[0]"',
    ],
  ],
  [
    "a certificate for what is no name",
    "listeners: [{ type: tcp, address: :1, tls: { cert: a, key: b, names: a b } }]",
    [
      '1:70 Cannot use "a b" for "listeners[0].tls.names", ' +
      'expected the name of a host, such as "broker.example.org" or "*.example.org", ' +
      "or several of them with commas between",
    ],
  ],
  [
    "versions that exclude each other",
    "listeners: [{ type: tcp, address: :1, tls: { cert: a, key: b, minVersion: TLSv1.3, maxVersion: TLSv1.2 } }]",
    [
      '1:39 Cannot use "minVersion" above "maxVersion" for "listeners[0].tls"',
    ],
  ],
  [
    "ALPN where HTTP is spoken",
    "listeners: [{ type: ws, address: :1, tls: { cert: a, key: b, alpn: mqtt } }]",
    [
      '1:38 Cannot use "alpn" for "listeners[0].tls", which speaks http/1.1',
    ],
  ],
  ["a number that is none", "limits:\n  inflight: many", [
    '2:13 Cannot use "many" for "limits.inflight", expected a whole number from 1 to 65535',
  ]],
  ["a size out of range", "limits: { packetSize: 1GiB }", [
    '1:23 Cannot use "1GiB" for "limits.packetSize", ' +
    "expected a size from 64 bytes to 268435460 bytes, such as 64KiB or 1MiB",
  ]],
  ["a duration that is too short", "limits: { connectTimeout: 10 }", [
    '1:27 Cannot use "10" for "limits.connectTimeout", ' +
    "expected a duration from 100ms to 600000ms, such as 500ms or 10s",
  ]],
  ["a mapping instead of a value", "limits: { inflight: { a: 1 } }", [
    '1:21 Cannot use "{ a: 1 }" for "limits.inflight", expected a whole number from 1 to 65535',
  ]],
  ["a value instead of a mapping", "limits: 3", [
    '1:9 Cannot use "3" for "limits", expected a mapping of keys to values',
  ]],
  ["a value that is missing", "limits: { inflight: }", [
    '1:21 Missing value for "limits.inflight", expected a whole number from 1 to 65535',
  ]],
  ["a list instead of the file", "- a", [
    '1:1 Cannot use "- a" for "the file", expected a mapping of keys to values',
  ]],
  ["an unknown key close to one", "limits:\n  packet-szie: 1", [
    '2:3 Unknown key "limits.packet-szie", did you mean "packetSize"',
  ]],
  ["an unknown key close to none", "log: { colour: red }", [
    '1:8 Unknown key "log.colour", expected one of level, levels, format, output, file, ' +
    "maxSize, maxAge, maxBackups, compress, times",
  ]],
  ["keys that every object has", "constructor: 1\n__proto__: 2\nlimits: { toString: 3 }", [
    '1:1 Unknown key "constructor", expected one of ' +
    Object.keys(itemsOf(table)).join(", "),
    '2:1 Unknown key "__proto__", expected one of ' +
    Object.keys(itemsOf(table)).join(", "),
    '3:11 Unknown key "limits.toString", expected one of ' + Object.keys(itemsOf(limits)).join(", "),
  ]],
  ["a key twice", "queueFull: drop-oldest\nqueue-full: drop-newest", [
    '2:1 Duplicate key "queue-full": it stands at a.yml:1:1 already',
  ]],
  ["a listener without a type", "listeners: [{ address: ':1' }]", [
    '1:13 Missing "type" for "listeners[0]", expected one of tcp, ws, http, unix',
  ]],
  ["a listener of an unknown type", "listeners: [{ type: tpc, address: ':1' }]", [
    '1:21 Cannot use "tpc" for "listeners[0].type", expected one of tcp, ws, http, unix',
  ]],
  ["a listener without an address", "listeners: [{ type: ws }]", [
    '1:13 Missing "address" for "listeners[0]" of type "ws"',
  ]],
  ["an address that is none", "listeners:\n  - { type: tcp, address: a:b:c }", [
    '2:27 Invalid listener address "a:b:c": expected "host:port", "[ipv6]:port", ":port" or "port"',
  ]],
  ["a key that another type takes", "listeners: [{ type: tcp, address: ':1', mode: 0660 }]", [
    '1:41 Cannot use "listeners[0].mode" with type "tcp", which takes address, tls, backlog, topicAliasMaximumOut, proxyProtocol',
  ]],
  ["an id twice", "listeners: [{ type: tcp, id: a, address: ':1' }, { type: ws, id: a, address: ':2' }]", [
    '1:62 Cannot use the id "a" again: it stands at a.yml:1:26 already',
  ]],
  ["listeners that are no list", "listeners: { type: tcp }", [
    '1:12 Cannot use "{ type: tcp }" for "listeners", expected a list',
  ]],
  ["an origin that is none", "listeners: [{ type: ws, address: ':1', origins: [app.example, http://a] }]", [
    '1:50 Cannot use "app.example" for "listeners[0].origins[0]", expected any, or origins such as ' +
    'https://app.example:8443 ("null" for pages without one)',
  ]],
  ["origins where there are no pages", "listeners: [{ type: tcp, address: ':1', origins: any }]", [
    '1:41 Cannot use "listeners[0].origins" with type "tcp", which takes address, tls, backlog, topicAliasMaximumOut, proxyProtocol',
  ]],
  ["a certificate without its key", "listeners: [{ type: tcp, address: ':1', tls: { cert: c } }]", [
    '1:41 Missing "key" for "listeners[0].tls", expected the path of a PEM file; ' +
    "one with certificate and key may be given for both",
  ]],
  [
    "a passphrase twice",
    "listeners: [{ type: tcp, address: ':1', tls: { cert: c, key: k, passphrase: p, passphraseFile: f } }]",
    ['1:41 Cannot use "passphrase" beside "passphraseFile" for "listeners[0].tls"'],
  ],
  [
    "client certificates of nobody",
    "listeners: [{ type: tcp, address: ':1', tls: { cert: c, key: k, requireClientCertificate: true } }]",
    ['1:41 Missing "ca" for "listeners[0].tls": nobody says whose client certificates count'],
  ],
  ["a storage there is not", "storage: bolt", [
    '1:10 Cannot use "bolt" for "storage", expected one of memory, sqlite, redis',
  ]],
  ["a setting of another storage", "storage:\n  sync: full\n  type: redis\n", [
    '2:3 Cannot use "storage.sync" with type "redis", ' +
    "which takes type, url, address, username, password, database, ca, cert, key, passphrase, prefix, timeout, lockTime",
  ]],
  ["settings of two storages", "storage:\n  url: redis://localhost\n  sync: full\n", [
    '3:3 Cannot use "storage.sync" with type "redis", ' +
    "which takes type, url, address, username, password, database, ca, cert, key, passphrase, prefix, timeout, lockTime",
  ]],
  ["text that is no YAML", "limits: [1\n", [
    "2:1 Not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
  ]],
];

for (const [name, text, expected] of mistakes) {
  test(`file: ${name} is an error with its place`, () => {
    assert.deepEqual(problemsOf(text), expected);
  });
}

test("file: all mistakes are told at once, in their order", () => {
  const problems = problemsOf("limits:\n  inflight: 0\n  retained: -1\nqueueFull: never\nlgo: {}\n");
  assert.deepEqual(problems.map((problem) => problem.split(" ")[0]), ["2:13", "3:13", "4:12", "5:1"]);
});

test("file: a passphrase is never shown", () => {
  const tls = (passphrase: string): string =>
    `listeners: [{ type: tcp, address: ':1', tls: { cert: c, key: k, passphrase: ${passphrase} } }]`;
  for (const secret of ["[hunter2]", "{ hunter2: 1 }", "*hunter2", "!hunter2 [hunter2]"]) {
    const problems = problemsOf(tls(secret));
    assert.equal(problems.length, 1, secret);
    assert.doesNotMatch(problems[0]!, /hunter2/);
  }
});

test("file: an alias is what it stands for", () => {
  const { found: { values } } = layerOf("limits: { packetSize: &size 2MiB, connectPacketSize: *size }");
  assert.deepEqual(values.limits, { packetSize: 2 << 20, connectPacketSize: 2 << 20 });
});

test("file: aliases in a circle end", () => {
  assert.equal(problemsOf("limits: &a { inflight: *a }").length, 1);
  assert.equal(problemsOf("listeners: &a [*a]").length > 0, true);
});

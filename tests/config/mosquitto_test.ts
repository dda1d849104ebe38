/** A mosquitto.conf becomes a file for this program: what it opens, what it says, and what it leaves closed. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { ListenerSetting } from "../../src/config/configuration.ts";
import { fileLayer } from "../../src/config/file.ts";
import { merge } from "../../src/config/merge.ts";
import type { Include } from "../../src/config/mosquitto/conf.ts";
import { directives } from "../../src/config/mosquitto/directives.ts";
import { migrateMosquitto } from "../../src/config/mosquitto/migrate.ts";

interface Migrated {
  readonly text: string;
  /** `protocol address` */
  readonly open: readonly string[];
  readonly listeners: readonly ListenerSetting[];
  /** Everything but listeners, defaults left out. */
  readonly values: Record<string, unknown>;
  /** What it says about a line, by its number; closed listeners under 0. */
  said(line: number): string;
  readonly closed: string;
}

function migrated(conf: string, include?: Include): Migrated {
  const text = migrateMosquitto(conf, "m.conf", include);
  const { layer, problems } = fileLayer({ file: "m.yml", text });
  assert.deepEqual(problems, [], text);
  const { listeners } = merge([layer]);
  const { capabilities, limits, abuse, metrics, storage, log, tls: _tls, ...rest } = layer.found.values;
  const { level, ...logs } = log;
  const logged = { ...(level === undefined ? {} : { logLevel: level }), ...logs };
  // (As one line each.)
  const remarks = text.replace(/\n# {2,}(?!- )/g, " ").split("\n");
  return {
    text,
    listeners,
    open: listeners.map(({ protocol, address }) => `${protocol} ${address}`),
    values: { ...capabilities, ...limits, ...abuse, ...metrics, ...storage, ...rest, ...logged },
    said: (line) => remarks.filter((one) => one.startsWith(`# - m.conf:${line} `)).join("\n"),
    closed: remarks.filter((one) => /^# {3}- |^# - listener|^# - port|^# - the default/.test(one)).join("\n"),
  };
}

/** Whoever reaches it may connect, there as here. */
const OPEN = "allow_anonymous true\n";

for (
  const [conf, open] of [
    ["listener 1883", ["tcp :1883"]],
    ["listener 1883 127.0.0.1", ["tcp 127.0.0.1:1883"]],
    ["listener 1883 ::1", ["tcp [::1]:1883"]],
    ["listener 1883 broker.example", ["tcp broker.example:1883"]],
    ["listener 1883 # all of them", ["tcp :1883"]],
    ["listener\t1883\n\tprotocol\twebsockets", ["ws :1883"]],
    ["port 1884", ["tcp :1884"]],
    ["bind_address 10.0.0.1", ["tcp 10.0.0.1:1883"]],
    ["port 1884\nbind_address ::1", ["tcp [::1]:1884"]],
    ["bind_address localhost\nport 1884\nlistener 1885", ["tcp localhost:1884", "tcp :1885"]],
    ["listener 9001\nprotocol websockets\nlistener 1883\nprotocol mqtt", ["tcp :1883", "ws :9001"]],
    ["listener 0 /run/m.sock", ["unix /run/m.sock"]],
    ["listener 1883\nsocket_domain ipv4", ["tcp 0.0.0.0:1883"]],
    ["listener 1883\nsocket_domain ipv6", ["tcp [::]:1883"]],
    ["listener 8883\ncertfile a b.crt\nkeyfile k.key", ["tls :8883"]],
    ["listener 9883\nprotocol websockets\ncertfile a.crt\nkeyfile k.key", ["wss :9883"]],
    ["listener 1883\nlistener 1883 127.0.0.2", ["tcp :1883", "tcp 127.0.0.2:1883"]],
    ["", ["tcp 127.0.0.1:1883"]],
    ["connection_messages true\nlog_dest stderr", ["tcp 127.0.0.1:1883"]],
    ["max_connections 5\nlistener 1883", ["tcp :1883"]],
    ["# comment\n\n  # another\r\nlistener 1883\r\n", ["tcp :1883"]],
    ["\uFEFFlistener 1883", ["tcp :1883"]],
  ] as const
) {
  test(`mosquitto: where ${JSON.stringify(conf)} listens`, () => {
    const { open: found, closed } = migrated(OPEN + conf);
    assert.deepEqual([...found].sort(), [...open].sort());
    assert.equal(closed, "");
  });
}

test("mosquitto: TLS, with clients' certificates only where they are demanded", () => {
  const tls = "listener 8883\ncafile ca.crt\ncertfile s.crt\nkeyfile s.key\ntls_version tlsv1.3\n";
  const [plain] = migrated(OPEN + tls).listeners;
  assert.deepEqual(plain!.tls, {
    requireClientCert: false,
    cert: "s.crt",
    key: "s.key",
    minVersion: "TLSv1.3",
  });
  const [strict] = migrated(OPEN + tls + "require_certificate true").listeners;
  assert.equal(strict!.tls!.ca, "ca.crt");
  assert.equal(strict!.tls!.requireClientCert, true);
  assert.match(
    migrated(OPEN + "listener 1\ncertfile a\nkeyfile b\ntls_version tlsv1.1").said(5),
    /TLS 1\.2 at least/,
  );
});

test("mosquitto: whose pages may connect", () => {
  const conf = OPEN +
    "listener 9001\nprotocol websockets\nwebsockets_origin https://a.example\nwebsockets_origin https://b.example:8443\n" +
    "websockets_origin nonsense here";
  const { listeners, said } = migrated(conf);
  assert.deepEqual(listeners[0]!.origins, ["https://a.example", "https://b.example:8443"]);
  assert.match(said(6), /not taken over/);
  assert.match(migrated(OPEN + "listener 9001\nprotocol websockets").said(3), /STRICTER/);
});

const closed: readonly (readonly [string, RegExp])[] = [
  ["listener 1883", /user name and a password \(mosquitto 2 demands that/],
  ["listener 1883\nallow_anonymous false", /user name and a password \(m\.conf:2 allow_anonymous false\)/],
  ["listener 1883\nallow_anonymous yes", /user name and a password/],
  ["allow_anonymous false", /^# - the default listener/],
  [
    "per_listener_settings true\nlistener 1883\npassword_file /p\nlistener 1884\npassword_file /q",
    /those of m\.conf:3 password_file \/p[^]*those of m\.conf:5 password_file \/q/,
  ],
  ["listener 1883\nallow_anonymous false\npassword_file", /those of m\.conf:3 password_file/],
  [
    "listener 1883\npassword_file /p\nuse_username_as_clientid true",
    /a client has the id that is its user name/,
  ],
  ["listener 1883\npassword_file /p\nplugin /x.so", /a plug-in may decide/],
  ["listener 1883\nallow_anonymous true\nacl_file", /no file is named: m\.conf:3 acl_file/],
  ["listener 1883\nallow_anonymous false\nacl_file /a", /user name and a password/],
  [
    "per_listener_settings true\nlistener 1883\nallow_anonymous true\nacl_file /a\nlistener 1884\nallow_anonymous true\nacl_file /b",
    /other ones than those of other listeners: m\.conf:4 [^]*other ones than those of other listeners: m\.conf:7 /,
  ],
  [
    "per_listener_settings true\nlistener 1883\nallow_anonymous true\npassword_file /p\nlistener 1884\nallow_anonymous true\npassword_file /q",
    /users of another file[^]*m\.conf:4 password_file[^]*users of another file[^]*m\.conf:7 password_file/,
  ],
  [
    "listener 8883\ncertfile a\nkeyfile b\ncafile c\nrequire_certificate true\nuse_identity_as_username true\nacl_file /a",
    /the name in a certificate, which is no user name here: m\.conf:7 acl_file/,
  ],
  [
    "listener 1883\nallow_anonymous true\nplugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file /d.json",
    /file of a plug-in[^]*"comqtt users import \/d\.json" takes them over, and "auth: \[\{ store: true \}\]"/,
  ],
  ["listener 1883\nallow_anonymous true\nauth_plugin /x.so\nauth_opt_backends files", /a plug-in may decide/],
  ["listener 1883\nallow_anonymous true\nglobal_plugin /x.so", /a plug-in may decide/],
  ["plugin_load x /x.so\nlistener 1883\nallow_anonymous true\nplugin_use x", /a plug-in may decide/],
  ["allow_anonymous true\nlistener 8883\npsk_hint h\npsk_file /p", /pre-shared keys/],
  ["allow_anonymous true\nlistener 8883\ncertfile a", /only one half/],
  ["allow_anonymous true\nlistener 8883\ncertfile a\nkeyfile", /no file is named/],
  [
    "allow_anonymous true\nlistener 8883\ncertfile a\nkeyfile b\nrequire_certificate true",
    /nobody says whose/,
  ],
  [
    "allow_anonymous true\nlistener 8883\ncertfile a\nkeyfile b\nrequire_certificate yes\n",
    /nobody says whose/,
  ],
  [
    "allow_anonymous true\nlistener 8883\ncertfile a\nkeyfile b\nrequire_certificate true\ncapath /c",
    /one file here/,
  ],
  [
    "allow_anonymous true\nlistener 8883\ncertfile a\nkeyfile b\nrequire_certificate true\ncafile c\ncapath /c",
    /one file here/,
  ],
  [
    "allow_anonymous true\nlistener 8883\ncertfile a\nkeyfile b\nrequire_certificate true\ncafile c\ncrlfile r",
    /revoked/,
  ],
  ["listener 8883\ncertfile a\nkeyfile b\nrequire_certificate true\ncafile c", /user name and a password/],
  [
    "listener 8883\ncertfile a\nkeyfile b\ncafile c\nuse_identity_as_username true",
    /user name and a password/,
  ],
  ["allow_anonymous true\nlistener 8883\ntls_engine pkcs11\ncertfile a\nkeyfile b", /engine/],
  ["allow_anonymous true\nlistener 1883\nbind_interface eth0", /interface/],
  ["allow_anonymous true\nlistener 1883\nmount_point x/", /one part of the topics/],
  ["allow_anonymous true\nlistener 1883\nenable_proxy_protocol 2", /PROXY/],
  ["allow_anonymous true\nlistener 1883\nuse_username_as_clientid true", /no user name is refused/],
  [
    "allow_anonymous true\nclientid_prefixes a-\nlistener 1883",
    /only some client ids[^]*client: 'a-\*', allow: true \}, \{ allow: false \}\]/,
  ],
  ["allow_anonymous true\nlistener 8080\nprotocol http_api", /no such protocol/],
  ["allow_anonymous true\nlistener x", /no address here/],
  ["allow_anonymous true\nlistener 99999", /no address here/],
  ["allow_anonymous true\nlistener 1883 bad!host", /no address here/],
  ["allow_anonymous true\nlistener 0", /neither a port nor the path/],
  ["allow_anonymous true\nlistener 1883\ninclude_dir /nowhere", /could not be read/],
  ["per_listener_settings true\nlistener 1883", /user name and a password/],
  ["per_listener_settings true\nallow_anonymous true\nlistener 1883", /user name and a password/],
  ["allow_anonymous true\nlistener 1883\nlistener_allow_anonymous false", /user name and a password/],
];

for (const [conf, why] of closed) {
  test(`mosquitto: ${JSON.stringify(conf)} stays closed, and it is said first`, () => {
    const { open, text, closed } = migrated(conf);
    assert.deepEqual(open, []);
    assert.match(closed, why);
    assert.match(text.split("\n")[2]!, /^# REMARK: NOT OPENED/);
    assert.match(text.replace(/\n# +/g, " "), /NOBODY CAN CONNECT, AND THE PROGRAM DOES NOT START/);
    // (To be opened by hand.)
    assert.match(text, /^ {2}# {2}- type: /m);
  });
}

test("mosquitto: who has the certificate that is demanded needs no password", () => {
  for (const word of ["use_identity_as_username", "use_subject_as_username"]) {
    const conf = `listener 8883\ncertfile a\nkeyfile b\ncafile c\nrequire_certificate true\n${word} true`;
    const { open, closed, said } = migrated(conf);
    assert.deepEqual(open, ["tls :8883"]);
    assert.equal(closed, "");
    assert.match(said(6), /no user name here/);
  }
});

const GUARDED = "auth: [{ mosquitto: { passwords: /p } }]";
const CERTIFICATE =
  "certfile a\nkeyfile b\ncafile c\nrequire_certificate true\nuse_identity_as_username true\n";
const EACH = "per_listener_settings true\n";

/** What is said there, what is asked for here, what is open, and what is told of a line. */
const accesses: readonly (readonly [string, readonly string[], readonly string[], number, RegExp])[] = [
  ["listener 1883\nallow_anonymous false\npassword_file /p", [GUARDED], ["tcp :1883"], 3, /^$/],
  ["listener 1883\npassword_file /p\nlistener 1884", [GUARDED], ["tcp :1883", "tcp :1884"], 2, /^$/],
  [
    `${EACH}listener 1883\nallow_anonymous true\nlistener 1884\npassword_file /p`,
    [GUARDED],
    ["tcp :1883", "tcp :1884"],
    5,
    /STRICTER: on all listeners, clients without a password are refused$/,
  ],
  [`${EACH}listener 1883\nlistener 1884\npassword_file /p`, [GUARDED], ["tcp :1884"], 4, /STRICTER/],
  [
    `${OPEN}listener 1883\npassword_file /p`,
    [GUARDED, "anonymous: allow"],
    ["tcp :1883"],
    3,
    /a name that is not in it comes in as well, but without that name$/,
  ],
  [
    `${EACH}listener 1883\nallow_anonymous true\npassword_file /p\nlistener 1884\nallow_anonymous true`,
    [GUARDED, "anonymous: allow"],
    ["tcp :1883", "tcp :1884"],
    4,
    /STRICTER: on all listeners, a name that is in it needs its password$/m,
  ],
  [
    "listener 1883\npassword_file /p\nacl_file /a",
    ["auth: [{ mosquitto: { passwords: /p, acl: /a } }]"],
    ["tcp :1883"],
    3,
    /^$/,
  ],
  [`${OPEN}acl_file /a`, ["acl: [{ mosquitto: /a }]"], ["tcp 127.0.0.1:1883"], 2, /^$/],
  [
    `${OPEN}listener 1883\npassword_file /p\nacl_file /a`,
    [GUARDED, "anonymous: allow", "acl: [{ mosquitto: /a }]"],
    ["tcp :1883"],
    4,
    /^$/,
  ],
  [
    `${EACH}listener 1883\nallow_anonymous true\nlistener 1884\nallow_anonymous true\nacl_file /a`,
    ["acl: [{ mosquitto: /a }]"],
    ["tcp :1883", "tcp :1884"],
    6,
    /STRICTER: on all listeners, topics are as its rules say$/,
  ],
  [
    `${EACH}listener 1883\npassword_file /p\nlistener 1884\nallow_anonymous true\npassword_file /q`,
    [GUARDED],
    ["tcp :1883"],
    6,
    /NOT TAKEN OVER: one file of users is for all listeners/,
  ],
  [
    `listener 8883\n${CERTIFICATE}password_file /p`,
    [],
    ["tls :8883"],
    7,
    /not needed: who has a certificate is asked for no password$/,
  ],
  [
    `listener 1883\npassword_file /p\nlistener 8883\n${CERTIFICATE}`,
    [GUARDED],
    ["tcp :1883", "tls :8883"],
    2,
    /STRICTER: on all listeners, clients without a password/,
  ],
  [
    "listener 1883\npassword_file C:\\my files\\${p}",
    ['auth: [{ mosquitto: { passwords: "C:\\\\my files\\\\$${p}" } }]'],
    ["tcp :1883"],
    2,
    /^$/,
  ],
];

for (const [conf, wanted, open, line, remark] of accesses) {
  test(`mosquitto: who comes in with ${JSON.stringify(conf)}`, () => {
    const { open: found, text, said } = migrated(conf);
    assert.deepEqual(text.match(/^(?:auth|anonymous|acl|users): .*$/gm) ?? [], wanted);
    assert.deepEqual(found, open);
    assert.match(said(line), remark);
  });
}

test("mosquitto: with per_listener_settings each listener is judged by its own lines", () => {
  const { open, closed } = migrated(
    "per_listener_settings true\nlistener 1883 127.0.0.1\nallow_anonymous true\nlistener 1884\n" +
      "listener 1885\nallow_anonymous true\nplugin /a\nlistener 1886\nallow_anonymous true",
  );
  assert.deepEqual(open, ["tcp 127.0.0.1:1883", "tcp :1886"]);
  assert.match(closed, /listener 1884[^]*password[^]*listener 1885[^]*a plug-in/);
  assert.doesNotMatch(closed, /1886/);
});

test("mosquitto: without it what stands under one listener is about all of them", () => {
  assert.deepEqual(migrated("listener 1883\nallow_anonymous true\nlistener 1884").open, [
    "tcp :1883",
    "tcp :1884",
  ]);
  assert.deepEqual(migrated("listener 1883\nallow_anonymous true\nlistener 1884\nplugin /a").open, []);
  const own = "allow_anonymous false\nlistener 1883\nlistener_allow_anonymous true\nlistener 1884";
  assert.deepEqual(migrated(own).open, ["tcp :1883"]);
});

test("mosquitto: what stands before any listener opens none, and it is said", () => {
  const { open, said } = migrated(`${OPEN}max_connections 5\nprotocol websockets\nlistener 18830`);
  assert.deepEqual(open, ["tcp :18830"]);
  assert.match(said(2), /opens port 1883 as well; NOT OPENED HERE/);
  assert.match(said(3), /NOT OPENED HERE/);
});

for (
  const [conf, values] of [
    ["max_inflight_messages 40", { inflight: 40 }],
    ["max_inflight_messages 0", { inflight: 65_535 }],
    ["max_queued_messages 200", { queuedMessages: 200, queueFull: "drop-newest" }],
    ["max_queued_messages 0", { queueFull: "drop-newest" }],
    ["max_queued_bytes 1048576", { queuedBytes: 1_048_576, queueFull: "drop-newest" }],
    ["max_packet_size 65536", { packetSize: 65_536 }],
    ["max_packet_size 20", { packetSize: 64 }],
    ["message_size_limit 100000", { packetSize: 108_192 }],
    ["message_size_limit 0", {}],
    ["max_packet_size 5000\nmessage_size_limit 100000", { packetSize: 5000 }],
    ["memory_limit 1073741824", { memory: 1_073_741_824 }],
    ["memory_limit 1000000", {}],
    ["max_keepalive 600", { maximumKeepAlive: 600 }],
    ["persistent_client_expiration 2w", { maximumSessionExpiryInterval: 1_209_600 }],
    ["persistent_client_expiration 3m", { maximumSessionExpiryInterval: 7_776_000 }],
    ["persistent_client_expiration 12h", { maximumSessionExpiryInterval: 43_200 }],
    ["persistent_client_expiration soon", {}],
    ["persistent_client_expiration 999999999y", { maximumSessionExpiryInterval: 0xffff_fffe }],
    ["retain_available false", { retainAvailable: false }],
    ["sys_interval 10", { sysTopicInterval: 10 }],
    ["global_max_connections 500\nglobal_max_clients 900", { connections: 500, sessions: 900 }],
    ["max_inflight_messages many", {}],
    ["listener 1\nmax_connections 5", { connections: 5 }],
    ["listener 1\nmax_connections 5\nlistener 2\nmax_connections 7", { connections: 12 }],
    ["listener 1\nmax_connections 5\nlistener 2", {}],
    ["listener 1\nmax_connections -1", {}],
    ["listener 1\nmax_qos 1", { maximumQos: 1 }],
    ["listener 1\nmaximum_qos 1\nlistener 2", { maximumQos: 2 }],
    ["listener 1\nmax_topic_alias 5\nlistener 2\nmax_topic_alias 9", { topicAliasMaximum: 9 }],
    ["persistence true\npersistence_location /var/lib/mosquitto/", { data: "/var/lib/mosquitto" }],
    ["persistence true", { data: "." }],
    ["persistence true\npersistence_location /", { data: "/" }],
    ["persistence false\npersistence_location /var/lib/mosquitto/", {}],
    ["retained_persistence true\npersistence_location /x", { data: "/x" }],
    ["log_type error\nlog_type notice\nlog_type warning", { logLevel: "info" }],
    ["log_type all", { logLevel: "debug" }],
    ["log_type none", { logLevel: "error" }],
  ] as const
) {
  test(`mosquitto: ${JSON.stringify(conf)} here`, () => {
    const { values: found } = migrated(OPEN + conf);
    assert.deepEqual(found, { ...values });
  });
}

/** What is there to be said of when it is switched on: the rest of its line. */
const example: Readonly<Record<string, string>> = {
  listener: "1883",
  port: "1883",
  bind_address: "127.0.0.1",
  protocol: "websockets",
  socket_domain: "ipv6",
  log_dest: "syslog",
  log_type: "nonsense",
  tls_keyform: "engine",
  connection: "name",
  per_listener_settings: "true",
  ...Object.fromEntries(
    ["allow_anonymous", "retain_available", "persistence", "retained_persistence"].map((
      word,
    ) => [word, "true"]),
  ),
  // What is not to be said when it is as it is here.
  ...Object.fromEntries(
    [
      "check_retain_source",
      "log_timestamp",
      "connection_messages",
      "set_tcp_nodelay",
      "allow_zero_length_clientid",
    ]
      .map((word) => [word, "false"]),
  ),
};

/** Those that only mean something with others, and say so there. */
const quiet = ["allow_anonymous", "listener_allow_anonymous", "retain_available", "require_certificate"];

for (const word of directives) {
  test(`mosquitto: ${word} is a setting, a reason or a remark`, () => {
    const before = "allow_anonymous true\nlistener 1883\nconnection one\n";
    const value = example[word] ?? (word.startsWith("use_") || word.startsWith("disable_") ? "true" : "5");
    const with_ = migrated(`${before}${word} ${value}`);
    if (quiet.includes(word)) return;
    const without = migrated(before);
    const told = with_.text.includes(`m.conf:4 ${word}`) ||
      new RegExp(`^# .*\\b${word.replaceAll(".", "\\.")}\\b`, "m").test(with_.text);
    const changed = JSON.stringify([
      with_.open,
      with_.values,
      with_.listeners.map(({ tls, topicAliasMaximumOut }) => [tls, topicAliasMaximumOut]),
    ]) !==
      JSON.stringify([
        without.open,
        without.values,
        without.listeners.map(({ tls, topicAliasMaximumOut }) => [tls, topicAliasMaximumOut]),
      ]);
    assert.ok(told || changed, with_.text);
  });
}

test("mosquitto: a directive there is none of gets the nearest known name", () => {
  const { said } = migrated(`${OPEN}max_conections 5\nmax_retained_messages 7\nport_ 3`);
  assert.match(said(2), /no such directive, did you mean max_connections/);
  assert.match(said(3), /no such directive$/);
});

test("mosquitto: bridges are comments, without their passwords", () => {
  const { text, said } = migrated(
    `${OPEN}connection up\naddress b.example:8883 c.example\ntopic sensors/# both 1 in/ out/\nremote_username u\n` +
      "remote_password very secret\nbridge_psk 1234abcd\nkeepalive_interval 30\nplugin_opt_password very secret\n",
  );
  assert.match(
    text,
    /^# connection up \(m\.conf:2\)\n# {3}address b\.example:8883 c\.example\n# {3}topic sensors/m,
  );
  assert.match(text, /^# {3}remote_password \.\.\. \(as in m\.conf:6\)$/m);
  assert.doesNotMatch(text, /secret|1234abcd/);
  assert.match(said(9), /belongs to a plug-in/);
  assert.match(migrated("remote_username u").said(1), /none before it/);
});

test("mosquitto: what include_dir names is read in its place", () => {
  const files = [
    { path: "conf.d/a.conf", text: "listener 1884\nallow_anonymous true\ninclude_dir /more" },
    { path: "conf.d/b.conf", text: "max_queued_messages 7\nunknown_thing 1" },
  ];
  const { open, values, text } = migrated(
    "include_dir conf.d\nlistener 1883",
    (folder) => folder === "conf.d" ? files : null,
  );
  assert.deepEqual(open, ["tcp :1884", "tcp :1883"]);
  assert.equal(values.queuedMessages, 7);
  assert.match(text, /m\.conf:1 include_dir conf\.d: 2 files/);
  assert.match(text, /conf\.d\/b\.conf:2 unknown_thing 1: /);
  assert.match(text, /conf\.d\/a\.conf:3 include_dir \/more: only the main file/);
});

/** Of the kind people have: containers, gateways, home automation. */
const wild: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "a container with passwords",
    "persistence true\npersistence_location /broker/data\nlog_dest file /broker/log/broker.log\n\nlistener 1883\nlistener 9001\n" +
    "protocol websockets\n\nallow_anonymous false\npassword_file /broker/config/users\n",
    ["tcp :1883", "ws :9001"],
  ],
  [
    "a container for everybody",
    "# plain\nlistener 1883\nprotocol mqtt\n# browsers\nlistener 9001\nprotocol websockets\nallow_anonymous true\npersistence true\n" +
    "persistence_location /broker/data/\nlog_dest stdout\nlog_dest file /l\nlog_type error\nlog_type information\nmax_connections -1\nmax_keepalive 65535\n",
    ["tcp :1883", "ws :9001"],
  ],
  [
    "one from the time of 1.x",
    "retry_interval 20\nsys_interval 10\nstore_clean_interval 10\nuser broker\nmax_inflight_messages 40\nmax_queued_messages 200\n" +
    "queue_qos0_messages false\nmessage_size_limit 0\nallow_zero_length_clientid true\npersistent_client_expiration 3m\n" +
    "allow_duplicate_messages false\nautosave_interval 60\nautosave_on_changes false\npersistence true\npersistence_file b.db\n" +
    "persistence_location /d\nlog_dest stderr\nlog_type all\nconnection_messages true\nlog_timestamp true\nlistener 1883\nlistener 9883\nprotocol websockets\n",
    [],
  ],
  [
    "three ways in, one of them by certificate",
    "persistence true\nlistener 1883\nallow_anonymous true\nlistener 8883\nprotocol mqtt\ncafile /c/ca.crt\ncertfile /c/s.crt\nkeyfile /c/s.key\n" +
    "require_certificate true\nuse_identity_as_username true\nlistener 9001\nprotocol websockets\n",
    ["tcp :1883", "ws :9001", "tls :8883"],
  ],
  [
    "a gateway that hands on to a cloud",
    "port 1884\nallow_anonymous true\nconnection cloud\naddress 192.0.2.1:8883\ntopic v1/telemetry out 1\nremote_username token\n" +
    "bridge_protocol_version mqttv311\nbridge_insecure false\ncleansession true\nstart_type automatic\nnotifications false\nlog_type all\ntry_private false\n",
    ["tcp :1884"],
  ],
  [
    "paths of Windows",
    "allow_anonymous true\nlistener 1883 192.0.2.50\nlistener 8883 192.0.2.50\ncafile certs\\ca.crt\ncertfile certs\\s.crt\nkeyfile certs\\s.key\ntls_version tlsv1.2\nrequire_certificate false\nlog_type all",
    ["tcp 192.0.2.50:1883", "tls 192.0.2.50:8883"],
  ],
  [
    "users of a database, through a plug-in",
    "auth_plugin /x/go-auth.so\nauth_opt_backends postgres\nauth_opt_pg_password hidden\nlistener 1883\nlistener 1884\nprotocol websockets\nallow_anonymous false",
    [],
  ],
  [
    "a template that was not filled in",
    "log_dest stdout\nconnection_messages true\nlistener 1883\nallow_anonymous true\n{% if x %}\nconnection {{ name }}\naddress {{ host }}:{{ port }}\n{% endif %}\n",
    ["tcp :1883"],
  ],
];

for (const [what, conf, open] of wild) {
  test(`mosquitto: ${what}`, () => {
    const { open: found, text } = migrated(conf);
    assert.deepEqual(found, open);
    assert.doesNotMatch(text, /hidden/);
  });
}

const examples = "/usr/share/doc/mosquitto/examples/mosquitto.conf";

test("mosquitto: the example of its package, as it is and with every line that is commented out", {
  ...(existsSync(examples) ? {} : { skip: "skipped: needs the examples of mosquitto's package" }),
}, () => {
  const text = readFileSync(examples, "utf8");
  assert.deepEqual(migrated(text).open, ["tcp 127.0.0.1:1883"]);
  const all = text.replace(/^#(?=[a-z][a-z0-9_.]+( |$))/gm, "");
  const { text: made } = migrated(all);
  for (const [, word] of all.matchAll(/^([a-z][a-z0-9_]+) ?.*$/gm)) {
    if (!directives.includes(word!)) continue;
    assert.doesNotMatch(made, new RegExp(`${word} .*no such directive`));
  }
});

test("mosquitto: whatever stands in it, the file is taken, and no door opens that was closed", () => {
  const value = fc.oneof(
    fc.constantFrom(
      "true",
      "false",
      "0",
      "1",
      "-1",
      "5",
      "70000",
      "99999999999999",
      "/a/b",
      "x",
      "ipv4",
      "websockets",
      "",
      "a b",
    ),
    fc.string(),
  );
  const line = fc.tuple(fc.oneof(fc.constantFrom(...directives), fc.string()), value).map((both) =>
    both.join(" ")
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 25 }), (lines) => {
      const conf = lines.join("\n");
      const { open, values, text } = migrated(conf);
      const words = conf.split(/\r?\n/).map((one) => one.trim().split(/\s+/)[0]);
      const everybody = /^\s*(listener_)?allow_anonymous\s+(true|1)\s*$/m.test(conf) ||
        /^\s*use_(identity|subject)_as_username\s+(true|1)\s*$/m.test(conf);
      const local = !words.some((word) => ["listener", "port", "bind_address"].includes(word!));
      const guarded = values["auth"] !== undefined;
      assert.ok(!guarded || words.includes("password_file"));
      if (!everybody && !local && !guarded) assert.deepEqual(open, []);
      if (open.length === 0) return;
      if (guarded && !everybody && !local) assert.equal(values["anonymous"], undefined);
      if (words.includes("acl_file") && !words.includes("per_listener_settings")) {
        assert.match(text, /^auth: .*, acl: |^acl: /m);
      }
    }),
    { numRuns: 2000 },
  );
});

/** mosquitto's dynamic security: what becomes of its file, and that it decides as mosquitto does with it. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { pbkdf2Sync } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Dynsec, dynsecImport, readDynsec } from "../../../../hooks/auth/dynsec/read.ts";
import { RuleSet } from "../../../../hooks/auth/rules/rule_set.ts";
import { parseHash } from "../../../../hooks/auth/passwords/parse.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import type { TestClient } from "../../../harness/mod.ts";
import { needs } from "../../../harness/needs.ts";
import { socketClient } from "../../../harness/socket_client.ts";
import { MosquittoBroker, needed } from "../../../interop/mosquitto_broker.ts";
import { naiveMatches } from "../../../topics/naive.ts";
import { nastyNames } from "../rules/nasty.ts";

const SALT = Buffer.from("0123456789ab");

/** As mosquitto_ctrl makes it, of the word `secret`. */
const HASHED = {
  password: pbkdf2Sync("secret", SALT, 101, 64, "sha512").toString("base64"),
  salt: SALT.toString("base64"),
  iterations: 101,
};
const HASH = `$7$101$${HASHED.salt}$${HASHED.password}`;

interface AclEntry {
  readonly acltype: string;
  readonly topic: string;
  readonly allow: boolean;
  readonly priority?: number;
}

function acl(acltype: string, topic: string, allowed?: boolean, priority?: number): AclEntry {
  const allow = allowed ?? true;
  return { acltype, topic, allow, ...(priority === undefined ? {} : { priority }) };
}

function read(tree: unknown): Dynsec {
  return readDynsec(JSON.stringify(tree), "ds.json");
}

const ALL = { publishClientSend: true, publishClientReceive: true, subscribe: true, unsubscribe: true };

test("dynsec: users, roles in their order, groups flattened", () => {
  const dynsec = read({
    defaultACLAccess: ALL,
    clients: [
      {
        username: "anna",
        textName: "Anna",
        textdescription: "who else",
        ...HASHED,
        roles: [{ rolename: "low" }, { rolename: "high", priority: 5 }],
      },
      { username: "bert", disabled: true, encoded_password: HASH, roles: [] },
      { username: "carl", clientid: "c1", ...HASHED, iterations: 9_000_000 },
      { username: "dora" },
      { username: "" },
      { username: "anna", ...HASHED },
    ],
    groups: [
      {
        groupname: "g1",
        roles: [{ rolename: "high" }, { rolename: "third" }],
        clients: [{ username: "anna" }, { username: "nobody" }],
      },
      {
        groupname: "g2",
        roles: [{ rolename: "second" }, { rolename: "gone" }],
        clients: [{ username: "anna", priority: 3 }, { username: "bert" }],
      },
    ],
    roles: ["low", "high", "second", "third"].map((rolename) => ({ rolename, acls: [] })),
  });
  assert.deepEqual(dynsec.users, [
    {
      name: "anna",
      hash: HASH,
      enabled: true,
      clientId: null,
      roles: ["high", "low", "second", "third"],
      notes: "Anna\nwho else",
    },
    { name: "bert", hash: HASH, enabled: false, clientId: null, roles: ["second"], notes: "" },
    { name: "carl", hash: null, enabled: true, clientId: "c1", roles: [], notes: "" },
    { name: "dora", hash: null, enabled: true, clientId: null, roles: [], notes: "" },
  ]);
  assert.notEqual(parseHash(HASH), null);
  assert.deepEqual(dynsec.report, [
    'Group "g2": has the role "gone", which is not there',
    "clients[4] left out: it has no name",
    'Client "anna": left out where it stands there again',
    'Client "carl": that it may have no client id but "c1" has no counterpart',
    'Client "carl": its password cannot be checked; nobody gets in with this name until it has another one',
    'Client "dora": it has no password; nobody gets in with this name until it has another one',
    'Client "nobody": in a group, but not there',
    "defaultACLAccess: of the topics that begin with $ only $SYS/... is among what everybody may",
  ]);
});

test("dynsec: ACLs become rules that speak of their actions, together where they say the same", () => {
  const { roles, report } = read({
    roles: [{
      rolename: "sensor",
      textdescription: "a note",
      allowwildcardsubs: false,
      acls: [
        acl("publishClientSend", "a/#"),
        acl("publishClientReceive", "a/#"),
        acl("subscribePattern", "a/#"),
        acl("publishClientSend", "a/secret", false, 5),
        acl("subscribeLiteral", "#", false),
        acl("subscribePattern", "b/%u/+", true, 3),
        acl("publishClientReceive", "b/%u/+", true, 3),
        acl("publishclientsend", "$CONTROL/dynamic-security/#"),
        acl("unsubscribePattern", "#"),
        acl("unsubscribeLiteral", "a", false),
        acl("subscribePattern", "$share/g/c/#"),
        acl("subscribePattern", "$share/g/c/#", false),
        acl("publishClientSend", "x/%count"),
        acl("subscribeLiteral", "%c"),
        acl("publishClientReceive", "#", false, -1),
        acl("publishClientReceive", "a/#/b"),
        acl("sing", "a"),
        { acltype: "publishClientSend", allow: true } as never,
      ],
    }],
    defaultACLAccess: { unsubscribe: true },
  });
  const where = (i: number): string => `ds.json, role "sensor", acls[${i}]`;
  assert.deepEqual(roles, [{
    name: "sensor",
    notes: "a note",
    rules: [
      { access: "deny", filter: "a/secret", where: where(3), actions: ["publish"] },
      { access: "deny", filter: "#", where: where(4), actions: ["subscribe"], exact: true },
      { access: "read", filter: "b/%u/+", where: where(5), actions: ["subscribe", "receive"] },
      { access: "readwrite", filter: "a/#", where: where(0) },
      { access: "read", filter: "c/#", where: where(10), actions: ["subscribe"] },
      { access: "deny", filter: "#", where: where(14), actions: ["receive"] },
    ],
  }]);
  assert.deepEqual(
    report,
    [
      'acls[10] allows subscribePattern of "$share/g/c/#": now of "c/#", for every group and for none',
      'acls[11] denies subscribePattern of "$share/g/c/#": left out, shared subscriptions are granted and refused by their filter',
      'acls[12] allows publishClientSend of "x/%count": left out, %c and %u are text there, and stand for the client here',
      'acls[13] allows subscribeLiteral of "%c": left out, %c and %u are text there, and stand for the client here',
      'acls[14] denies publishClientReceive of "#": here it is about topics that begin with $, too',
      'acls[15] allows publishClientReceive of "a/#/b": left out, + and # stand alone in their level, and # only at the end',
      'acls[16] left out: its type is "sing"',
      "acls[17] left out: it has no topic",
      "2 rules for UNSUBSCRIBE left out: everybody may",
      "1 rule for $CONTROL/... left out: there is nothing to control there",
      "that subscriptions with wildcards are refused (allowwildcardsubs) has no counterpart",
    ].map((line) => `Role "sensor": ${line}`),
  );
});

test("dynsec: for a store what everybody may is a role that every user has, last of all", () => {
  const tree = {
    clients: [{ username: "anna", ...HASHED, roles: [{ rolename: "everyone" }] }],
    roles: [{ rolename: "everyone", acls: [acl("publishClientSend", "a", false)] }],
    groups: [{ groupname: "guests", roles: [{ rolename: "everyone" }] }],
    anonymousGroup: "guests",
    defaultACLAccess: { publishClientSend: true, unsubscribe: true },
  };
  const dynsec = read(tree);
  assert.deepEqual(dynsecImport(dynsec), {
    order: "first",
    roles: [
      { name: "everyone", notes: "", rules: [{ access: "deny", filter: "a", actions: ["publish"] }] },
      {
        name: "everyone-2",
        notes: "What all may: defaultACLAccess",
        rules: [{ access: "write", filter: "#", actions: ["publish"] }],
      },
    ],
    users: [{ name: "anna", hash: HASH, enabled: true, notes: "", roles: ["everyone", "everyone-2"] }],
  });
  assert.deepEqual(dynsec.anonymous, dynsec.roles[0]!.rules);
  assert.match(dynsec.report.join("\n"), /anonymousGroup: .* the 1 rule of the group "guests"/);
  const none = read({ ...tree, anonymousGroup: "none", defaultACLAccess: {} });
  assert.equal(none.anonymous, null);
  assert.equal(dynsecImport(none).roles.length, 1);
});

test("dynsec: what is no such file is an error of one line, which shows nothing of it", () => {
  const wrong = [
    '{"password": "hunter2" "x"}',
    "",
    "[]",
    "1",
    "null",
    '{"clients": {}}',
    '{"roles": "hunter2"}',
  ];
  for (const text of wrong) {
    assert.throws(() => readDynsec(text, "ds.json"), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /^Cannot read "ds\.json": [^\n]*$/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  }
  for (const text of ["{}", '{"__proto__": {"clients": [1]}, "clients": [null, 1, [], {"username": 5}]}']) {
    const { users, roles } = readDynsec(text, "ds.json");
    assert.deepEqual([users, roles], [[], []]);
  }
});

test("dynsec: nasty names are names", () => {
  const names = nastyNames.map(({ name }) => name).filter((name) => name !== "" && !name.includes("\0"));
  const { users, roles, report } = read({
    clients: names.map((username) => ({ username, ...HASHED, roles: [{ rolename: username }] })),
    roles: names.map((rolename) => ({ rolename, acls: [acl("publishClientSend", "a")] })),
    groups: names.map((groupname) => ({ groupname, clients: [{ username: groupname }], roles: [] })),
    defaultACLAccess: { unsubscribe: true },
  });
  assert.deepEqual(users.map(({ name, roles }) => [name, ...roles]), names.map((name) => [name, name]));
  assert.deepEqual(roles.map(({ name }) => name), names);
  assert.deepEqual(report, []);
});

test("dynsec: thousands of ACLs and users are read in no time", () => {
  const acls = Array.from({ length: 5000 }, (_, i) => [
    acl("publishClientSend", `a/${i}`),
    acl("publishClientReceive", `a/${4999 - i}`),
    acl("subscribePattern", `a/${i}`),
  ]).flat();
  const clients = Array.from(
    { length: 20_000 },
    (_, i) => ({ username: `u${i}`, ...HASHED, roles: [{ rolename: "r" }] }),
  );
  const started = performance.now();
  const { roles, users } = read({ clients, roles: [{ rolename: "r", acls }] });
  assert.ok(performance.now() - started < 5000);
  assert.equal(users.length, 20_000);
  assert.ok(roles[0]!.rules.length >= 5000 && roles[0]!.rules.length <= 15_000);
});

const plugin = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/local/lib"]
  .map((folder) => join(folder, "mosquitto_dynamic_security.so")).find(existsSync);
const there = "skip" in needed ? needed : needs("mosquitto's dynamic security plug-in", plugin !== undefined);

const TOPICS = ["a", "a/b", "a/secret", "a/b/c", "b", "b/x", "b/x/y", "c", "$other/a", "$other/b"];
const FILTERS = [
  "a",
  "a/b",
  "a/+",
  "a/#",
  "+/b",
  "#",
  "+",
  "b/x",
  "b/#",
  "c",
  "+/#",
  "$other/#",
  "$other/a",
  "a/secret",
];

/** Users with what matters to them; all have the password `secret`. */
const TREE = {
  clients: [
    { username: "witness", ...HASHED, roles: [{ rolename: "all" }] },
    { username: "plain", ...HASHED, roles: [{ rolename: "a" }] },
    { username: "denied", ...HASHED, roles: [{ rolename: "deny", priority: 3 }, { rolename: "all" }] },
    { username: "late", ...HASHED, roles: [{ rolename: "deny", priority: -3 }, { rolename: "all" }] },
    { username: "literal", ...HASHED, roles: [{ rolename: "literal" }] },
    { username: "member", ...HASHED, roles: [{ rolename: "b" }] },
    { username: "twice", ...HASHED, roles: [] },
    { username: "nothing", ...HASHED, roles: [] },
  ],
  groups: [
    {
      groupname: "g1",
      roles: [{ rolename: "deny" }],
      clients: [{ username: "member" }, { username: "twice", priority: 1 }],
    },
    {
      groupname: "g2",
      roles: [{ rolename: "all" }],
      clients: [{ username: "member", priority: -7 }, { username: "twice", priority: 9 }],
    },
  ],
  roles: [
    {
      rolename: "all",
      acls: ["publishClientSend", "publishClientReceive", "subscribePattern"].flatMap((
        type,
      ) => [acl(type, "#"), acl(type, "$other/#")]),
    },
    {
      rolename: "a",
      acls: [
        acl("publishClientSend", "a/#"),
        acl("publishClientSend", "a/secret", false, 1),
        acl("publishClientReceive", "a/+"),
        acl("publishClientReceive", "a/secret", false),
        acl("subscribePattern", "a/#"),
        acl("subscribePattern", "a/b", false, 1),
      ],
    },
    {
      rolename: "deny",
      acls: [
        acl("publishClientSend", "a/b", false),
        acl("publishClientReceive", "b/#", false),
        acl("subscribePattern", "+/b", false),
        acl("subscribePattern", "$other/a", false),
        acl("publishClientSend", "$other/#", false),
      ],
    },
    {
      rolename: "literal",
      acls: [
        acl("subscribeLiteral", "a/#"),
        acl("subscribeLiteral", "a/b"),
        acl("subscribeLiteral", "a/+", false),
        acl("subscribePattern", "a/+", true, 9),
        acl("subscribeLiteral", "#", false),
        acl("subscribePattern", "b/#"),
      ],
    },
    {
      rolename: "b",
      acls: [
        acl("publishClientSend", "b/+"),
        acl("publishClientReceive", "b/x"),
        acl("subscribePattern", "+/b"),
      ],
    },
  ],
};

async function connected(port: number, username: string): Promise<TestClient> {
  const client = await socketClient(port, 5);
  const ack = await client.connect({
    clientId: `c-${username}`,
    username,
    password: new TextEncoder().encode("secret"),
  });
  assert.equal(ack.reasonCode, 0, username);
  return client;
}

for (const defaults of [{ unsubscribe: true }, ALL, { publishClientReceive: true, unsubscribe: true }]) {
  const granted = Object.keys(defaults).filter((key) => key !== "unsubscribe").join(", ") || "nothing";
  test(`dynsec: as mosquitto itself, with ${granted} for everybody`, there, async () => {
    const file = join(temporaryFolder(), "ds.json");
    const text = JSON.stringify({ ...TREE, defaultACLAccess: defaults });
    writeFileSync(file, text);
    await using broker = await MosquittoBroker.start([
      "user root",
      `plugin ${plugin}`,
      `plugin_opt_config_file ${file}`,
    ]);
    const { users, roles, rules } = readDynsec(text, file);
    const byName = new Map(roles.map((role) => [role.name, role.rules]));
    const witness = await connected(broker.port, "witness");
    for (const { name, roles: names } of users.filter(({ name }) => name !== "witness")) {
      const set = new RuleSet([...names.flatMap((role) => byName.get(role)!), ...rules], "first", {
        dollar: "apart",
      });
      const may = (action: "publish" | "subscribe" | "receive", topic: string): boolean =>
        set.decide({ clientId: `c-${name}`, username: name }, action, topic)?.allow ?? false;
      const client = await connected(broker.port, name);
      // (Of topics that begin with `$` only those of $SYS have a counterpart in what everybody may.)
      const alike = (topic: string): boolean => !topic.startsWith("$") || names.includes("all");
      for (const topic of TOPICS.filter(alike)) {
        const code = await client.published(topic, "p", { qos: 1 });
        assert.equal(code !== 0x87, may("publish", topic), `${name} publishes to ${topic}`);
      }
      const subscribed: string[] = [];
      for (const filter of FILTERS.filter(alike)) {
        const [code] = (await client.subscribe(filter)).reasonCodes;
        assert.equal(code! < 0x80, may("subscribe", filter), `${name} subscribes to ${filter}`);
        if (code! < 0x80) subscribed.push(filter);
      }
      for (const topic of TOPICS) await witness.published(topic, "r", { qos: 1 });
      client.send({ type: 12 });
      const received = new Set<string>();
      for (let packet = await client.next(); packet.type !== 13; packet = await client.next()) {
        if (packet.type === 3) received.add(packet.topic);
      }
      const wanted = TOPICS.filter((topic) =>
        subscribed.some((filter) => naiveMatches(filter, topic)) && may("receive", topic)
      );
      assert.deepEqual([...received].toSorted(), wanted.toSorted(), `what ${name} receives`);
      client.close();
    }
  });
}

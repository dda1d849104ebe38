/** Rules for topics in objects: whom they are about, groups, order, what is wrong with them, and a broker that asks them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Acl, AclError, type AclOptions, type AclRule } from "../../../../hooks/auth/acl.ts";
import type { Action, Hook, Opinion } from "../../../../src/hook/hook.ts";
import { TestBroker, versions } from "../../../harness/mod.ts";
import { kept } from "../../acl.ts";
import { clientOf, type Someone } from "../ledger/fixtures.ts";
import { nastyNames } from "../rules/nasty.ts";

function may(acl: Acl, action: Action, topic: string, someone: Someone = {}): Opinion {
  return acl.onAclCheck(clientOf(someone), action, topic);
}

const everyone: Hook = { id: "everyone", onConnectAuthenticate: () => "allow" };

test("acl: rules are asked in their order, those about the client only", () => {
  const acl = new Acl([
    { who: { user: "admin" }, access: 3, filter: "#" },
    { who: { client: "loud" }, access: "deny", filter: "a/#" },
    { who: { user: "gu*", client: "c*" }, access: "readwrite", filter: "a/+" },
    { who: { group: "staff" }, access: "readwrite", filter: "staff/#" },
    { who: { anonymous: true }, access: "read", filter: "public/#" },
    { who: { anonymous: false }, access: "read", filter: "inside/#" },
    { access: 2, filter: "%u/%c" },
    { who: {}, access: "read", filter: "a/#" },
  ], { groups: { staff: ["anna", "__proto__", "constructor"] } });
  const cases: readonly (readonly [Someone, Action, string, Opinion])[] = [
    [{ username: "admin", id: "loud" }, "publish", "a/b", "allow"],
    [{ id: "loud" }, "deliver", "a/b", "deny"],
    [{ id: "Loud" }, "deliver", "a/b", "allow"],
    [{ username: "guest", id: "c1" }, "publish", "a/b", "allow"],
    [{ username: "gu", id: "c1" }, "publish", "a/b", "deny"],
    [{ username: "guest", id: "d1" }, "publish", "a/b", "deny"],
    [{ username: "anna" }, "publish", "staff/x", "allow"],
    [{ username: "bert" }, "publish", "staff/x", undefined],
    [{ username: "__proto__" }, "publish", "staff/x", "allow"],
    [{ username: "toString" }, "publish", "staff/x", undefined],
    [{ username: "" }, "subscribe", "public/#", "allow"],
    [{ username: "anna" }, "subscribe", "public/#", undefined],
    [{ username: "" }, "subscribe", "inside/#", undefined],
    [{ username: "anna" }, "subscribe", "inside/#", "allow"],
    [{ username: "anna", id: "c1" }, "publish", "anna/c1", "allow"],
    [{ username: "anna", id: "c1" }, "will", "anna/c1", "allow"],
    [{ username: "anna", id: "c1" }, "deliver", "anna/c1", "deny"],
    [{ username: "anna", id: "c1" }, "publish", "anna/c2", undefined],
    [{}, "publish", "nothing", undefined],
  ];
  for (const [who, action, topic, wanted] of cases) {
    assert.equal(may(acl, action, topic, who), wanted, `${JSON.stringify(who)} ${action} ${topic}`);
  }
  assert.equal(acl.size, 8);
});

test("acl: it says which rule has decided, and changes nothing", () => {
  const acl = new Acl([
    { access: "deny", filter: "a/%u", where: "comqtt.yml:12" },
    { access: "read", filter: "a/#" },
  ]);
  const rule = (action: Action, topic: string): unknown =>
    acl.decide(clientOf({ username: "anna" }), action, topic);
  assert.deepEqual((rule("deliver", "a/anna") as { rule: unknown }).rule, {
    access: "deny",
    filter: "a/%u",
    where: "comqtt.yml:12",
  });
  assert.deepEqual((rule("publish", "a/b") as { rule: { where: string } }).rule.where, "rules[1]");
  assert.equal(rule("publish", "b"), null);
});

test("acl: where no rule matches it abstains, or denies", () => {
  assert.equal(may(new Acl(), "publish", "a"), undefined);
  assert.equal(may(new Acl([], { fallback: "deny" }), "publish", "a"), "deny");
});

test("acl: the longest filter decides when it is to", () => {
  const rules: AclRule[] = [{ access: 3, filter: "#" }, { access: 3, filter: "a/b" }, {
    access: 0,
    filter: "a/+",
  }];
  assert.equal(may(new Acl(rules), "publish", "a/b"), "allow");
  const longest = new Acl(rules, { order: "longest" });
  assert.equal(may(longest, "publish", "a/b"), "deny");
  assert.equal(may(longest, "publish", "b"), "allow");
});

test("acl: nasty names get what is theirs, and no more", () => {
  for (const { name, usable } of nastyNames) {
    const rules: AclRule[] = [{ access: "readwrite", filter: "x/%u" }];
    // (Names that begin with a `*`, or have one behind other text, are about more than one.)
    const exact = name !== "" && !name.includes("*");
    if (exact) rules.push({ who: { user: name }, access: "readwrite", filter: "mine" });
    const acl = new Acl(rules, { groups: new Map([["g", [name]]]) });
    const who = { username: name };
    if (exact) assert.equal(may(acl, "publish", "mine", who), "allow");
    assert.equal(may(acl, "publish", `x/${name}`, who), usable ? "allow" : undefined, JSON.stringify(name));
    for (const other of ["Anna", "anna", "anna  ", "constructor", "__proto__", "toString", "a", ""]) {
      if (other === name) continue;
      assert.equal(may(acl, "publish", "mine", { username: other }), undefined);
      assert.equal(may(acl, "publish", `x/${other}`, who), undefined);
    }
    assert.equal(may(acl, "subscribe", "x/#", who), undefined);
    assert.equal(may(acl, "subscribe", "x/+", who), undefined);
  }
});

function problems(rules: unknown, options: AclOptions = {}): string[] {
  try {
    new Acl(rules as AclRule[], options);
  } catch (error) {
    assert.ok(error instanceof AclError, String(error));
    assert.equal(error.code, "acl-invalid");
    return error.message.split("\n");
  }
  return [];
}

test("acl: what is wrong is said, all of it, with its place", () => {
  const given = [
    1,
    { access: 4, filter: "a" },
    { access: "read", filter: "a/#/b", where: "f.yml:3:5" },
    { access: "read" },
    { access: "read", filter: "$share/g/a" },
    { access: "read", filter: "" },
    { acces: "read", access: "read", filter: "a" },
    { access: "read", filter: "a", who: { user: "" } },
    { access: "read", filter: "a", who: { usr: "x" } },
    { access: "read", filter: "a", who: { group: "staf" } },
    { access: "read", filter: "a", who: "anna" },
    { access: "read", filter: "a", who: { anonymous: "yes" } },
    { access: "read", filter: "a\0b" },
  ];
  assert.deepEqual(problems(given, { groups: { staff: [], bad: "anna" as never } }), [
    'groups["bad"]: Cannot use this, expected a list of user names',
    "rules[0]: Cannot use 1 as rule, expected an object",
    "rules[1]: Cannot use 4 as access, expected 0 (deny), 1 (read), 2 (write) or 3 (readwrite)",
    'f.yml:3:5: Cannot use the filter "a/#/b": + and # stand alone in their level, and # only at the end',
    "rules[3]: Cannot use undefined as filter, expected a topic filter",
    'rules[4]: Cannot use the filter "$share/g/a": rules are about the filter without $share/group/',
    'rules[5]: Cannot use the filter "": it is empty',
    'rules[6]: Unknown key of a rule: "acces", did you mean "access"',
    'rules[7]: Cannot use "" as user, expected a name, "abc*" or "*"; "anonymous: true" is about clients without a user name',
    'rules[8]: Unknown key of a who: "usr", did you mean "user"',
    'rules[9]: Unknown group: "staf", did you mean "staff"',
    'rules[10]: Cannot use "anna" as who, expected an object',
    'rules[11]: Cannot use "yes" as anonymous, expected true or false',
    'rules[12]: Cannot use the filter "a\\u0000b": U+0000 is in it, which MQTT does not allow',
  ]);
  assert.deepEqual(problems({}), ["rules: Cannot use an object, expected a list"]);
  assert.throws(
    () => new Acl([], { order: "last" as never }),
    /^TypeError: .* expected "first" or "longest"/,
  );
  assert.throws(() => new Acl([], { fallback: "allow" as never }), TypeError);
  assert.throws(() => new Acl([], { grups: {} } as never), /did you mean "groups"/);
});

for (const version of versions) {
  test(`acl broker: subscriptions by covering, messages by topic, version ${version}`, async () => {
    const acl = new Acl([{ access: "deny", filter: "secret/#" }, { access: "readwrite", filter: "#" }]);
    await using t = new TestBroker({ hooks: [everyone, acl] });
    const reader = await t.connected(version);
    const refused = version === 5 ? 0x87 : 0x80;
    assert.deepEqual((await reader.subscribe("#", 1)).reasonCodes, [1]);
    assert.deepEqual((await reader.subscribe("secret/+", 1)).reasonCodes, [refused]);
    assert.deepEqual((await reader.subscribe("$share/g/secret/x", 1)).reasonCodes, [refused]);
    const writer = await t.connected(5);
    assert.equal(await writer.published("secret/x", "", { qos: 1 }), 0x87);
    for (const qos of [0, 1, 2] as const) await writer.published("a", `${qos}`, { qos });
    assert.deepEqual(await reader.texts(3), ["0", "1", "2"]);
    await reader.silent();
  });

  test(`acl broker: rules are replaced under clients that are connected, or away, version ${version}`, async () => {
    const acl = new Acl([{ access: "readwrite", filter: "#" }]);
    await using t = new TestBroker({ hooks: [everyone, acl] });
    const reader = await t.connected(version, kept("reader"));
    const away = await t.connected(version, kept("away"));
    for (const one of [reader, away]) await one.subscribe("a/+", 1);
    away.disconnect();
    await away.gone();
    const writer = await t.connected(5);
    await writer.published("a/b", "1", { qos: 1 });
    assert.equal((await reader.message()).text, "1");
    acl.replace([{ who: { client: "read*" }, access: "deny", filter: "a/b" }, {
      access: "readwrite",
      filter: "a/#",
    }]);
    assert.equal(await writer.published("b", "", { qos: 1 }), 0x87);
    await writer.published("a/b", "2", { qos: 1 });
    await writer.published("a/c", "3", { qos: 1 });
    assert.equal((await reader.message()).text, "3");
    acl.replace([{ who: { client: "away" }, access: "deny", filter: "a/b" }, {
      access: "readwrite",
      filter: "#",
    }]);
    const back = await t.connected(version, kept("away"));
    assert.deepEqual(await back.texts(1), ["3"]);
    await back.silent();
    assert.throws(() => acl.replace([{ access: "x" as never, filter: "" }]), AclError);
    await writer.published("a/b", "4", { qos: 1 });
    assert.equal((await reader.message()).text, "4");
  });

  test(`acl broker: a will is asked about as a publish, version ${version}`, async () => {
    const acl = new Acl([{ access: "write", filter: "wills/%c" }, { access: "read", filter: "#" }]);
    await using t = new TestBroker({ hooks: [everyone, acl] });
    const reader = await t.connected(version);
    await reader.subscribe("#", 0);
    const will = (topic: string): { will: never } => ({
      will: {
        topic,
        payload: new TextEncoder().encode("gone"),
        qos: 0,
        retain: false,
        properties: {},
      } as never,
    });
    const one = t.client(version);
    const code = (await one.connect({ clientId: "w", ...will("wills/x") })).reasonCode;
    assert.equal(code, version === 5 ? 0x87 : 5);
    const other = await t.connected(version, { clientId: "w", ...will("wills/w") });
    other.reset();
    assert.equal((await reader.message()).text, "gone");
  });
}

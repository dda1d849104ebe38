/** The line of a refusal says where the rule stands that has decided, and which hook's it is. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "../../../hooks/auth/ledger.ts";
import type { LogEvent } from "../../../src/core/log.ts";
import type { Explained, Hook } from "../../../src/hook/hook.ts";
import type { ProtocolVersion } from "../../../src/packets/types.ts";
import { openRights } from "../../harness/hooks.ts";
import { settle, TestBroker } from "../../harness/mod.ts";

const RULES = `
auth:
  - username: u
    password: right
    allow: true
acl:
  - filters:
      open/#: readwrite
      read/#: read
      write/#: write
      "#": deny
`;

function ledger(): Ledger {
  return Ledger.parse(RULES, "rules.yml");
}

class Told extends TestBroker {
  readonly lines: LogEvent[];

  constructor(hooks: readonly Hook[], level: "debug" | "info" = "info") {
    const lines: LogEvent[] = [];
    super({ hooks, logLevel: level, log: (_level, _text, event) => void lines.push(event) });
    this.lines = lines;
  }

  /** What was said of that. */
  of(code: LogEvent["code"]): { hook: unknown; rule: unknown; detail: unknown }[] {
    return this.lines.filter((line) => line.code === code).map(({ hook, rule, detail }) => ({
      hook,
      rule,
      detail,
    }));
  }
}

const user = { clientId: "c", username: "u", password: new TextEncoder().encode("right") };
const nothing = { detail: undefined };

for (const version of [3, 4, 5] as const satisfies readonly ProtocolVersion[]) {
  test(`rule of a refusal: publish, subscription and will, version ${version}`, async () => {
    await using t = new Told([ledger()]);
    const client = await t.connected(version, user);
    await client.published("read/x", "", { qos: 1 });
    assert.deepEqual(t.of("publish-refused"), [{ hook: "auth-ledger", rule: "rules.yml:9:7", ...nothing }]);
    await client.subscribe("write/#");
    assert.deepEqual(t.of("subscribe-refused"), [{
      hook: "auth-ledger",
      rule: "rules.yml:10:7",
      ...nothing,
    }]);
    const other = t.client(version);
    const will = { topic: "else", payload: new Uint8Array(), qos: 0, retain: false, properties: {} } as const;
    await other.connect({ ...user, clientId: "d", will });
    assert.deepEqual(t.of("will-refused"), [{ hook: "auth-ledger", rule: "rules.yml:11:7", ...nothing }]);
  });

  test(`rule of a refusal: a wrong password, version ${version}`, async () => {
    await using t = new Told([ledger()]);
    await t.client(version).connect({ ...user, password: new Uint8Array([1]) });
    assert.deepEqual(t.of("authentication-failed"), [
      { hook: "auth-ledger", rule: "rules.yml:3:5", ...nothing },
    ]);
  });
}

test("rule of a refusal: a will that is due when the right to it has gone", async () => {
  const rules = ledger();
  await using t = new Told([rules]);
  const will = { topic: "open/w", payload: new Uint8Array(), qos: 0, retain: false, properties: {} } as const;
  const client = await t.connected(5, { ...user, will });
  rules.replace({ acl: [{ filters: { "open/#": "read" } }] });
  client.disconnect(0x04);
  await settle();
  assert.deepEqual(t.of("will-refused"), [
    { hook: "auth-ledger", rule: 'acl[0].filters["open/#"]', ...nothing },
  ]);
});

test("rule of a refusal: a delivery that is withheld has a line for those who want it", async () => {
  for (const level of ["info", "debug"] as const) {
    await using t = new Told([ledger()], level);
    const client = await t.connected(5, user);
    await client.subscribe("read/#");
    (t.broker.hooks.all[0] as Ledger).replace({ acl: [{ filters: { "read/#": "deny" } }] });
    const entry = t.broker.distributor.topicEntry("read/x")!;
    for (let i = 0; i < 3; i++) {
      t.broker.hooks.invalidate();
      assert.equal(t.broker.distributor.router.of(entry).direct.length, 0);
    }
    const line = { hook: "auth-ledger", rule: 'acl[0].filters["read/#"]', ...nothing };
    assert.deepEqual(t.of("delivery-withheld"), level === "debug" ? [line] : []);
  }
});

test("rule of a refusal: of several hooks the one that has said no", async () => {
  const said = (answer: Explained["answer"], where?: string): Hook => ({
    id: `says ${answer ?? "nothing"}`,
    onAclCheck: () => answer as "allow" | "deny" | undefined,
    onExplain: () => ({ answer, ...(where === undefined ? {} : { rule: { where, text: "x" } }) }),
  });
  const mute: Hook = { id: "mute", onAclCheck: () => undefined };
  const letsIn: Hook = { id: "in", onConnectAuthenticate: () => "allow" };
  const cases: readonly (readonly [readonly Hook[], unknown])[] = [
    [[said(undefined), said("deny", "there:1")], { hook: "says deny", rule: "there:1", ...nothing }],
    [[said(undefined), said("deny")], { hook: "says deny", rule: undefined, ...nothing }],
    // It may have been the one that says nothing.
    [[mute, said("deny", "there:1")], { hook: undefined, rule: undefined, ...nothing }],
    [[said(undefined)], { hook: "says nothing", rule: undefined, detail: "no hook allows it" }],
  ];
  for (const [hooks, expected] of cases) {
    await using t = new Told([letsIn, ...hooks]);
    const client = await t.connected(5);
    await client.published("a", "", { qos: 1 });
    assert.deepEqual(t.of("publish-refused"), [expected]);
  }
});

test("rule of a refusal: a flood of them is explained once", async () => {
  let asked = 0;
  const denies: Hook = {
    ...openRights,
    onAclCheck: () => "deny",
    onExplain: () => {
      asked++;
      return { answer: "deny", rule: { where: "there:1", text: "x" } };
    },
  };
  await using t = new Told([denies]);
  const client = await t.connected(5);
  for (let i = 0; i < 100; i++) client.publish("a", "");
  await client.ping();
  assert.equal(asked, 1);
});

test("rule of a refusal: a hook that throws when it is to explain is reported, and the line is there", async () => {
  const throws: Hook = {
    ...openRights,
    onAclCheck: () => "deny",
    onExplain: () => {
      throw new Error("no");
    },
  };
  await using t = new Told([throws]);
  const client = await t.connected(5);
  await client.published("a", "", { qos: 1 });
  assert.equal(t.of("publish-refused").length, 1);
  assert.equal(t.of("hook-failed").length, 1);
});

/** Bans, what is done against abuse, and the blacklist: what is explained is what happens, and the log has it. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Abuse } from "../../../../hooks/auth/abuse.ts";
import { AllowAll } from "../../../../hooks/auth/allow_all.ts";
import { type BanRequest, Bans } from "../../../../hooks/auth/bans.ts";
import { Blacklist } from "../../../../hooks/auth/blacklist.ts";
import { Reasons } from "../../../../src/packets/reason.ts";
import type { Hook } from "../../../../src/hook/hook.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { settle, TestBroker, until, versions } from "../../../harness/mod.ts";
import { clientOf } from "../ledger/fixtures.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("explain: a ban says what it answers, with its end, its reason and where it is from", async () => {
  const bans = new Bans();
  const until = Date.now() + 3_600_000;
  const all: readonly BanRequest[] = [
    { kind: "client", value: "pump", reason: 'says "x"\n', until },
    { kind: "user", value: "__proto__" },
    { kind: "address", value: "192.0.2.7", reason: "scans" },
    { kind: "network", value: "2001:db8::/47" },
  ];
  for (const one of all) await bans.add(one);
  bans.addForAbuse({ kind: "address", value: "192.0.2.8", reason: "20 failed logins", until }, clientOf());
  const end = new Date(until).toISOString();
  const unheard = "nothing of it is heard, not even this";
  for (
    const [who, where, text] of [
      [{ id: "pump" }, 'client "pump"', `until ${end}, "says \\"x\\"\\n"`],
      [{ username: "__proto__" }, 'user "__proto__"', "until it is removed"],
      [{ remote: "192.0.2.7:1" }, "address 192.0.2.7", `until it is removed, "scans", ${unheard}`],
      [{ remote: "[2001:db8::1]:1" }, "network 2001:db8::/47", `until it is removed, ${unheard}`],
      [
        { remote: "192.0.2.8:1" },
        "address 192.0.2.8",
        `until ${end}, "20 failed logins", set because of abuse, ${unheard}`,
      ],
    ] as const
  ) {
    const said = bans.onExplain(clientOf(who), "connect");
    assert.deepEqual(said, {
      answer: "deny",
      reason: Reasons.banned,
      rule: { where: `ban of ${where}`, text },
    });
  }
  for (const id of ["pump", "pum", "PUMP", ""]) {
    for (const username of ["", "__proto__", "constructor"]) {
      for (const remote of ["192.0.2.7:5", "192.0.2.9:5", "[2001:db8:1::]:1", "[2001:db8:2::]:1"]) {
        const client = clientOf({ id, username, remote });
        const { answer, reason } = bans.onExplain(client, "connect")!;
        assert.equal(answer, bans.refusal(client) === undefined ? undefined : "deny");
        assert.equal(reason, bans.refusal(client));
        assert.equal(bans.onExplain(client, "publish"), undefined);
      }
    }
  }
});

for (const version of versions) {
  test(`explain: the line of a refused connection names the ban, with MQTT version ${version}`, async () => {
    const bans = new Bans();
    const lines: unknown[] = [];
    await using t = new TestBroker({
      hooks: [bans, new AllowAll()],
      log: (_level, _text, event) => void lines.push(event),
    });
    await bans.add({ kind: "client", value: "pump" });
    const { reasonCode } = await t.client(version).connect({ clientId: "pump" });
    assert.equal(reasonCode, version === 5 ? 0x8A : 5);
    await settle();
    const line = JSON.stringify(lines);
    assert.match(line, /"code":"connect-refused-by-hook"/);
    assert.match(line, /"rule":"ban of client \\"pump\\""/);
  });

  test(`explain: abuse says how long a client has to wait and why, with MQTT version ${version}`, async () => {
    const bans = new Bans();
    const abuse = new Abuse({ bans, limits: { userFailures: 2, waiting: 4 } });
    const lets: Hook = {
      id: "lets",
      onConnectAuthenticate: (_client, { password }) => password?.length === 1 ? "allow" : "deny",
    };
    await using t = new TestBroker({ hooks: [bans, abuse, lets] });
    const remoteAddress = "192.0.2.1:5";
    const who = { clientId: "a", username: "u" };
    const asked = clientOf({ id: "a", username: "u", remote: remoteAddress });
    const said = (): unknown => abuse.onExplain(asked, "connect");
    assert.deepEqual(said(), { detail: "it does not have to wait" });
    for (let i = 0; i < 2; i++) {
      await t.client(version, { remoteAddress }).connect({ ...who, password: bytes("wrong") });
    }
    assert.deepEqual(said(), {
      detail: "it has to wait 250 ms, there were too many failed logins with its user name",
    });
    // (One address has a quarter of the places.)
    const waits = t.client(version, { remoteAddress });
    const ack = waits.connect({ ...who, password: bytes("1") });
    await until(() => t.broker.stats.connectsDelaying === 1, "one to wait");
    const full = abuse.onExplain(asked, "connect")!;
    assert.deepEqual([full.answer, full.reason], ["deny", Reasons.connectionRateExceeded]);
    const refused = await t.client(version, { remoteAddress }).connect({ ...who, clientId: "b" });
    assert.equal(refused.reasonCode, version === 5 ? Reasons.connectionRateExceeded.code : 3);
    t.clock.advance(250);
    assert.equal((await ack).reasonCode, 0);
    assert.equal(abuse.onExplain(asked, "publish"), undefined);
  });

  test(`blacklist: who is listed when it is read again goes, sessions stay, others stay (MQTT ${version})`, async () => {
    const file = join(temporaryFolder(), "blacklist.yml");
    writeFileSync(file, "auth: []\n");
    const list = await Blacklist.read(file);
    await using t = new TestBroker({ hooks: [list, new AllowAll()] });
    const session = version === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {};
    const kept = { cleanStart: false, ...session };
    const bad = await t.connected(version, { clientId: "bad-1", ...kept });
    const gone = await t.connected(version, {
      clientId: "x",
      username: "gone",
      password: bytes("x"),
      ...kept,
    });
    const other = await t.connected(version, { clientId: "other" });
    await bad.subscribe("a", 1);
    writeFileSync(file, "auth: [{ client: bad-*");
    await assert.rejects(list.reload());
    await bad.ping();
    writeFileSync(file, "auth: [{ client: bad-* }]\nusers: { gone: { disallow: true } }\n");
    await list.reload();
    // (DISCONNECT has no 0x8A.)
    await bad.refusedWith(Reasons.notAuthorized.code);
    await gone.refusedWith(Reasons.notAuthorized.code);
    await other.ping();
    assert.equal(t.broker.sessions.get("bad-1")?.subscriptions.size, 1);
    const again = await t.client(version).connect({ clientId: "bad-1", ...kept });
    assert.equal(again.reasonCode, version === 5 ? 0x8A : 5);
    const said = list.onExplain(clientOf({ id: "bad-1" }), "connect", "");
    assert.equal(said.rule?.where, `${file}:1:8`);
  });

  test(`blacklist: who is being let in when it becomes listed is not (MQTT ${version})`, async () => {
    const file = join(temporaryFolder(), "blacklist.yml");
    writeFileSync(file, "auth: []\n");
    const list = await Blacklist.read(file, { interval: 10 });
    let answer = (_: "allow"): void => {};
    const asked = new Promise<void>((resolve) => {
      slow.onConnectAuthenticate = () => {
        resolve();
        return new Promise<"allow">((done) => answer = done);
      };
    });
    await using t = new TestBroker({ hooks: [list, slow] });
    const bad = t.client(version);
    void bad.connect({ clientId: "bad" }).catch(() => {});
    await asked;
    writeFileSync(file, "auth: [{ client: bad }]\n");
    await until(() => list.refuses(clientOf({ id: "bad" })), "the file to be read again");
    answer("allow");
    await bad.gone();
    assert.equal(t.broker.sessions.get("bad")?.outlet ?? null, null);
    list.onStopped();
  });
}

const slow: Hook = { id: "slow", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };

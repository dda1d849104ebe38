/** Abuse: who guesses passwords is banned, names and client ids are slowed down, and nobody else notices. */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Abuse, type AbuseLimits } from "../../../../hooks/auth/abuse.ts";
import { Bans } from "../../../../hooks/auth/bans.ts";
import type { Hook } from "../../../../src/hook/hook.ts";
import { Reasons } from "../../../../src/packets/reason.ts";
import type { ConnackPacket, ConnectPacket, ProtocolVersion } from "../../../../src/packets/types.ts";
import { giveMemoryBack } from "../../../../src/runtime/memory.ts";
import { settle, TestBroker, type TestClient, until, versions } from "../../../harness/mod.ts";

const right = new TextEncoder().encode("right");
const wrong = new TextEncoder().encode("wrong");

/** Everybody has the password "right". */
const passwords: Hook = {
  id: "passwords",
  onConnectAuthenticate: (_client, { password }) =>
    password !== null && new TextDecoder().decode(password) === "right" ? "allow" : "deny",
  onAclCheck: () => "allow",
};

interface Guarded {
  readonly t: TestBroker;
  readonly bans: Bans;
  readonly lines: string[];
}

function guarded(limits: Partial<AbuseLimits> = {}, proxies: readonly string[] = []): Guarded {
  const bans = new Bans({ proxies });
  const lines: string[] = [];
  const t = new TestBroker({
    hooks: [bans, new Abuse({ bans, limits }), passwords],
    log: (level, text) => {
      if (level === "warn") lines.push(text);
    },
  });
  return { t, bans, lines };
}

/** Says CONNECT; `answer` is there as soon as it is answered. */
class Attempt {
  readonly client: TestClient;
  answer: ConnackPacket | null = null;

  constructor(t: TestBroker, version: ProtocolVersion, address: string, options: Partial<ConnectPacket>) {
    this.client = t.client(version, { remoteAddress: address });
    void this.client.connect(options).then((ack) => this.answer = ack, () => {});
  }
}

/** The milliseconds until it was answered, by the broker's clock. */
async function waited(t: TestBroker, attempt: Attempt): Promise<number> {
  for (let passed = 0; passed <= 10_000; passed += 50) {
    await settle();
    if (attempt.answer !== null) return passed;
    t.clock.advance(50);
  }
  throw new Error("it was not answered");
}

let port = 1000;
const from = (ip: string): string => `${ip}:${port++}`;

for (const version of versions) {
  test(`abuse: twenty failed logins ban an address for ten minutes, and no other (MQTT ${version})`, async () => {
    const { t: broker, bans, lines } = guarded({ userFailures: 0 });
    await using t = broker;
    const there = await t.connected(version, { username: "a", password: right }, {
      remoteAddress: from("192.0.2.7"),
    });
    for (let i = 0; i < 19; i++) {
      const one = new Attempt(t, version, from("192.0.2.7"), { username: `u${i}`, password: wrong });
      assert.equal(await waited(t, one), 0);
    }
    await t.connected(version, { username: "b", password: right }, { remoteAddress: from("192.0.2.7") });
    assert.equal(bans.list().length, 0);
    await waited(t, new Attempt(t, version, from("192.0.2.7"), { username: "u", password: wrong }));
    const [ban] = bans.list();
    assert.deepEqual([ban?.kind, ban?.value, ban?.origin], ["address", "192.0.2.7", "abuse"]);
    assert.equal(ban!.until! - t.clock.now(), 600_000);
    await t.client(version, { remoteAddress: from("192.0.2.7") }).gone();
    await t.connected(version, { username: "b", password: right }, { remoteAddress: from("192.0.2.8") });
    // Who has shown a password stays.
    await there.ping();
    assert.deepEqual(lines, [
      `Hook "abuse": the address 192.0.2.7 is banned for 600 s after 20 failed logins in 1 s (code=hook-says hook="abuse")`,
    ]);
    assert.deepEqual([t.broker.stats.failedLogins, t.broker.stats.addressesBanned], [20, 1]);
    await t.advance(601);
    await t.connected(version, { username: "b", password: right }, { remoteAddress: from("192.0.2.7") });
  });

  test(`abuse: a ban can be taken back (MQTT ${version})`, async () => {
    const { t: broker, bans } = guarded({ failedLogins: 2 });
    await using t = broker;
    for (let i = 0; i < 2; i++) {
      await waited(t, new Attempt(t, version, from("192.0.2.7"), { username: "u", password: wrong }));
    }
    await t.client(version, { remoteAddress: from("192.0.2.7") }).gone();
    assert.equal(await bans.remove({ kind: "address", value: "192.0.2.7" }), true);
    await t.connected(version, { username: "b", password: right }, { remoteAddress: from("192.0.2.7") });
  });

  test(`abuse: a user name is never banned, each further login with it waits longer (MQTT ${version})`, async () => {
    const { t: broker, bans } = guarded();
    await using t = broker;
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      waits.push(
        await waited(t, new Attempt(t, version, from(`192.0.2.${i}`), { username: "joe", password: wrong })),
      );
    }
    assert.deepEqual(waits, [0, 0, 0, 250, 500, 1000, 2000, 4000, 4000]);
    // Another name, and no name at all, do not wait.
    for (const username of ["jane", null]) {
      assert.equal(
        await waited(
          t,
          new Attempt(t, version, from("192.0.2.1"), {
            username,
            password: username === null ? null : right,
          }),
        ),
        0,
      );
    }
    const own = new Attempt(t, version, from("198.51.100.1"), { username: "joe", password: right });
    assert.equal(await waited(t, own), 4000);
    assert.equal(own.answer!.reasonCode, 0);
    assert.deepEqual(bans.list(), []);
    assert.equal(t.broker.stats.connectsDelayed, 7);
    // All of it is forgotten by and by.
    await t.advance(1000);
    assert.equal(
      await waited(t, new Attempt(t, version, from("192.0.2.1"), { username: "joe", password: right })),
      0,
    );
  });

  test(`abuse: from where the user has come in before nobody waits (MQTT ${version})`, async () => {
    const { t: broker } = guarded();
    await using t = broker;
    await t.connected(version, { username: "joe", password: right }, { remoteAddress: from("198.51.100.1") });
    for (let i = 0; i < 9; i++) {
      await waited(t, new Attempt(t, version, from(`192.0.2.${i}`), { username: "joe", password: wrong }));
    }
    const own = new Attempt(t, version, from("198.51.100.1"), { username: "joe", password: right });
    assert.equal(await waited(t, own), 0);
  });

  test(`abuse: clients that take over from each other are slowed down, their neighbours are not (MQTT ${version})`, async () => {
    const { t: broker, lines } = guarded();
    await using t = broker;
    const who = { clientId: "twin", username: "joe", password: right };
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) waits.push(await waited(t, new Attempt(t, version, from("127.0.0.1"), who)));
    assert.deepEqual(waits, [0, 0, 0, 0, 250, 500, 1000, 2000]);
    assert.equal(
      await waited(t, new Attempt(t, version, from("127.0.0.1"), { ...who, clientId: "other" })),
      0,
    );
    assert.ok(
      lines.some((line) =>
        line.includes('because clients take their client id over from each other, client "twin"')
      ),
      lines.join(),
    );
    await t.advance(300);
    assert.equal(await waited(t, new Attempt(t, version, from("127.0.0.1"), who)), 0);
  });

  test(`abuse: who comes back again and again without DISCONNECT is slowed down (MQTT ${version})`, async () => {
    const { t: broker } = guarded();
    await using t = broker;
    const who = { clientId: "loop", username: "joe", password: right };
    const waits: number[] = [];
    for (let i = 0; i < 13; i++) {
      const one = new Attempt(t, version, from("127.0.0.1"), who);
      waits.push(await waited(t, one));
      await one.client.lose();
    }
    assert.deepEqual(waits.slice(9), [0, 250, 500, 1000]);
  });

  test(`abuse: who says DISCONNECT may come as often as he likes (MQTT ${version})`, async () => {
    const { t: broker } = guarded();
    await using t = broker;
    for (let i = 0; i < 50; i++) {
      const one = new Attempt(t, version, from("127.0.0.1"), {
        clientId: "loop",
        username: "joe",
        password: right,
      });
      assert.equal(await waited(t, one), 0);
      one.client.disconnect();
      await one.client.gone();
    }
  });

  test(`abuse: so many may wait, and of one address a quarter of them; the rest is refused (MQTT ${version})`, async () => {
    const { t: broker } = guarded({ waiting: 8, failedLogins: 0 });
    await using t = broker;
    for (let i = 0; i < 4; i++) {
      await waited(t, new Attempt(t, version, from("192.0.2.9"), { username: "joe", password: wrong }));
    }
    const attempts = Array.from(
      { length: 12 },
      (_, i) => new Attempt(t, version, from(`192.0.2.${i % 4}`), { username: "joe", password: right }),
    );
    await settle();
    const code = version === 5 ? Reasons.connectionRateExceeded.code : 3;
    assert.deepEqual(attempts.filter(({ answer }) => answer?.reasonCode === code).length, 4);
    assert.equal(t.broker.stats.connectsDelaying, 8);
    await t.advance(1);
    assert.equal(attempts.filter(({ answer }) => answer?.reasonCode === 0).length, 8);
    assert.equal(t.broker.stats.connectsDelaying, 0);
  });

  test(`abuse: guesses that are being checked when the address is banned are not answered (MQTT ${version})`, async () => {
    const bans = new Bans();
    const answers: ((opinion: "allow" | "deny") => void)[] = [];
    const slow: Hook = {
      id: "slow",
      onConnectAuthenticate: () => new Promise((resolve) => void answers.push(resolve)),
    };
    await using t = new TestBroker({ hooks: [bans, new Abuse({ bans, limits: { failedLogins: 3 } }), slow] });
    const attempts = Array.from(
      { length: 5 },
      (_, i) => new Attempt(t, version, from("192.0.2.7"), { username: `u${i}`, password: right }),
    );
    await until(() => answers.length === 5, "all to be asked about");
    for (const answer of answers.slice(0, 3)) answer("deny");
    await settle();
    answers[3]!("allow");
    answers[4]!("deny");
    await settle();
    const banned = version === 5 ? Reasons.banned.code : 5;
    assert.deepEqual(attempts.slice(3).map(({ answer }) => answer?.reasonCode), [banned, banned]);
  });
}

test("abuse: this machine, Unix sockets and trusted proxies are never banned", async () => {
  const { t: broker, bans } = guarded({ failedLogins: 2, userFailures: 0 }, ["10.0.0.0/8"]);
  await using t = broker;
  for (const address of ["127.0.0.1:1", "[::1]:1", "unix:/run/mqtt", "10.1.2.3:4", "unknown"]) {
    for (let i = 0; i < 5; i++) {
      await waited(t, new Attempt(t, 5, address, { username: "u", password: wrong }));
    }
  }
  assert.deepEqual(bans.list(), []);
  assert.equal(t.broker.stats.failedLogins, 25);
});

test("abuse: of IPv6 the 64-bit prefix counts", async () => {
  const { t: broker, bans } = guarded({ failedLogins: 3 });
  await using t = broker;
  for (let i = 0; i < 3; i++) {
    await waited(t, new Attempt(t, 5, `[2001:db8:1:2::${i}]:1`, { username: "u", password: wrong }));
  }
  assert.deepEqual(bans.list().map(({ kind, value }) => [kind, value]), [["network", "2001:db8:1:2::/64"]]);
});

test("abuse: failed logins that are too far apart are no guessing", async () => {
  const { t: broker, bans } = guarded({ failedLogins: 3, failedLoginTime: 60_000 });
  await using t = broker;
  for (let i = 0; i < 12; i++) {
    await waited(t, new Attempt(t, 5, from("192.0.2.7"), { username: `u${i}`, password: wrong }));
    await t.advance(31);
  }
  assert.deepEqual(bans.list(), []);
});

test("abuse: who shows nothing to be known by has not failed to log in, and busy is no failure", async () => {
  const { t: broker } = guarded();
  await using t = broker;
  await waited(t, new Attempt(t, 5, from("192.0.2.7"), {}));
  t.broker.addHook({ id: "late", onConnect: () => Reasons.serverBusy });
  await waited(t, new Attempt(t, 5, from("192.0.2.7"), { username: "u", password: wrong }));
  assert.equal(t.broker.stats.failedLogins, 0);
});

test("abuse: nothing of it is done when all of it is switched off", async () => {
  const { t: broker, bans } = guarded({ failedLogins: 0, delay: 0 });
  await using t = broker;
  for (let i = 0; i < 30; i++) {
    const one = new Attempt(t, 5, from("192.0.2.7"), { username: "u", password: wrong });
    assert.equal(await waited(t, one), 0);
  }
  assert.deepEqual(bans.list(), []);
});

test("abuse: limits that are none are refused by name", () => {
  assert.throws(
    () => new Abuse({ limits: { delay: 5000 } }),
    /limits\.delay of new Abuse 5000: expected a whole number from 0 to 4500/,
  );
  assert.throws(() => new Abuse({ limits: { failedLogin: 5 } as never }), /failedLogin/);
});

test("abuse: a hundred thousand names and addresses of strangers cost a bounded memory", async () => {
  const { t: broker } = guarded({ failedLogins: 3 });
  await using t = broker;
  const abuse = t.broker.hooks.all.find(({ id }) => id === "abuse") as Abuse;
  const name = "x".repeat(10_000);
  const client = (i: number) => ({
    id: `c${i}${name}`,
    username: `u${i}${name}`,
    remoteAddress: `203.${i >> 16 & 255}.${i >> 8 & 255}.${i & 255}:1`,
    properties: {},
  });
  await giveMemoryBack();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 100_000; i++) {
    const one = client(i) as never;
    abuse.onAuthenticationFailed(one, { username: "u", password: null }, Reasons.badUserNameOrPassword);
    abuse.onTakeOver(one);
    abuse.onSessionEstablished(one);
  }
  await giveMemoryBack();
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 60e6, `${Math.round(grown / 1e6)} MB`);
});

/** Hashed passwords of every kind, made with other programs, in ledgers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { hashPassword, Ledger } from "../../../../hooks/auth/ledger.ts";
import { defaultChecks } from "../../../../hooks/auth/passwords/checks.ts";
import { Reasons } from "../../../../src/packets/reason.ts";
import { clientOf, connects, problemsOf } from "./fixtures.ts";

const long = "x".repeat(72);

/** Program, password, hash. */
const HASHES: readonly (readonly [string, string, string])[] = [
  [
    "mosquitto_passwd 2.0",
    "secret",
    "$7$101$KgvP0/D23IU9TXgf$EVu68QOzT2AkN1mqlOGTdKrCg+eFwcz5+W7JyOj3bdfBy6vVNtPmQjUEwwR51wYzJz0d87kLpgbjl77To6s2PA==",
  ],
  ["libxcrypt 2a", "secret", "$2a$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"],
  ["libxcrypt 2b", "secret", "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"],
  ["libxcrypt 2y", "wachtwoord", "$2y$06$abcdefghijklmnopqrstuuZbHfQcOnjE7E3UlXqkALmSGRF4ckDOC"],
  ["libxcrypt, cost 10", "anna", "$2b$10$N9qo8uLOickgx2ZMRZoMyeXBqQI9mQqVZfzJIwJQZ.Z3kwy7CTW5S"],
  ["libxcrypt, UTF-8", "pässwörd温", "$2b$05$abcdefghijklmnopqrstuuen8HYuo/9g2E0Rtlmnuezgf8tqX25zS"],
  ["libxcrypt, 74 bytes", `${long}yz`, "$2b$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q"],
  ["libxcrypt, 72 bytes", "p".repeat(72), "$2b$04$......................HbnQVXlnw5ftZkdxuduhifPkihx9Se2"],
  [
    "openssl PBKDF2 SHA-512",
    "secret",
    "$pbkdf2-sha512$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$8ltlLe5cI6KNrWOmMFkTi2iE7fEXJKJJR9lhjd/xSn4",
  ],
  [
    "openssl PBKDF2 SHA-512, as passlib writes it",
    "secret",
    "$pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw$8ltlLe5cI6KNrWOmMFkTi2iE7fEXJKJJR9lhjd/xSn4",
  ],
  [
    "openssl PBKDF2 SHA-256",
    "secret",
    "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw==$Tvsru20utY6o3q7VRBeuL9h/1QqKhWhwk2PaYNRWBgY=",
  ],
  [
    "openssl scrypt",
    "secret",
    "$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$deGxTNVOkY406o6Q.dZ51qHK01G3dD8MMiB.66SzwJAOmoRrBRuiu0ta5LUHP1gDqUeBjRq7DaqEVzycgytHQw",
  ],
];

for (const [program, password, hash] of HASHES) {
  test(`ledger password: ${program}`, async () => {
    const listed = new Ledger({ users: { u: { password: hash } } });
    const ruled = new Ledger({ auth: [{ password: hash, allow: true }] });
    for (const ledger of [listed, ruled]) {
      const answer = (given: string | null): unknown => connects(ledger, { username: "u", password: given });
      assert.equal(await answer(password), "allow");
      // The first letter, as bcrypt does not look at the last of a long one.
      assert.equal(await answer(`q${password.slice(1)}`), "deny");
      assert.equal(await answer(password.slice(1)), "deny");
      assert.equal(await answer(""), "deny");
      assert.equal(await answer(null), "deny");
      assert.equal(await answer(`${password}\0${password}`), "deny");
      assert.equal(await answer(hash), "deny");
    }
  });
}

test("ledger password: hashPassword makes hashes that differ and are accepted", async () => {
  const [one, two] = await Promise.all([
    hashPassword("sesame"),
    hashPassword(new TextEncoder().encode("sesame")),
  ]);
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(one, two);
  for (const password of [one, two]) {
    const ledger = new Ledger({ users: { u: { password } } });
    assert.equal(await connects(ledger, { username: "u", password: "sesame" }), "allow");
    assert.equal(await connects(ledger, { username: "u", password: "Sesame" }), "deny");
  }
  await assert.rejects(hashPassword(""), /^RangeError: Cannot hash an empty password$/);
});

const bcrypt = "abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
const salted = "AAECAwQFBgcICQoLDA0ODw$8ltlLe5cI6KNrWOmMFkTi2iE7fEXJKJJR9lhjd/xSn4";

for (
  const hash of [
    `$2b$15$${bcrypt}`,
    `$2b$03$${bcrypt}`,
    `$2x$05$${bcrypt}`,
    `$2b$05$${bcrypt.slice(1)}`,
    `$7$0$${salted}`,
    `$7$99999999$${salted}`,
    `$7$101$${salted.slice(0, 30)}`,
    `$7$101$?$${salted.slice(23)}`,
    `$pbkdf2-sha1$i=1000$${salted}`,
    `$scrypt$ln=18,r=8,p=1$${salted}`,
    `$scrypt$ln=14,r=99,p=1$${salted}`,
    `$scrypt$ln=14,r=8,p=17$${salted}`,
    `$scrypt$ln=14,r=8$${salted}`,
    `$argon2id$v=19$m=524288,t=2,p=1$${salted}`,
    "$6$salt$hash",
    "$1$salt$hash",
    "$apr1$salt$hash",
    "$y$j9T$salt$hash",
  ]
) {
  test(`ledger password: a hash that cannot be checked is refused, not taken for a plain one: ${hash}`, () => {
    for (const rules of [{ users: { u: { password: hash } } }, { auth: [{ password: hash }] }]) {
      const [problem, ...more] = problemsOf(() => new Ledger(rules));
      assert.match(problem!, /password: Cannot use this password: it looks like a hash, expected one of /);
      assert.ok(!problem!.includes(hash));
      assert.deepEqual(more, []);
    }
  });
}

test("ledger password: a dollar does not make a hash", () => {
  for (const password of ["$", "$5", "$money$", "a$2b$05$x", "$ $x"]) {
    const ledger = new Ledger({ users: { u: { password } } });
    assert.equal(connects(ledger, { username: "u", password }), "allow", password);
  }
});

const mosquitto = HASHES[0]![2];

test("ledger password: gates after a hash are asked in their order", async () => {
  const ledger = new Ledger({
    users: { u: { password: mosquitto } },
    auth: [
      { client: "banned", allow: false },
      { password: HASHES[8]![2].replace("8ltl", "9ltl"), allow: true },
      { password: "plain", allow: true },
    ],
  });
  const answer = (password: string, id = "c"): unknown => connects(ledger, { username: "u", password, id });
  assert.equal(await answer("secret"), "allow");
  assert.equal(await answer("secret", "banned"), "allow");
  assert.equal(await answer("plain"), "allow");
  assert.equal(await answer("plain", "banned"), "deny");
  assert.equal(await answer("other"), "deny");
});

test("ledger password: the bytes are the client's, which are not kept by the caller", async () => {
  const ledger = new Ledger({ users: { u: { password: mosquitto } } });
  const password = new TextEncoder().encode("secret");
  const answer = ledger.onConnectAuthenticate(clientOf({ username: "u" }), { username: "u", password });
  password.fill(0);
  assert.equal(await answer, "allow");
});

test("ledger password: names that are not listed are refused as late as those that are", async () => {
  const ledger = new Ledger({
    users: { u: { password: mosquitto } },
    auth: [{ remote: "10.*", allow: true }],
  });
  const answer = connects(ledger, { username: "stranger", password: "x" });
  assert.ok(answer instanceof Promise);
  assert.equal(await answer, "deny");
  // Who is let in is not held up, and who gave no password is never compared.
  assert.equal(connects(ledger, { username: "stranger", password: "x", remote: "10.0.0.1:1" }), "allow");
  assert.equal(connects(ledger, { username: "stranger" }), "deny");
  assert.equal(connects(ledger, { username: "u" }), "deny");
});

test("ledger password: beyond those that may wait, clients are told that it is busy, with one line in the log", async () => {
  const ledger = new Ledger({
    users: { u: { password: "$pbkdf2-sha512$i=1$" + salted } },
    auth: [{ password: "x*", allow: true }],
  });
  const log: string[] = [];
  ledger.init({ log: (level: string, text: string) => void log.push(`${level} ${text}`) } as never);
  const { running, waiting } = defaultChecks;
  const answers = Array.from(
    { length: running + waiting + 8 },
    (_, i) => connects(ledger, { username: "u", password: `x${i}` }),
  );
  const settled = await Promise.all(answers);
  // The rule lets them in, as the user's password is wrong.
  assert.equal(settled.filter((answer) => answer === "allow").length, running + waiting);
  const busy = settled.filter((answer) => typeof answer === "object");
  assert.deepEqual(busy, Array.from({ length: 8 }, () => ({ refuse: Reasons.serverBusy })));
  assert.deepEqual(log, ["warn Too many passwords to check at a time, clients are refused"]);
  assert.equal(await connects(ledger, { username: "u", password: "xy" }), "allow");
});

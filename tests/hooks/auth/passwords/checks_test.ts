/** How many passwords are checked at a time, what is remembered of them, and what all others notice of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultChecks, PasswordChecks } from "../../../../hooks/auth/passwords/checks.ts";
import type { PasswordHash } from "../../../../hooks/auth/passwords/hash.ts";
import { hashPassword, parseHash } from "../../../../hooks/auth/passwords/parse.ts";
import { RememberedPasswords } from "../../../../hooks/auth/passwords/remembered.ts";
import { coreCount } from "../../../../src/runtime/process.ts";
import { settle } from "../../../harness/mod.ts";
import { vectors } from "./vectors.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A slow hash of which the test says when it is done. */
function held(text: string): PasswordHash & { finish: (right: boolean) => void; asked: number } {
  const waiting: ((right: boolean) => void)[] = [];
  const hash = {
    kind: "argon2id" as const,
    text,
    slow: true,
    asked: 0,
    verify: (): Promise<boolean> => {
      hash.asked++;
      return new Promise((resolve) => waiting.push(resolve));
    },
    finish: (right: boolean): void => waiting.shift()!(right),
  };
  return hash;
}

test("password checks: one processor is left for everything else", () => {
  assert.equal(defaultChecks.running, Math.max(1, coreCount() - 1));
  assert.equal(defaultChecks.waiting, 1000);
});

test("password checks: what is more than may wait is told that it is busy, at once", async () => {
  const checks = new PasswordChecks({ running: 1, waiting: 2 });
  const hash = held("h");
  const answers = ["a", "b", "c", "d"].map((password) => checks.check("u", bytes(password), hash));
  assert.equal(await answers[3], "busy");
  assert.deepEqual([checks.running, checks.waiting], [1, 2]);
  for (const right of [false, true, false]) {
    await settle();
    hash.finish(right);
  }
  assert.deepEqual(await Promise.all(answers), ["wrong", "right", "wrong", "busy"]);
  assert.deepEqual([checks.running, checks.waiting, hash.asked], [0, 0, 3]);
});

test("password checks: a name nobody has takes its turn like others, and is never right", async () => {
  const checks = new PasswordChecks({ running: 1, waiting: 1 });
  const hash = held("h");
  const answers = [1, 2, 3].map(() => checks.pretend(bytes("x"), hash));
  assert.equal(await answers[2], "busy");
  for (const _ of [1, 2]) {
    await settle();
    hash.finish(true);
  }
  assert.deepEqual(await Promise.all(answers), ["wrong", "wrong", "busy"]);
  const again = checks.check("u", bytes("x"), hash);
  assert.ok(again instanceof Promise);
  hash.finish(false);
  assert.equal(await again, "wrong");
});

test("password checks: many that come with the same at once are answered by one computation", async () => {
  const checks = new PasswordChecks({ running: 1, waiting: 0 });
  const hash = held("h");
  const answers = Array.from({ length: 50 }, () => checks.check("u", bytes("x"), hash));
  hash.finish(true);
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(["right"]));
  assert.equal(hash.asked, 1);
});

test("password checks: a right one is remembered for that name, password and hash, a wrong one never", async () => {
  let now = 0;
  const checks = new PasswordChecks({ rememberFor: 1000 }, () => now);
  const hash = held("h");
  const ask = async (name: string, password: string, right: boolean, which = hash): Promise<boolean> => {
    const before = which.asked;
    const answer = checks.check(name, bytes(password), which);
    if (which.asked > before) which.finish(right);
    assert.equal(await answer, right ? "right" : "wrong");
    return which.asked === before;
  };
  assert.equal(await ask("u", "x", true), false);
  assert.equal(await ask("u", "x", true), true);
  assert.equal(checks.check("u", bytes("x"), hash), "right");
  for (const [name, password] of [["u", "y"], ["ux", ""], ["", "ux"], ["U", "x"], ["v", "x"], ["u", "x\0"]]) {
    for (const _ of [1, 2]) assert.equal(await ask(name!, password!, false), false, `${name} ${password}`);
  }
  // The stored hash has changed: the old password counts no more.
  assert.equal(await ask("u", "x", false, held("other")), false);
  now = 900;
  assert.equal(await ask("u", "x", true), true);
  now = 1899;
  assert.equal(await ask("u", "x", true), true);
  now = 2900;
  assert.equal(await ask("u", "x", true), false);
});

test("password checks: what is remembered has a bound, and nothing of it is a password", async () => {
  const remembered = new RememberedPasswords({ entries: 3, time: 1000 }, () => 0);
  const keys = ["a", "b", "c", "d"].map((password) => remembered.keyOf("u", bytes(password), "h"));
  for (const key of keys.slice(0, 3)) remembered.add(key);
  assert.equal(remembered.has(keys[0]!), true);
  remembered.add(keys[3]!);
  assert.deepEqual(keys.map((key) => remembered.has(key)), [true, false, true, true]);
  assert.equal(remembered.size, 3);
  // Another process, another key.
  assert.notEqual(new RememberedPasswords({ entries: 3, time: 1 }).keyOf("u", bytes("a"), "h"), keys[0]);
  const none = new PasswordChecks({ rememberFor: 0 });
  const hash = held("h");
  for (const _ of [1, 2]) {
    const answer = none.check("u", bytes("x"), hash);
    hash.finish(true);
    assert.equal(await answer, "right");
  }
  assert.equal(hash.asked, 2);
});

test("password checks: the caller's bytes may change, and a check that fails gives its place back", async () => {
  const checks = new PasswordChecks({ running: 1, waiting: 1 });
  const hash = parseHash(await hashPassword("secret"))!;
  const password = bytes("secret");
  const answer = checks.check("u", password, hash);
  password.fill(0);
  assert.equal(await answer, "right");
  const broken: PasswordHash = {
    ...hash,
    text: "x",
    verify: () => Promise.reject(new Error("no such thing here")),
  };
  for (const _ of [1, 2, 3]) {
    await assert.rejects(async () => await checks.check("u", bytes("x"), broken), /no such thing here/);
  }
  assert.deepEqual([checks.running, checks.waiting], [0, 0]);
});

test("password checks: those that are not slow are answered at once", () => {
  const checks = new PasswordChecks({ waiting: 0 });
  const { password, hash } = vectors.find(({ hash }) => hash.startsWith("$6$"))!;
  assert.equal(checks.check("u", password, parseHash(hash)!), "right");
  assert.equal(checks.check("u", password.subarray(1), parseHash(hash)!), "wrong");
  assert.equal(checks.pretend(password, parseHash(hash)!), "wrong");
});

for (
  const head of [
    "$argon2id$v=19$m=19456,t=2,p=1$",
    "$scrypt$ln=15,r=8,p=1$",
    "$pbkdf2-sha512$i=50000$",
    "$2b$10$",
  ]
) {
  test(`password checks: the event loop turns while many are computed: ${head}`, async () => {
    const salted = "AAECAwQFBgcICQoLDA0ODw$8ltlLe5cI6KNrWOmMFkTi2iE7fEXJKJJR9lhjd/xSn4";
    const text = head +
      (head.startsWith("$2") ? "abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a" : salted);
    const hash = parseHash(text)!;
    const checks = new PasswordChecks({ patience: 60_000 });
    // (The first one starts what it needs.)
    await checks.check("u", bytes("first"), hash);
    let open = 8;
    for (let i = 0; i < 8; i++) {
      void Promise.resolve(checks.check("u", bytes(String(i)), hash)).then((answer) => {
        assert.equal(answer, "wrong");
        open--;
      });
    }
    const began = performance.now();
    let turns = 0;
    for (; open > 0; turns++) await new Promise((done) => setTimeout(done, 0));
    const took = performance.now() - began;
    // On the event loop there would be about one turn for each of the eight.
    assert.ok(turns > 30, `${turns} turns in ${took.toFixed(0)} ms`);
  });
}

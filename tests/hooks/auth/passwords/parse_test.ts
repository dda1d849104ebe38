/** Hashes of every kind, made by other programs; what is refused, and what new ones are. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { bcryptParts } from "../../../../hooks/auth/passwords/bcrypt.ts";
import { digestInSlices } from "../../../../hooks/auth/passwords/bcrypt.ts";
import { digestInThread } from "../../../../hooks/auth/passwords/bcrypt_workers.ts";
import { hashScrypt } from "../../../../hooks/auth/passwords/derived.ts";
import { acceptedHashes, hashPassword, parseHash } from "../../../../hooks/auth/passwords/parse.ts";
import { soon } from "../../../../src/runtime/turn.ts";
import { needs } from "../../../harness/needs.ts";
import { isBcrypt, type Vector, vectors } from "./vectors.ts";

const kinds = [...new Set(vectors.map(({ who }) => who))];

for (const kind of kinds) {
  test(`password hash: ${kind}`, async () => {
    for (const vector of vectors.filter(({ who }) => who === kind)) await bothWays(vector);
  });
}

async function bothWays(vector: Vector): Promise<void> {
  const { password, hash } = vector;
  const parsed = parseHash(hash);
  assert.ok(parsed !== null, hash);
  assert.equal(parsed.text, hash);
  assert.equal(await parsed.verify(password), true, hash);
  // The first byte, as bcrypt does not look at the last of a long one.
  const other = password.slice();
  other[0]! ^= 1;
  const more = Uint8Array.of(121, ...password);
  const wrong = [other, more, Uint8Array.of(...password.subarray(0, 60), 0, 120)];
  for (const one of wrong) assert.equal(await parsed.verify(one), false, `${hash} ${one}`);
}

test("password hash: bcrypt looks at 72 bytes, all others at each", async () => {
  for (const vector of vectors.filter(({ password }) => password.length > 72)) {
    const changed = vector.password.slice();
    changed[changed.length - 1]! ^= 1;
    const shorter = vector.password.subarray(0, 72);
    for (const other of [changed, shorter]) {
      assert.equal(await parseHash(vector.hash)!.verify(other), isBcrypt(vector), vector.who);
    }
  }
});

test("password hash: to PBKDF2 and scrypt zero bytes at the end of a short password are nothing, as to HMAC", async () => {
  for (const { password, hash, who } of vectors.filter(({ password }) => password.length < 20)) {
    const answer = await parseHash(hash)!.verify(Uint8Array.of(...password, 0));
    assert.equal(answer, /\$(?:7|scrypt|pbkdf2-sha\d+)\$/.test(hash), who);
  }
});

test("password hash: bcrypt in a thread and in slices is what others made", async () => {
  for (const vector of vectors.filter(isBcrypt)) {
    const { digest, salt, cost } = bcryptParts(vector.hash)!;
    const task = { password: vector.password.subarray(0, 72), salt, cost };
    assert.deepEqual(await digestInSlices(task), digest, vector.hash);
    assert.deepEqual(await digestInThread(task), digest, vector.hash);
  }
});

test("password hash: bcrypt in slices lets the event loop turn", async () => {
  let done = false;
  const { salt } = bcryptParts(vectors.find(isBcrypt)!.hash)!;
  const task = { password: new TextEncoder().encode("x"), salt, cost: 11 };
  const both = Promise.all([digestInSlices(task), digestInSlices(task)]);
  void both.then(() => done = true);
  let turns = 0;
  // (Two of 100 ms each where this was written.)
  for (; !done; turns++) await new Promise<void>(soon);
  const [one, two] = await both;
  assert.deepEqual(one, two);
  assert.ok(turns >= 10, `only ${turns} turns`);
});

test("password hash: a new one is Argon2id with a salt of its own, of text and of bytes", async () => {
  const bytes = Uint8Array.of(0, 255, 10, 0);
  for (const password of ["sesame", bytes]) {
    const [one, two] = await Promise.all([hashPassword(password), hashPassword(password)]);
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.notEqual(one, two);
    const given = typeof password === "string" ? new TextEncoder().encode(password) : password;
    for (const hash of [one, two]) {
      assert.equal(await parseHash(hash)!.verify(given), true);
      assert.equal(await parseHash(hash)!.verify(given.subarray(1)), false);
    }
  }
  await assert.rejects(hashPassword(""), /^RangeError: Cannot hash an empty password$/);
  const scrypt = await hashScrypt(bytes);
  assert.match(scrypt, /^\$scrypt\$ln=15,r=8,p=1\$/);
  assert.equal(await parseHash(scrypt)!.verify(bytes), true);
});

const python = "from hashlib import scrypt; import sys; sys.stdout.write(sys.version)";
const hashlib = needs("python3", spawnSync("python3", ["-c", python]).status === 0);

test("password hash: hashlib makes of it what a new one of scrypt has", hashlib, async () => {
  const [, , , salt, digest] = (await hashScrypt(new TextEncoder().encode("sesame"))).split("$");
  const program = `import base64, hashlib
salt = base64.b64decode("${salt}==")
print(base64.b64encode(hashlib.scrypt(b"sesame", salt=salt, n=32768, r=8, p=1, maxmem=1 << 26, dklen=32)).decode())`;
  const { stdout } = spawnSync("python3", ["-c", program], { encoding: "utf8" });
  assert.equal(stdout.trim().replace(/=+$/, ""), digest);
});

const bcrypt = "abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
const salted = "AAECAwQFBgcICQoLDA0ODw$8ltlLe5cI6KNrWOmMFkTi2iE7fEXJKJJR9lhjd/xSn4";
const mosquitto = vectors.find(({ who }) => who.startsWith("mosquitto_passwd"))!.hash;
const old = vectors.find(({ hash }) => hash.startsWith("$6$"))!.hash;
const argon = vectors.find(({ who }) => who === "argon2, reference")!.hash;

/** What it is, what is wrong with it. */
const REFUSED: readonly (readonly [string, string])[] = [
  ["", "nothing"],
  ["secret", "a password"],
  ["$7$", "a beginning"],
  [`$2b$15$${bcrypt}`, "bcrypt, too slow"],
  [`$2b$03$${bcrypt}`, "bcrypt, too quick"],
  [`$2x$05$${bcrypt}`, "bcrypt with a mistake of 2011"],
  [`$2b$05$${bcrypt.slice(1)}`, "bcrypt, too short"],
  [`$7$0$${salted}`, "no rounds"],
  [mosquitto.replace("$101$", "$2000001$"), "too many rounds"],
  [mosquitto.replace("$101$", "$99999999999$"), "far too many rounds"],
  [mosquitto.replace("$101$", "$-1$"), "less than no rounds"],
  [`$7$101$${salted}`, "a digest that mosquitto does not write"],
  [mosquitto.slice(0, -9), "mosquitto's, without its end"],
  [`${mosquitto}$`, "mosquitto's, and more"],
  [mosquitto.replace("$101$", "$101$?"), "a salt that is none"],
  [old.slice(0, -2), "what crypt writes with $6$"],
  [old.slice(0, -8), "mosquitto's old one, without its end"],
  ["$6$salt$hash", "what crypt writes with $6$, shortened"],
  ["$6$$" + old.split("$")[3], "no salt"],
  [`$pbkdf2-sha1$i=1000$${salted}`, "another digest"],
  [`$scrypt$ln=18,r=8,p=1$${salted}`, "scrypt, too much memory"],
  [`$scrypt$ln=14,r=99,p=1$${salted}`, "scrypt, too much memory"],
  [`$scrypt$ln=14,r=8,p=17$${salted}`, "scrypt, too slow"],
  [`$scrypt$ln=14,r=8$${salted}`, "scrypt, a cost that is missing"],
  [argon.replace("m=4096", "m=262145"), "Argon2, too much memory"],
  [argon.replace("m=4096,t=3", "m=262144,t=5"), "Argon2, too slow"],
  [argon.replace("t=3", "t=99999"), "Argon2, far too slow"],
  [argon.replace("p=1", "p=17"), "Argon2, too many lanes"],
  [argon.replace("p=1", "p=0"), "Argon2, no lanes"],
  [argon.replace("m=4096,t=3,p=1", "m=31,t=3,p=4"), "Argon2, too little memory for its lanes"],
  [argon.replace("t=3", "t=0"), "Argon2, no passes"],
  [argon.replace("argon2id", "argon2i"), "Argon2i"],
  [argon.replace("v=19", "v=16"), "an earlier Argon2"],
  [argon.replace("v=19$", ""), "an earlier Argon2, which has no version"],
  [argon.replace("p=1", "p=1,keyid=AA"), "Argon2 with a key"],
  [argon.replace("MDEyMzQ1Njc4OWFiY2RlZg", "AAAAAAAAAA"), "Argon2, a salt that is too short"],
  [argon.slice(0, -30), "Argon2, without its end"],
  [`${argon}\n`, "a line end behind it"],
  ["$1$salt$hash", "crypt's MD5"],
  ["$apr1$salt$hash", "Apache's MD5"],
  ["$y$j9T$salt$hash", "yescrypt"],
];

for (const [hash, what] of REFUSED) {
  test(`password hash: none that is taken: ${what}`, () => assert.equal(parseHash(hash), null, hash));
}

test("password hash: what is accepted names each kind", () => {
  for (const { hash } of vectors) {
    const [, head] = /^\$([a-z0-9-]+)\$/.exec(hash)!;
    assert.ok(
      head!.startsWith("2") ? /bcrypt/.test(acceptedHashes) : acceptedHashes.includes(`$${head}$`),
      head,
    );
  }
});

/** Passwords in columns of a database, by the numbers and names of comqtt. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acceptedSchemes,
  comqttSchemes,
  needsKey,
  type PasswordScheme,
  schemeOf,
  storedPassword,
} from "../../../../hooks/auth/passwords/schemes.ts";
import { vectors } from "./vectors.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Number, name, key, password, as it is stored: RFC 1321, FIPS 180 and RFC 4231 (test case 2), RFC 2202 (test case 2). */
const STORED: readonly (readonly [number, PasswordScheme, string, string, string])[] = [
  [0, "none", "", "secret", "secret"],
  [0, "none", "", "pässwörd温", "pässwörd温"],
  [1, "bcrypt", "", "secret", "$2a$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"],
  [2, "md5", "", "abc", "900150983cd24fb0d6963f7d28e17f72"],
  [3, "sha1", "", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  [4, "sha256", "", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    5,
    "sha512",
    "",
    "abc",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  [6, "hmac-sha1", "Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
  [
    7,
    "hmac-sha256",
    "Jefe",
    "what do ya want for nothing?",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    8,
    "hmac-sha512",
    "Jefe",
    "what do ya want for nothing?",
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554" +
    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
  ],
];

for (const [number, name, key, password, text] of STORED) {
  test(`password scheme: ${number} is ${name}`, async () => {
    for (const given of [number, String(number), name, name.toUpperCase()]) {
      assert.equal(schemeOf(given), name);
    }
    assert.equal(needsKey(name), key !== "");
    const stored = storedPassword(name, text, key)!;
    assert.equal(await stored.verify(bytes(password)), true);
    const upper = name === "none" || name === "bcrypt" ? text : text.toUpperCase();
    assert.equal(await storedPassword(name, upper, key)!.verify(bytes(password)), true);
    for (
      const wrong of [
        "",
        "x",
        text,
        `${password}\0`,
        `${password} `,
        password.slice(1),
        password.toUpperCase(),
      ]
    ) {
      if (wrong === password) continue;
      assert.equal(await stored.verify(bytes(wrong)), false, wrong);
    }
    if (key !== "") assert.equal(await storedPassword(name, text, `${key}x`)!.verify(bytes(password)), false);
    assert.equal(stored.slow, name === "bcrypt");
  });

  test(`password scheme: ${name} lets nobody in where nothing is stored, or nothing of the kind`, () => {
    assert.equal(storedPassword(name, "", key), null);
    if (name === "none") return;
    for (const other of ["x", text.slice(1), `${text}0`, text.replace(/.$/, "-"), "null"]) {
      assert.equal(storedPassword(name, other, key), null, other);
    }
  });
}

test("password scheme: those that say themselves what they are have names without numbers", async () => {
  const of = (beginning: string): string => vectors.find(({ hash }) => hash.startsWith(beginning))!.hash;
  const takes: Record<string, readonly string[]> = {
    argon2id: ["$argon2id$"],
    scrypt: ["$scrypt$"],
    pbkdf2: ["$7$", "$pbkdf2-sha256$", "$pbkdf2-sha512$"],
    mosquitto: ["$6$", "$7$", "$argon2id$"],
    bcrypt: ["$2a$", "$2b$", "$2y$"],
  };
  const all = [...new Set(Object.values(takes).flat())];
  for (const [name, taken] of Object.entries(takes)) {
    const scheme = schemeOf(name)!;
    for (const one of all) {
      const stored = storedPassword(scheme, of(one));
      assert.equal(stored !== null, taken.includes(one), `${name} ${one}`);
      if (stored !== null) {
        assert.equal(await stored.verify(vectors.find(({ hash }) => hash === of(one))!.password), true);
      }
    }
  }
});

test("password scheme: others are none, and what there is can be said", () => {
  for (const given of [9, -1, 1.5, "", "sha3", "md5 ", "__proto__", "constructor"]) {
    assert.equal(schemeOf(given), null);
  }
  for (const [number, name] of comqttSchemes.entries()) {
    assert.ok(acceptedSchemes.includes(`${number} (${name})`));
  }
});

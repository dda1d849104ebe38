/** Files of users as mosquitto reads them, and what is a mistake in them. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { UsersError } from "../../../../hooks/auth/users.ts";
import { withoutUser, withUser } from "../../../../hooks/auth/users/edit.ts";
import { bytesAsText, textAsBytes, unwritable } from "../../../../hooks/auth/users/lines.ts";
import { usersIn } from "../../../../hooks/auth/users/list.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { needs } from "../../../harness/needs.ts";
import { vectors } from "../passwords/vectors.ts";

const hash = vectors.find(({ who }) => who.startsWith("mosquitto_passwd"))!.hash;
const other = vectors.find(({ who }) => who === "argon2, reference")!.hash;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin = (text: string): string => bytesAsText(bytes(text));

async function names(text: string | Uint8Array): Promise<string[]> {
  return [...(await usersIn("f", typeof text === "string" ? bytes(text) : text)).keys()];
}

async function problems(text: string | Uint8Array): Promise<string[]> {
  try {
    await names(text);
  } catch (error) {
    assert.ok(error instanceof UsersError, String(error));
    const lines = error.problems.map(({ where, message }) => `${where}: ${message}`);
    assert.equal(error.message, lines.join("\n"));
    return lines;
  }
  return [];
}

/** Names that MQTT allows and a line can have. */
const NAMES = [
  ...[
    "a",
    "anna",
    "Anna",
    "a b",
    "a\tb",
    "ä温🦀",
    "a#b",
    "a/+/#",
    "$SYS",
    "'a'",
    '"a"',
    "a\\b",
    "a,b;c",
    "%u",
    "*",
    "~/a",
  ],
  ...["__proto__", "constructor", "toString", "a=b", "a$7$b", "!", "\u0001", "x".repeat(65_535)],
];

/** What stands there, who is a user. */
const TAKEN: readonly (readonly [string, readonly string[]])[] = [
  ["", []],
  ["\n\r\n  \n\t\r\n", []],
  ["# nobody\n#a:b\n#\n", []],
  [`a:${hash}`, ["a"]],
  [`a:${hash}\n`, ["a"]],
  [`a:${hash}\r\nb:${other}\r\n`, ["a", "b"]],
  [`a:${hash}\r\n# c:d\r\n\r\nb:${other}`, ["a", "b"]],
  [` a \t: ${hash} \r\n`, ["a"]],
  [`\uFEFFa:${hash}\n`, ["a"]],
  [`\uFEFF# a\nb:${hash}\n`, ["b"]],
  [`a:${hash}\nA:${hash}\na b:${hash}\n`, ["a", "A", "a b"]],
];

for (const [text, users] of TAKEN) {
  test(`users file: ${JSON.stringify(text.replaceAll(hash, "HASH").replaceAll(other, "OTHER"))}`, async () => {
    assert.deepEqual(await problems(text), []);
    assert.deepEqual(await names(text), users);
  });
}

test("users file: a name may have every character but a colon and line breaks", async () => {
  const text = NAMES.map((name) => `${name}:${hash}\n`).join("");
  assert.deepEqual(await names(text), NAMES);
  for (const name of NAMES) assert.equal(unwritable(name), null, name);
});

const mistakes: readonly (readonly [string | Uint8Array, readonly RegExp[]])[] = [
  ["secret", [/^f:1: Cannot find a ":" in this line, expected name:hash$/]],
  [`a:${hash}\n\nsecret\n`, [/^f:3: Cannot find/]],
  [":x", [/^f:1: Cannot use the user name of this line: it is empty$/]],
  [` :${hash}`, [/^f:1: .*it is empty$/]],
  ["a:", [/^f:1: Cannot use the password of the user "a": there is none, expected one of \$argon2id/]],
  ["a:secret", [
    /^f:1: Cannot use the password of the user "a": it is no hash that can be checked, expected/,
  ]],
  [`a:${hash.slice(0, -5)}`, [/^f:1: .* it is no hash/]],
  [`a:${hash}:b`, [/^f:1: .* it is no hash/]],
  [`a:${hash}\nb:${hash}\n# c\na:${other}`, [/^f:4: Cannot use the user "a" twice: line 1 has it already$/]],
  [`a:${hash}\na :${hash}`, [/^f:2: Cannot use the user "a" twice/]],
  [`a\0b:${hash}`, [/^f:1: .*U\+0000/]],
  [`${"x".repeat(65_536)}:${hash}`, [/^f:1: .* longer than the 65535 bytes/]],
  [Uint8Array.of(0x61, 0xff, ...bytes(`:${hash}`)), [/^f:1: .*it is no UTF-8$/]],
  ["x\ny:z\n", [/^f:1: Cannot find/, /^f:2: .*"y"/]],
  ["a\u202e\n:secret", [/^f:1: /, /^f:2: /]],
];

for (const [i, [text, wanted]] of mistakes.entries()) {
  test(`users file: a mistake has its line, and shows no password: ${i}: ${wanted[0]!.source}`, async () => {
    const found = await problems(text);
    assert.equal(found.length, wanted.length, found.join("\n"));
    for (const [j, one] of found.entries()) {
      assert.match(one, wanted[j]!);
      assert.doesNotMatch(one, /secret|EVu68|:z/);
    }
  });
}

test("users file: so many mistakes are told, and no more", async () => {
  assert.equal((await problems("x\n".repeat(5000))).length, 100);
});

test("users file: 50,000 users do not hold up the event loop", async () => {
  const text = Array.from({ length: 50_000 }, (_, i) => `user${i}:${hash}\n`).join("");
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  assert.equal((await names(text)).length, 50_000);
  clearInterval(timer);
  assert.ok(turns > 3, `${turns}`);
});

test("users file: names that cannot be written are none", () => {
  for (
    const name of [
      "",
      "a:b",
      "#a",
      " a",
      "a ",
      "a\t",
      "\va",
      "a\nb",
      "a\r",
      "a\0",
      "\uFEFFa",
      "\ud800",
      "x".repeat(65_536),
    ]
  ) {
    assert.notEqual(unwritable(name), null, JSON.stringify(name));
  }
});

/** Before, the change, after; `+a` adds or changes, `-a` removes. */
const EDITS: readonly (readonly [string, string, string | null])[] = [
  ["", "+a", "a:NEW\n"],
  ["# c\n", "+a", "# c\na:NEW\n"],
  ["b:x", "+a", "b:x\na:NEW\n"],
  ["b:x\r\n", "+a", "b:x\r\na:NEW\r\n"],
  ["b:x\r\n# c", "+a", "b:x\r\n# c\r\na:NEW\r\n"],
  ["a:x\nb:y\n", "+a", "a:NEW\nb:y\n"],
  ["#a:x\n a : x \r\nb:y\xff\n", "+a", "#a:x\na:NEW\r\nb:y\xff\n"],
  ["b:y\na:x", "+a", "b:y\na:NEW"],
  [latin("\uFEFFa:x\n"), "+a", latin("\uFEFFa:NEW\n")],
  [latin("\uFEFF"), "+ä", latin("\uFEFFä:NEW\n")],
  ["broken\n:\n", "+a", "broken\n:\na:NEW\n"],
  ["a:x\nb:y\n", "-a", "b:y\n"],
  ["b:y\na:x", "-a", "b:y\n"],
  ["a:x\n# a\nA:z\r\na:y\r\n", "-a", "# a\nA:z\r\n"],
  [latin("\uFEFFa:x\nb:y"), "-a", latin("\uFEFFb:y")],
  ["# a:x\nab:y\n", "-a", null],
  ["", "-a", null],
];

for (const [before, change, after] of EDITS) {
  test(`users file: ${change} leaves every other byte of ${JSON.stringify(before)}`, () => {
    const name = change.slice(1);
    const found = change.startsWith("+") ? withUser(before, name, "NEW").text : withoutUser(before, name);
    assert.equal(found, after);
  });
}

test("users file: who is there twice is not changed, but removed", () => {
  assert.throws(
    () => withUser("a:x\n\na:y\n", "a", "NEW"),
    /^Error: .*"a": lines 1 and 3 both have it; .*remove it first$/,
  );
  assert.equal(withoutUser("a:x\n\na:y\n", "a"), "\n");
});

const installed = needs("mosquitto", spawnSync("mosquitto_passwd", []).error === undefined);

test(
  "users file: what mosquitto_passwd writes is read, and it reads what was written here",
  installed,
  async () => {
    const file = join(temporaryFolder(), "users");
    const passwd = (...args: readonly string[]): void => {
      const { status, stderr } = spawnSync("mosquitto_passwd", args, { encoding: "utf8" });
      assert.equal(status, 0, stderr);
    };
    passwd("-c", "-b", file, "anna", "secret");
    const known = NAMES.filter((name) => name.length < 1000 && !/\p{Cc}/u.test(name));
    for (const name of known) passwd("-b", file, name, `of ${name}`);
    const users = await usersIn("f", readFileSync(file));
    assert.deepEqual([...users.keys()].toSorted(), [...new Set(known)].toSorted());
    for (const [name, entry] of users) {
      assert.equal(await entry.hash.verify(bytes(`of ${name}`)), true, name);
      assert.equal(await entry.hash.verify(bytes("secret")), false, name);
    }
    // It changes one line of a file that was changed here, and leaves the others.
    const changed = withUser(bytesAsText(readFileSync(file)), "bert", other).text;
    writeFileSync(file, textAsBytes(changed));
    passwd("-D", file, "anna");
    assert.equal(bytesAsText(readFileSync(file)), withoutUser(changed, "anna"));
  },
);

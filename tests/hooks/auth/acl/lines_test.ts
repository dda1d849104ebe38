/** mosquitto's rules: what stands in a line, and what is wrong with it. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AclError } from "../../../../hooks/auth/acl.ts";
import { mosquittoLines } from "../../../../hooks/auth/acl/lines.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { run } from "../../../harness/run.ts";
import { needed } from "../../../interop/mosquitto_broker.ts";

function bytesOf(text: string): Uint8Array {
  return new Uint8Array([...text].flatMap((c) => c === "\xff" ? [0xff] : [...new TextEncoder().encode(c)]));
}

/** `user access filter where` of each line, those of patterns with `*`. */
async function linesOf(text: string): Promise<string[]> {
  const { topics, patterns } = await mosquittoLines("acl", bytesOf(text));
  const found = [...topics].flatMap(([user, lines]) => lines.map((line) => ({ user, ...line })));
  const all = [...found, ...patterns.map((line) => ({ user: "*", ...line }))];
  return all.map(({ user, access, filter, where }) => [user, access, filter, where].join("|"));
}

test("mosquitto acl: lines as mosquitto reads them", async () => {
  const text = "\ufeff# a comment\ntopic a\r\n topic   read   b c \nuser  anna b \n\n  \t\ntopic deny a/#\n" +
    "pattern write x/%u\nuser bert\ntopic readwrite 温/+\nuser anna b\ntopic read\ntopic # \nuser __proto__\ntopic %c\x0b";
  assert.deepEqual(await linesOf(text), [
    "|readwrite|a|acl:2",
    "|read|b c|acl:3",
    "anna b|deny|a/#|acl:7",
    "anna b|readwrite|read|acl:12",
    "anna b|readwrite|#|acl:13",
    "bert|readwrite|温/+|acl:10",
    "__proto__|readwrite|%c|acl:15",
    "*|write|x/%u|acl:8",
  ]);
  assert.deepEqual(await linesOf(""), []);
  assert.deepEqual(await linesOf("\n\n# x"), []);
});

/** What mosquitto does not take either, with what is said here. */
const WRONG: readonly (readonly [line: string, message: string])[] = [
  [" # x", '2: Unknown word "#": a comment begins with # in the first column'],
  ["Topic a", '1: Unknown word "Topic": expected topic, pattern or user'],
  ["hello", '1: Unknown word "hello": expected topic, pattern or user'],
  ["topic\tread\ta", '1: Unknown word "topic\\tread\\ta": words are parted by spaces, not by tabs'],
  ["topic", "6: Missing topic after topic"],
  ["topic  ", "6: Missing topic after topic"],
  ["pattern", "8: Missing topic after pattern"],
  ["user", "5: Missing name after user"],
  ["user  ", "5: Missing name after user"],
  ["topic foo a", '7: Cannot use "foo" as access, expected read, write, readwrite or deny'],
  ["topic 3 a", '7: Cannot use "3" as access, expected read, write, readwrite or deny'],
  ["topic  toString a", '8: Cannot use "toString" as access, expected read, write, readwrite or deny'],
  ["topic a+b", '7: Cannot use the topic "a+b": + and # stand alone in their level, and # only at the end'],
  [
    "topic read  a/#/b",
    '13: Cannot use the topic "a/#/b": + and # stand alone in their level, and # only at the end',
  ],
  [
    "topic read a # c",
    '12: Cannot use the topic "a # c": + and # stand alone in their level, and # only at the end',
  ],
];

/** What mosquitto takes for something else than is meant. */
const TRAPS: readonly (readonly [line: string, message: string])[] = [
  ["topic read\ta", "11: Cannot use this line: words are parted by spaces, not by tabs"],
  ["topic read a\0b", "13: Cannot use this line: U+0000 is in it, which MQTT does not allow"],
  ["topic read \xff", "1: Cannot use this line: it is no UTF-8"],
  ["user \xff", "1: Cannot use this line: it is no UTF-8"],
];

test("mosquitto acl: what is wrong is said, with its line and column", async () => {
  for (const [line, message] of [...WRONG, ...TRAPS]) {
    await assert.rejects(linesOf(`topic ok\n${line}\ntopic read ok`), (error: unknown) => {
      assert.ok(error instanceof AclError);
      assert.equal(error.message, `acl:2:${message}`);
      return true;
    });
  }
});

test("mosquitto acl: all that is wrong is said at once, up to a hundred lines", async () => {
  await assert.rejects(linesOf("x\n".repeat(5000)), (error: unknown) => {
    assert.ok(error instanceof AclError);
    assert.equal(error.problems.length, 100);
    return true;
  });
});

test("mosquitto acl: mosquitto refuses the same lines", needed, async () => {
  for (const [line] of WRONG) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "acl"), bytesOf(`topic ok\n${line}\n`));
    writeFileSync(join(folder, "conf"), `listener 0 ${folder}/sock\nuser root\nacl_file ${folder}/acl\n`);
    const program = "PATH=$PATH:/usr/sbin:/usr/local/sbin mosquitto -c conf";
    const { code, output, errors } = await run("sh", ["-c", program], { patience: 20_000, folder });
    assert.notEqual(code, 0);
    assert.match(output + errors, /Error opening acl file/, line);
  }
});

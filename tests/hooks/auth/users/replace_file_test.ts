/** A file is changed as a whole, by one at a time, and stays whose it is. */

import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { replaceFile } from "../../../../hooks/auth/users/replace_file.ts";
import { temporaryFolder } from "../../../harness/folder.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (given: Uint8Array | null): string | null =>
  given === null ? null : new TextDecoder().decode(given);

test("replace file: a new one is for its owner alone, another keeps its mode, and nothing else is left", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "users");
  await replaceFile(path, (before) => {
    assert.equal(before, null);
    return bytes("one");
  });
  assert.equal(statSync(path).mode & 0o7777, 0o600);
  for (const mode of [0o640, 0o600, 0o444]) {
    chmodSync(path, mode);
    await replaceFile(path, (before) => bytes(`${text(before)}+`));
    assert.equal(statSync(path).mode & 0o7777, mode);
  }
  assert.equal(readFileSync(path, "utf8"), "one+++");
  assert.deepEqual(readdirSync(folder), ["users"]);
});

test("replace file: who reads it meanwhile has the old one, whole", async () => {
  const path = join(temporaryFolder(), "users");
  writeFileSync(path, "old");
  const { ino } = statSync(path);
  await replaceFile(path, () => bytes("new"));
  assert.notEqual(statSync(path).ino, ino);
});

test("replace file: a symbolic link stays, what it leads to is changed or made", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "real"));
  symlinkSync("real/users", join(folder, "link"));
  symlinkSync("link", join(folder, "users"));
  for (const wanted of ["1", "12"]) {
    await replaceFile(join(folder, "users"), (before) => bytes(`${text(before) ?? ""}${wanted.at(-1)}`));
    assert.equal(readFileSync(join(folder, "real/users"), "utf8"), wanted);
  }
  assert.equal(readlinkSync(join(folder, "link")), "real/users");
  assert.ok(lstatSync(join(folder, "users")).isSymbolicLink());
  symlinkSync("loop", join(folder, "loop"));
  await assert.rejects(replaceFile(join(folder, "loop"), () => bytes("")), /more than 20 symbolic links/);
});

test("replace file: of many that change it at once none loses what another did", async () => {
  const path = join(temporaryFolder(), "users");
  const all = Array.from({ length: 20 }, (_, i) => `${i},`);
  await Promise.all(all.map((one) => replaceFile(path, (before) => bytes(`${text(before) ?? ""}${one}`))));
  assert.deepEqual(readFileSync(path, "utf8").match(/\d+,/g)!.toSorted(), all.toSorted());
});

test("replace file: another program that does not end is told, with what can be done", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "users");
  writeFileSync(path, "old");
  writeFileSync(`${path}.lock`, "");
  await assert.rejects(
    replaceFile(path, () => bytes("new"), 50),
    /^Error: Cannot change ".*users": another program is changing it; .*"users\.lock" beside it can be removed$/,
  );
  assert.equal(readFileSync(path, "utf8"), "old");
  assert.ok(existsSync(`${path}.lock`));
});

test("replace file: when the change fails, or there is none, everything is as it was", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "users");
  writeFileSync(path, "old");
  const { ino } = statSync(path);
  await assert.rejects(
    replaceFile(path, () => {
      throw new Error("no");
    }),
    /^Error: no$/,
  );
  await replaceFile(path, () => null);
  assert.equal(statSync(path).ino, ino);
  assert.deepEqual(readdirSync(folder), ["users"]);
  await assert.rejects(
    replaceFile(join(folder, "none/users"), () => bytes("")),
    /there is no folder ".*none"$/,
  );
  await assert.rejects(replaceFile(folder, () => bytes("")), /^Error: Cannot read ".*": it is no file$/);
});

/** The suite of all back ends, for those that come with the program. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StoredUsers } from "../../../../hooks/auth/access_store.ts";
import { Ledger, type LedgerRules } from "../../../../hooks/auth/ledger.ts";
import { Users } from "../../../../hooks/auth/users.ts";
import type { HookHost } from "../../../../src/hook/hook.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { needs } from "../../../harness/needs.ts";
import { clientOf } from "../ledger/fixtures.ts";
import { type BackEndCase, backEndSuite, type Kept, type Made } from "./suite.ts";

const options = { fallback: "abstain", topics: "let-in" } as const;
const NONE: Made["end"] = () => {};

/** As a file has it: it ends at a `:` and at the end of the line, and blanks around it are none of it. */
function holdsInFile(name: string): boolean {
  return name !== "" && name.isWellFormed() && name.trim() === name && !/[:\0\r\n]|^#/.test(name);
}

/** With users of these names, and no others. */
async function usersOf(file: string, names: readonly string[]): Promise<Made> {
  const hook = new Users({ file, interval: 0, disguise: false });
  await hook.init({ disconnect: () => 0 } as Partial<HookHost> as HookHost);
  // (What a line means may be another name, or a comment.)
  const known = (username: string): boolean =>
    hook.onExplain(clientOf({ username }), "connect")?.answer !== undefined;
  assert.ok(names.every(known) && hook.size === new Set(names).size, "the file has other users");
  return { hook, end: () => hook.onStopped() };
}

const users: BackEndCase = {
  name: "back end, file of users",
  make: async (all) => {
    const file = join(temporaryFolder(), "users");
    writeFileSync(file, all.map(({ name, hash }) => `${name}:${hash}\n`).join(""));
    return await usersOf(file, all.map(({ name }) => name));
  },
  holds: holdsInFile,
  withoutPassword: null,
};

function ledgerRules(all: readonly Kept[]): LedgerRules {
  return { users: Object.fromEntries(all.map(({ name, hash }) => [name, { password: hash }])) };
}

const ledger: BackEndCase = {
  name: "back end, ledger of objects",
  make: (all) => Promise.resolve({ hook: new Ledger(ledgerRules(all), options), end: NONE }),
  holds: () => true,
  withoutPassword: undefined,
};

const ledgerFile: BackEndCase = {
  name: "back end, ledger in a file",
  make: async (all) => {
    const file = join(temporaryFolder(), "ledger.yml");
    writeFileSync(file, JSON.stringify(ledgerRules(all)));
    return { hook: await Ledger.read(file, options), end: NONE };
  },
  holds: () => true,
  withoutPassword: undefined,
};

const store: BackEndCase = {
  name: "back end, store of users",
  make: async (all) => {
    const hook = new StoredUsers({ directory: temporaryFolder() });
    const store = hook.open();
    try {
      for (const { name, hash } of all) await store.putUser(name, { hash: hash === "" ? null : hash });
    } catch (error) {
      hook.close();
      throw error;
    }
    return { hook, end: () => hook.close() };
  },
  holds: (name) => name !== "" && name.isWellFormed() && !name.includes("\0"),
  withoutPassword: "deny",
};

for (const one of [users, ledger, ledgerFile, store]) backEndSuite(one);

// --- what mosquitto_passwd writes ---

const installed = needs("mosquitto", spawnSync("mosquitto_passwd", []).error === undefined);

/** The program writes the names; the hashes of passwords that only hashes say are put in their places. */
backEndSuite({
  ...users,
  name: "back end, file of mosquitto_passwd",
  make: async (all) => {
    const file = join(temporaryFolder(), "passwords");
    writeFileSync(file, "");
    for (const { name } of all) {
      const { status, stderr } = spawnSync("mosquitto_passwd", ["-b", file, name, "x"], { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
    }
    const lines = readFileSync(file, "utf8").split("\n").filter((line) => line !== "");
    const names = lines.map((line) => line.slice(0, line.lastIndexOf(":")));
    const byName = new Map(all.map(({ name, hash }) => [name, hash]));
    writeFileSync(file, names.map((name) => `${name}:${byName.get(name) ?? ""}\n`).join(""));
    return await usersOf(file, all.map(({ name }) => name));
  },
  holds: (name) => holdsInFile(name) && !/\p{Cc}/u.test(name),
}, installed);

test(
  "back ends: what mosquitto_passwd hashes lets in with the password and no other",
  installed,
  async () => {
    const file = join(temporaryFolder(), "passwords");
    writeFileSync(file, "");
    const passwords = ["secret", "pässwörd 温", "x".repeat(100), "a:b'\"$\\`", "  "];
    for (const [i, password] of passwords.entries()) {
      for (const kind of ["sha512", "sha512-pbkdf2"]) {
        const { status, stderr } = spawnSync(
          "mosquitto_passwd",
          ["-H", kind, "-b", file, `${kind} ${i}`, password],
          { encoding: "utf8" },
        );
        assert.equal(status, 0, stderr);
      }
    }
    const kinds = ["sha512", "sha512-pbkdf2"];
    const names = passwords.flatMap((_, i) => kinds.map((kind) => `${kind} ${i}`));
    const { hook, end } = await usersOf(file, names);
    for (const [i, password] of passwords.entries()) {
      for (const kind of ["sha512", "sha512-pbkdf2"]) {
        const username = `${kind} ${i}`;
        const answer = async (text: string): Promise<unknown> =>
          await hook.onConnectAuthenticate(clientOf({ username }), {
            username,
            password: new TextEncoder().encode(text),
          });
        assert.equal(await answer(password), "allow", username);
        assert.equal(await answer(`${password} `), "deny", username);
        assert.equal(await answer(password.slice(1)), "deny", username);
      }
    }
    await end();
  },
);

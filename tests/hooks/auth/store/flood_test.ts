/** Many passwords from one address. */

import assert from "node:assert/strict";
import { pbkdf2Sync } from "node:crypto";
import { test } from "node:test";
import { StoredUsers } from "../../../../hooks/auth/access_store.ts";
import { Anonymous } from "../../../../hooks/auth/anonymous.ts";
import { passwordChecks } from "../../../../hooks/auth/passwords/checks.ts";
import { clientOf } from "../ledger/fixtures.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** It counts as slow, and is not. */
function slow(password: string): string {
  const salt = bytes("0123456789ab");
  const digest = pbkdf2Sync(password, salt, 1, 64, "sha512").toString("base64");
  return `$7$1$${btoa("0123456789ab")}$${digest}`;
}

test("access store: who guesses from one address does not keep users of another one out", async () => {
  const users = new StoredUsers();
  const store = users.open();
  for (const name of ["anna", "bert", "carl"]) await store.putUser(name, { hash: slow("right") });
  const anonymous = new Anonymous("deny", { after: [users] });
  for (const [hook, name] of [[users, "bert"], [anonymous, "carl"]] as const) {
    const flood: unknown[] = [];
    for (let i = 0; i < 1200; i++) {
      const username = hook === users ? "anna" : "nobody";
      const client = clientOf({ username, remote: "192.0.2.1:1" });
      flood.push(hook.onConnectAuthenticate(client, { username, password: bytes(`guess ${i}`) }));
    }
    assert.equal(passwordChecks.waiting, 1000);
    const client = clientOf({ username: name, remote: "192.0.2.2:1" });
    const credentials = { username: name, password: bytes("right") };
    const answer = users.onConnectAuthenticate(client, credentials);
    assert.equal(await answer, "allow");
    await Promise.all(flood);
  }
  users.close();
});

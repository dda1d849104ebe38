/** A blacklist in the format of the one that comes with comqtt, whose last rule is about `username:`. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Ledger } from "../../../../hooks/auth/ledger.ts";
import { connects, may } from "./fixtures.ts";

const file = new URL("../../../fixtures/comqtt/blacklist.yml", import.meta.url);
const blacklist = readFileSync(file, "utf8");

for (
  const [name, text] of [["", blacklist], [
    ", as Windows writes it",
    "\uFEFF" + blacklist.replaceAll("\n", "\r\n"),
  ]]
) {
  test(`ledger: comqtt's blacklist is read, and an empty name in it is anyone's${name}`, () => {
    const ledger = Ledger.parse(text!, "blacklist.yml");
    const here = "127.0.0.1:5000";
    const away = "192.0.2.1:1";
    assert.equal(connects(ledger, { remote: here }), "allow");
    assert.equal(connects(ledger, { id: "banned_7e8af7a4", remote: here }), "deny");
    assert.equal(connects(ledger, { remote: "192.0.2.66:1" }), "deny");
    assert.equal(may(ledger, "publish", "a/b", { remote: here }), "allow");
    const dashboard = { username: "dashboard", remote: away };
    assert.equal(may(ledger, "deliver", "$SYS/broker/uptime", dashboard), "allow");
    for (const username of ["", "anna", "dashboard"]) {
      assert.equal(may(ledger, "publish", "a/b", { username, remote: away }), "deny", username);
    }
    assert.equal(may(ledger, "deliver", "$SYS/broker/uptime", { username: "anna", remote: away }), "deny");
  });
}

for (
  const text of [
    "acl: [{ username: , filters: { a: 0 } }]",
    "acl: [{ filters: { a: 0 }, client:}]",
    "acl:\n  - remote:   \n    filters: { a: 0 }",
    "acl:\n  - filters: { a: 0 }\n    username:",
  ]
) {
  test(`ledger: what is left empty is anyone's in ${JSON.stringify(text)}`, () => {
    assert.equal(may(Ledger.parse(text), "publish", "a", { username: "anna" }), "deny");
  });
}

/** What the hooks of access control explain is what they answer. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { Ledger, type LedgerRules } from "../../../hooks/auth/ledger.ts";
import { Users } from "../../../hooks/auth/users.ts";
import type { Client } from "../../../src/hook/client.ts";
import type { Action, HookHost } from "../../../src/hook/hook.ts";
import { temporaryFolder } from "../../harness/folder.ts";

const client = (id: string, username = ""): Client =>
  ({ id, username, remoteAddress: "10.0.0.1:1" }) as Client;

const filter = fc.constantFrom("a", "a/b", "a/+", "a/#", "+/b", "#", "$SYS/#", "$SYS/a", "+");
const access = fc.constantFrom("deny", "read", "write", "readwrite");
const filters = fc.array(fc.tuple(filter, access), { minLength: 0, maxLength: 12 })
  .map((pairs) => new Map(pairs as [string, "deny"][]));
const rules = fc.record({
  users: fc.record({ u: fc.record({ password: fc.constantFrom("", "p"), acl: filters }) }),
  acl: fc.array(fc.record({ username: fc.constantFrom("", "u", "v"), filters }), { maxLength: 4 }),
});

test("Ledger explains: what it answers, for every topic and filter, with the rule that says so", () => {
  fc.assert(fc.property(
    rules,
    fc.constantFrom("decide" as const, "abstain" as const),
    fc.constantFrom<Action>("publish", "subscribe", "deliver", "will"),
    filter,
    (given, fallback, action, asked) => {
      const topic = action === "subscribe" ? asked : asked.replace(/[+#]/g, "x");
      const ledger = new Ledger(given as LedgerRules, { fallback });
      const who = client("c", "u");
      const said = ledger.onExplain(who, action, topic);
      assert.equal(said.answer, ledger.onAclCheck(who, action, topic));
      if (said.rule === undefined) return;
      assert.ok(said.neighbours!.some(({ where }) => where === said.rule!.where));
      const denies = said.rule.text.startsWith("deny");
      if (said.answer === "allow") assert.ok(!denies);
    },
  ));
});

test("Ledger explains: file, line and column of the filter, and its neighbours", () => {
  const text =
    'acl:\n  - username: u\n    filters:\n      "a/+/c": write\n      "a/b/#": deny\n      "#": read\n';
  const ledger = Ledger.parse(text, "access.yml");
  const said = ledger.onExplain(client("c", "u"), "publish", "a/b/d");
  assert.deepEqual(said, {
    answer: "deny",
    rule: { where: "access.yml:5:7", text: 'deny "a/b/#" for user "u"' },
    neighbours: [
      { where: "access.yml:4:7", text: 'write "a/+/c" for user "u"' },
      { where: "access.yml:5:7", text: 'deny "a/b/#" for user "u"' },
      { where: "access.yml:6:7", text: 'read "#" for user "u"' },
    ],
  });
});

test("Ledger explains: who would connect, and never a password", () => {
  const ledger = new Ledger({
    users: { anna: { password: "sesame" }, gone: { password: "sesame", disallow: true } },
    auth: [{ client: "open*", allow: true }, { username: "eve", allow: false }],
  });
  const said = (id: string, name: string): unknown[] => {
    const { answer, rule } = ledger.onExplain(client(id, name), "connect", "");
    return [answer, rule?.where, rule?.text];
  };
  assert.deepEqual(said("c", "anna"), ["credentials", "users.anna", 'let in user "anna" with a password']);
  assert.deepEqual(said("c", "gone"), ["deny", "users.gone", 'refuse user "gone" with a password']);
  assert.deepEqual(said("open1", ""), ["allow", "auth[0]", 'let in client "open*" with any password']);
  assert.deepEqual(said("c", "eve"), ["deny", "auth[1]", 'refuse user "eve" with any password']);
  assert.deepEqual(said("c", "__proto__"), ["deny", undefined, undefined]);
  const unknown = new Ledger({}, { fallback: "abstain" });
  assert.equal(unknown.onExplain(client("c"), "connect", "").answer, undefined);
});

test("Users explain: the line of the user", async () => {
  const file = join(temporaryFolder(), "users");
  const hash = "$7$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A".repeat(86) + "==";
  writeFileSync(file, `# who\nanna:${hash}\nbob:${hash}\n`);
  const users = new Users({ file, interval: 0 });
  await users.init({} as HookHost);
  const said = users.onExplain(client("c", "bob"), "connect");
  assert.deepEqual([said?.answer, said?.rule], [
    "credentials",
    { where: `${file}:3`, text: 'user "bob" with a password' },
  ]);
  const nobody = users.onExplain(client("c", "eve"), "connect");
  assert.equal(nobody?.answer, undefined);
  assert.match(nobody!.detail!, /^the user is not in "/);
  assert.equal(users.onExplain(client("c", "bob"), "publish"), undefined);
});

test("AllowAll explains: everything is allowed", () => {
  assert.equal(new AllowAll().onExplain().answer, "allow");
});

/** What each hook of access control explains is what it answers. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { StoredUsers } from "../../../../hooks/auth/access_store.ts";
import { Acl, type AclRule } from "../../../../hooks/auth/acl.ts";
import { Anonymous } from "../../../../hooks/auth/anonymous.ts";
import { Blacklist } from "../../../../hooks/auth/blacklist.ts";
import { LetIn } from "../../../../hooks/auth/frame/let_in.ts";
import { OwnTopics } from "../../../../hooks/auth/frame/own_topics.ts";
import { Ledger, type LedgerRules } from "../../../../hooks/auth/ledger.ts";
import { Users } from "../../../../hooks/auth/users.ts";
import type {
  Action,
  Client,
  ConnectingClient,
  ConnectOpinion,
  Explained,
  Hook,
  HookHost,
} from "../../../../src/hook/hook.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { clientOf } from "../ledger/fixtures.ts";
import { quick } from "../store/fixtures.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const NAMES = ["", "u", "v", "gone", "off", "$x", "a/b", "+", "__proto__"] as const;
const name = fc.constantFrom(...NAMES);
const filter = fc.constantFrom(
  "a",
  "a/b",
  "a/+",
  "a/#",
  "+/b",
  "#",
  "+",
  "$SYS/#",
  "%u/#",
  "a/%c",
  "%c",
  "u/b",
);
const asked = fc.constantFrom(
  "a",
  "a/b",
  "a/+",
  "a/#",
  "+/b",
  "#",
  "u/b",
  "$x/b",
  "$SYS/a",
  "c",
  "$share/g/a/b",
);
const access = fc.constantFrom("deny" as const, "read" as const, "write" as const, "readwrite" as const);
const action = fc.constantFrom<Action>("publish", "subscribe", "deliver", "will");
const who = fc.constantFrom<AclRule["who"]>(
  {},
  { user: "u" },
  { user: "u*" },
  { client: "c" },
  { anonymous: true },
  { group: "g" },
);
const aclRules = fc.array(fc.record({ who, access, filter }), { maxLength: 10 }) as fc.Arbitrary<AclRule[]>;
const question = fc.record({ username: name, id: fc.constantFrom("c", "d", "$x", "+"), action, asked });
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

/** One of `deliver` or `publish` is about a topic. */
function topicOf({ action, asked }: Question): string {
  return action === "subscribe" ? asked : asked.replace(/^\$share\/g\//, "").replace(/[+#]/g, "x");
}

function same(hook: Hook, client: Client, asked: Question): void {
  const topic = topicOf(asked);
  const said = hook.onExplain!(client, asked.action, topic);
  const answer = hook.onAclCheck!(client, asked.action, topic);
  assert.ok(said !== undefined, "nothing is explained");
  assert.equal(said.answer, answer);
  wellFormed(said);
  const again = hook.onExplain!(client, asked.action, topic);
  assert.deepEqual(again, said);
  assert.equal(hook.onAclCheck!(client, asked.action, topic), answer);
}

function wellFormed({ answer, rule, neighbours = [], detail }: Explained): void {
  assert.ok(rule !== undefined || detail !== undefined || answer === undefined, "no reason");
  if (rule === undefined) return;
  if (neighbours.length > 0) assert.ok(neighbours.some((one) => one.where === rule.where));
  assert.ok(neighbours.length <= 5);
  if (answer === "allow") assert.ok(!rule.text.startsWith("deny"), rule.text);
}

const runs = { numRuns: 400 };
const groups = { g: ["u", "__proto__"] };

for (const order of ["first", "longest"] as const) {
  for (const fallback of ["abstain", "deny"] as const) {
    test(`explain: an acl says what it answers and names a rule, order ${order}, fallback ${fallback}`, () => {
      fc.assert(
        fc.property(aclRules, question, (rules, asked) => {
          const acl = new Acl(rules, { order, fallback, groups });
          const client = clientOf(asked);
          same(acl, client, asked);
          const decided = acl.decide(client, asked.action, topicOf(asked));
          const said = acl.onExplain(client, asked.action, topicOf(asked));
          assert.equal(said?.rule?.where, decided?.rule?.where);
        }),
        runs,
      );
    });
  }
}

test("explain: an acl shows whom its rules are about, and has nothing to say of connecting", () => {
  const rules: AclRule[] = [
    { who: { user: "u", client: "c*" }, access: 1, filter: "a" },
    { who: { group: "g" }, access: 2, filter: "b" },
    { access: 0, filter: "#", where: "acl.yml:9" },
  ];
  const acl = new Acl(rules, { groups });
  assert.equal(acl.onExplain(clientOf({ id: "c1" }), "connect", ""), undefined);
  const said = acl.onExplain(clientOf({ id: "c1", username: "u" }), "publish", "x/y");
  assert.deepEqual(said, {
    answer: "deny",
    rule: { where: "acl.yml:9", text: 'deny "#" for everyone' },
    neighbours: [
      { where: "rules[0]", text: 'read "a" for client "c*", user "u"' },
      { where: "rules[1]", text: 'write "b" for group "g"' },
      { where: "acl.yml:9", text: 'deny "#" for everyone' },
    ],
  });
});

const LINES = [
  "topic read a/b",
  "user u",
  "topic write a/#",
  "topic deny a/b",
  "topic readwrite $SYS/#",
  "user v",
  "topic +/b",
  "pattern read %u/#",
  "pattern write a/%c",
  "pattern deny a/x",
];

for (const subscribe of ["grant", "refuse"] as const) {
  test(`explain: a file of mosquitto says what it answers and names the line, subscriptions ${subscribe}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(LINES),
        fc.array(question, { minLength: 20, maxLength: 20 }),
        async (lines, all) => {
          const file = join(temporaryFolder(), "acl");
          writeFileSync(file, lines.join("\n"));
          for (const fallback of ["deny", "abstain"] as const) {
            const acl = Acl.mosquitto(file, { subscribe, fallback, interval: 0 });
            await acl.reload();
            for (const asked of all) {
              const client = clientOf(asked);
              same(acl, client, asked);
              const said = acl.onExplain(client, asked.action, topicOf(asked));
              if (said?.rule === undefined) continue;
              const number = Number(said.rule.where.slice(file.length + 1).split(":")[0]);
              assert.ok(said.rule.where.startsWith(`${file}:`));
              assert.match(lines[number - 1]!, /^(topic|pattern)/);
              const user = lines.slice(0, number).findLast((line) => line.startsWith("user "))?.slice(5);
              const expected = lines[number - 1]!.startsWith("pattern")
                ? "for everyone"
                : user === undefined
                ? "for clients without a user name"
                : `for user "${user}"`;
              assert.ok(said.rule.text.endsWith(expected), `${said.rule.text}: ${expected}`);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });
}

test("explain: rules for the clients of one back end say what they answer, and nothing of others", () => {
  fc.assert(
    fc.property(aclRules, question, fc.boolean(), (rules, asked, its) => {
      const letIn = new LetIn(() => false);
      const own = new OwnTopics(letIn, new Acl(rules, { groups }));
      const client = clientOf(asked);
      if (its) letIn.note(client);
      same(own, client, asked);
      const { detail } = own.onExplain(client, asked.action, topicOf(asked)) as Explained;
      if (!its) assert.equal(detail, "it has not let the client in");
    }),
    runs,
  );
});

test("explain: the end of the chain says what it answers, of topics and of who may come", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom("allow" as const, "deny" as const), aclRules.map(withoutGroups)),
      question,
      fc.boolean(),
      (given, asked, comes) => {
        const end = new Anonymous(given);
        const client = { ...clientOf(asked), connectedAt: 1 };
        const said = end.onExplain(client, "connect", "");
        const nobody = { username: null, password: null };
        if (comes) {
          assert.equal(said.answer, end.onConnectAuthenticate(client as ConnectingClient, nobody));
        }
        same(end, client, asked);
      },
    ),
    runs,
  );
});

function withoutGroups(rules: readonly AclRule[]): AclRule[] {
  return rules.map((rule) => rule.who?.group === undefined ? rule : { ...rule, who: {} });
}

// --- ledger and blacklist ---

const filters = fc.array(
  fc.tuple(filter.filter((one) => !one.includes("%")), access),
  { maxLength: 8 },
).map((pairs) => new Map(pairs as [string, "deny"][]));
const password = fc.constantFrom("", "p", "p*", quick("p"));
const ledgerRules = fc.record({
  users: fc.record({
    u: fc.record({ password: fc.constantFrom("", "p", quick("p")), acl: filters }),
    gone: fc.record({ password: fc.constantFrom("", "p", quick("p")), disallow: fc.constant(true) }),
  }),
  auth: fc.array(
    fc.record({
      username: fc.constantFrom("", "u", "v", "g*"),
      client: fc.constantFrom("", "c"),
      password,
      allow: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  acl: fc.array(fc.record({ username: fc.constantFrom("", "u", "v"), filters }), { maxLength: 4 }),
}) as unknown as fc.Arbitrary<LedgerRules>;

const PASSWORDS = [null, "", "p", "px", "q"];

/** What it says of connecting holds for every password. */
async function sameForAll(hook: Hook, client: Client): Promise<void> {
  const said = hook.onExplain!(client, "connect", "") as Explained;
  wellFormed(said);
  const answers = new Set<string | undefined>();
  for (const one of PASSWORDS) {
    const given = { username: client.username, password: one === null ? null : bytes(one) };
    const answer = await hook.onConnectAuthenticate!(
      { ...client } as ConnectingClient,
      given,
    ) as ConnectOpinion;
    answers.add(typeof answer === "object" ? "deny" : answer);
  }
  if (said.answer === "credentials") return;
  assert.deepEqual([...answers], [said.answer], JSON.stringify(said));
}

for (const fallback of ["decide", "abstain"] as const) {
  for (const topics of ["everyone", "let-in"] as const) {
    test(`explain: a ledger says what it answers, fallback ${fallback}, topics ${topics}`, async () => {
      await fc.assert(
        fc.asyncProperty(ledgerRules, question, fc.boolean(), async (rules, asked, its) => {
          const ledger = new Ledger(rules, { fallback, topics });
          const client = { ...clientOf(asked), connectedAt: 1 };
          await sameForAll(ledger, client);
          if (its) ledger.letIn.note(client);
          same(ledger, client, asked);
        }),
        runs,
      );
    });
  }
}

test("explain: a blacklist says what it answers, of topics and of connecting", async () => {
  await fc.assert(
    fc.asyncProperty(ledgerRules, question, async (rules, asked) => {
      const list = new Blacklist(rules);
      const client = clientOf(asked);
      await sameForAll(list, client);
      same(list, client, asked);
      const refusal = list.onConnectAuthenticate(client);
      const { reason } = list.onExplain(client, "connect", "");
      assert.equal(reason, typeof refusal === "object" ? refusal.refuse : undefined);
    }),
    runs,
  );
});

test("explain: a file of users says what it answers", async () => {
  const file = join(temporaryFolder(), "users");
  writeFileSync(file, `u:${quick("p")}\n__proto__:${quick("q")}\n`);
  const users = new Users({ file, interval: 0, disguise: false });
  await users.init({} as HookHost);
  for (const username of NAMES) await sameForAll(users, clientOf({ username }));
});

// --- the store ---

const storedRules = fc.array(
  fc.record({ access, filter, exact: fc.boolean() }),
  { maxLength: 6 },
);

test("explain: a store says what it answers, and names the row of a user or a role", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("first" as const, "longest" as const),
      storedRules,
      storedRules,
      fc.record({ superuser: fc.boolean(), enabled: fc.boolean(), hash: fc.constantFrom(null, quick("p")) }),
      fc.array(question, { minLength: 10, maxLength: 10 }),
      async (order, own, roles, user, all) => {
        const users = new StoredUsers();
        const store = users.open();
        await store.setOrder(order);
        await store.putRole("r", { rules: roles });
        await store.putUser("u", { hash: quick("p"), rules: own, roles: ["r"] });
        await store.putUser("v", { ...user, rules: own });
        await store.putUser("off", { hash: quick("p"), enabled: false });
        for (const asked of all) {
          const client: Client = { ...clientOf(asked), connectedAt: 1 };
          await sameForAll(users, client);
          for (const one of [client, { ...client, connectedAt: 0 }]) {
            await users.onConnectAuthenticate(one as ConnectingClient, {
              username: one.username,
              password: bytes("p"),
            });
            same(users, one, asked);
            const { rule } = users.onExplain(one, asked.action, topicOf(asked));
            if (rule !== undefined) assert.match(rule.where, /^(user "[uv]"(, rule \d)?|role "r", rule \d)$/);
          }
        }
        users.close();
      },
    ),
    { numRuns: 60 },
  );
});

test("explain: a store says why a user may not come: disabled, without a password, too many connections", async () => {
  const users = new StoredUsers();
  const store = users.open();
  assert.equal(
    users.onExplain(clientOf({ username: "x" }), "connect", "").detail,
    "the user is not in the store",
  );
  await store.putUser("off", { hash: quick("p"), enabled: false });
  await store.putUser("none", { hash: null });
  await store.putUser("few", { hash: quick("p"), limits: { connections: 1 } });
  const said = (username: string): Explained => users.onExplain(clientOf({ username }), "connect", "");
  assert.deepEqual(said("off"), { answer: "deny", rule: { where: 'user "off"', text: "is disabled" } });
  assert.deepEqual(said("none"), { answer: "deny", rule: { where: 'user "none"', text: "has no password" } });
  assert.equal(said("few").answer, "credentials");
  const other = clientOf({ id: "other", username: "few" });
  const given = { username: "few", password: bytes("p") };
  assert.equal(await users.onConnectAuthenticate(other, given), "allow");
  users.onSessionEstablished(other);
  const full = said("few");
  assert.deepEqual([full.answer, full.reason?.code], ["deny", 0x97]);
  const answer = await users.onConnectAuthenticate(clientOf({ username: "few" }), given);
  assert.deepEqual(answer, { refuse: full.reason });
  users.close();
});

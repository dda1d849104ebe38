/** What every hook that knows users has to get right, whatever it keeps them in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { BackEnd } from "../../../../hooks/auth/frame/back_end.ts";
import { hashPassword } from "../../../../hooks/auth/passwords/parse.ts";
import type { ConnectingClient, ConnectOpinion, Hook } from "../../../../src/hook/hook.ts";
import type { Needed } from "../../../harness/needs.ts";
import { TestBroker, versions } from "../../../harness/mod.ts";
import { clientOf } from "../ledger/fixtures.ts";
import { vectors } from "../passwords/vectors.ts";
import { nastyNames } from "../rules/nasty.ts";
import { quick } from "../store/fixtures.ts";

/** A user, with the hash of the password as it is stored. */
export interface Kept {
  readonly name: string;
  readonly hash: string;
}

export interface Made {
  readonly hook: BackEnd & Required<Pick<Hook, "onConnectAuthenticate" | "onExplain">>;
  end(): void | Promise<void>;
}

export interface BackEndCase {
  readonly name: string;
  /** With these users alone, started. Rejects for one it cannot hold. */
  make(users: readonly Kept[]): Promise<Made>;
  /** It can keep a user of that name. */
  holds(name: string): boolean;
  /** What is answered for a user whose password is empty in what it keeps; null: it cannot be kept. */
  readonly withoutPassword: ConnectOpinion | null;
}

const encoder = new TextEncoder();
const bytes = (text: string): Uint8Array => encoder.encode(text);

type Ask = (
  name: string | null,
  password: string | Uint8Array | null,
  id?: string,
) => Promise<ConnectOpinion>;

function asking(hook: Made["hook"]): Ask {
  return async (name, given, id = "c") => {
    const password = typeof given === "string" ? bytes(given) : given;
    const client = clientOf({ id, username: name ?? "" }) as ConnectingClient;
    return await hook.onConnectAuthenticate(client, { username: name, password });
  };
}

/** Passwords that are nearly that one, and are not. */
function nearly(password: Uint8Array): Uint8Array[] {
  const last = password.length - 1;
  const changed = Uint8Array.from(password, (byte, i) => i === last ? byte ^ 1 : byte);
  return [
    changed,
    password.subarray(0, last),
    Uint8Array.of(...password, 0),
    Uint8Array.of(...password, 32),
    Uint8Array.of(...password, 10),
    Uint8Array.of(32, ...password),
  ];
}

function trimmed(password: Uint8Array): Uint8Array {
  const end = password.findLastIndex((byte) => byte !== 0);
  return password.subarray(0, end + 1);
}

const hex = (some: Uint8Array): string =>
  `${Array.from(some.subarray(0, 8), (byte) => byte.toString(16)).join(" ")} (${some.length})`;

/** Names nobody has, near to those of "anna" and "*". */
const OTHERS = [
  "Anna",
  "ANNA",
  "anna ",
  " anna",
  "anna\t",
  "anna\0",
  "anna\0x",
  "ann",
  "annaa",
  "an*",
  "a*",
  "+",
  "#",
  "%u",
  "",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "'",
  '"',
  "' OR '1'='1",
  "anna' --",
  "*)(uid=*",
  "\ufeffanna",
  "\ud83e",
  "\ufffd",
  "x".repeat(65_535),
];

export function backEndSuite(one: BackEndCase, needed: Needed = {}): void {
  const check = (what: string, run: (one: BackEndCase) => Promise<void>): void => {
    test(`${one.name}: ${what}`, needed, () => run(one));
  };
  check("a user with the right password is let in, with a wrong one refused for good", answers);
  check("of a name nobody has there is no opinion, however near it is to another", unknown);
  check("each name is its own, quotes, wildcards and names of prototypes too", names);
  check("each kind of hash is checked, for bytes of all kinds, NUL and no UTF-8 too", hashes);
  check("passwords of more than 72 bytes and of 64 KB count to their last byte", long);
  check("nobody is let in because a password was never filled in", empty);
  check("it explains what it answers", explained);
  for (const version of versions) {
    check(
      `through the broker, with MQTT version ${version}`,
      (given) => throughBroker(given, version),
    );
  }
}

async function using(one: BackEndCase, users: readonly Kept[], run: (ask: Ask, made: Made) => Promise<void>) {
  const made = await one.make(users);
  try {
    await run(asking(made.hook), made);
  } finally {
    await made.end();
  }
}

async function answers(one: BackEndCase): Promise<void> {
  const slow = await hashPassword("secret");
  for (const hash of [quick("secret"), slow]) {
    await using(one, [{ name: "anna", hash }, { name: "bert", hash: quick("geheim") }], async (ask) => {
      assert.equal(await ask("anna", "secret"), "allow");
      assert.equal(await ask("anna", "geheim"), "deny");
      assert.equal(await ask("anna", ""), "deny");
      assert.equal(await ask("anna", null), "deny");
      assert.equal(await ask("anna", hash), "deny");
      for (const near of nearly(bytes("secret"))) assert.equal(await ask("anna", near), "deny", hex(near));
      assert.equal(await ask("anna", "secret"), "allow");
      assert.equal(await ask("bert", "geheim"), "allow");
      assert.equal(await ask("bert", "secret"), "deny");
    });
  }
}

async function unknown(one: BackEndCase): Promise<void> {
  await using(
    one,
    [{ name: "anna", hash: quick("secret") }, { name: "*", hash: quick("star") }],
    async (ask) => {
      for (const name of OTHERS) {
        for (const password of ["secret", "star", "", null, quick("secret")]) {
          assert.equal(await ask(name, password), undefined, JSON.stringify(name.slice(0, 20)));
        }
      }
      assert.equal(await ask(null, null), undefined);
      assert.equal(await ask(null, "secret"), undefined);
      // (A client id is no name.)
      assert.equal(await ask("zoe", "secret", "anna"), undefined);
    },
  );
}

async function names(one: BackEndCase): Promise<void> {
  const all = [...nastyNames.map(({ name }) => name), ...OTHERS.filter((name) => name.length < 100)];
  const distinct = [...new Set(all)];
  const held = distinct.filter((name) => one.holds(name));
  assert.ok(held.length > 30);
  for (const name of distinct) {
    if (one.holds(name)) continue;
    await assert.rejects(
      async () => await (await one.make([{ name, hash: quick("x") }])).end(),
      Error,
      `${JSON.stringify(name)} is kept`,
    );
  }
  await using(one, held.map((name, i) => ({ name, hash: quick(`p${i}`) })), async (ask) => {
    for (const [i, name] of held.entries()) {
      const shown = JSON.stringify(name.slice(0, 20));
      assert.equal(await ask(name, `p${i}`), "allow", shown);
      assert.equal(await ask(name, `p${i + 1}`), "deny", shown);
      assert.equal(await ask(name, null), "deny", shown);
    }
    for (const name of distinct) {
      if (!held.includes(name)) assert.equal(await ask(name, "p0"), undefined, JSON.stringify(name));
    }
  });
}

async function hashes(one: BackEndCase): Promise<void> {
  const users = vectors.map(({ hash }, i) => ({ name: `user ${i}`, hash }));
  await using(one, users, async (ask) => {
    for (const [i, { who, password, hash }] of vectors.entries()) {
      const name = `user ${i}`;
      // (bcrypt has none of NUL, and nothing beyond 72 bytes.)
      const bcrypt = hash.startsWith("$2");
      if (!(bcrypt && password.includes(0))) {
        assert.equal(await ask(name, password), "allow", `${who}: ${hex(password)}`);
      }
      // (HMAC, which PBKDF2 and scrypt are made of, takes no note of zero bytes at the end of a short password.)
      const other = (one: Uint8Array): boolean =>
        !/^\$(7|pbkdf2|scrypt)/.test(hash) || hex(trimmed(one)) !== hex(trimmed(password));
      const near = bcrypt && password.length >= 72
        ? [password.subarray(0, 71)]
        : nearly(password).filter(other);
      // (One of them for each: they take long on purpose.)
      const wrong = near[i % near.length]!;
      assert.equal(await ask(name, wrong), "deny", `${who}: ${hex(password)} is not ${hex(wrong)}`);
      if (trimmed(password).length > 0) assert.equal(await ask(name, ""), "deny");
      assert.equal(await ask(name, hash), "deny", `${who}: the hash is no password`);
    }
  });
}

async function long(one: BackEndCase): Promise<void> {
  for (const size of [72, 73, 74, 255, 65_535]) {
    const password = Uint8Array.from({ length: size }, (_, i) => (i * 7 + 1) & 255);
    const last = Uint8Array.from(password, (byte, i) => i === size - 1 ? byte ^ 1 : byte);
    for (const hash of [quick(password), await hashPassword(password)]) {
      await using(one, [{ name: "anna", hash }], async (ask) => {
        assert.equal(await ask("anna", last), "deny", `${size}`);
        assert.equal(await ask("anna", password), "allow", `${size}`);
        assert.equal(await ask("anna", password.subarray(0, Math.min(72, size - 1))), "deny", `${size}`);
        assert.equal(await ask("anna", last), "deny", `${size}`);
      });
    }
  }
}

async function empty(one: BackEndCase): Promise<void> {
  const users = [{ name: "anna", hash: "" }, { name: "bert", hash: quick("geheim") }];
  if (one.withoutPassword === null) {
    await assert.rejects(async () => await (await one.make(users)).end());
    return;
  }
  await using(one, users, async (ask) => {
    for (const password of [null, "", "\0", "x"]) {
      assert.equal(await ask("anna", password), one.withoutPassword);
    }
    assert.equal(await ask("bert", "geheim"), "allow");
  });
}

async function explained(one: BackEndCase): Promise<void> {
  await using(one, [{ name: "anna", hash: quick("secret") }], async (ask, { hook }) => {
    for (const name of ["anna", ...OTHERS]) {
      const { answer, rule } = hook.onExplain(clientOf({ username: name }), "connect", "") ?? {};
      assert.equal(answer, await ask(name, "secret") === undefined ? undefined : "credentials", name);
      assert.equal(rule !== undefined, name === "anna");
      assert.ok(!JSON.stringify(rule ?? "").includes("$6$"));
    }
  });
}

async function throughBroker(one: BackEndCase, version: 4 | 5): Promise<void> {
  const password = Uint8Array.from({ length: 65_535 }, (_, i) => i & 255);
  const users = [
    { name: "anna", hash: quick("secret") },
    { name: "long", hash: quick(password) },
    { name: "bytes", hash: quick(Uint8Array.of(0xff, 0xfe, 0, 0x80)) },
  ];
  const { hook, end } = await one.make(users);
  const asked: string[] = [];
  const next: Hook = {
    id: "next",
    onConnectAuthenticate: ({ username }) => {
      asked.push(username);
      return "allow";
    },
    onAclCheck: () => "allow",
  };
  try {
    await using t = new TestBroker({ hooks: [hook, next], limits: { connectPacketSize: 1 << 17 } });
    const refused = version === 5 ? 0x86 : 4;
    const code = async (username: string | null, given: Uint8Array | null): Promise<number> => {
      const client = t.client(version);
      const { reasonCode } = await client.connect({ username, password: given });
      client.close();
      return reasonCode;
    };
    assert.equal(await code("anna", bytes("secret")), 0);
    assert.equal(await code("long", password), 0);
    assert.equal(await code("bytes", Uint8Array.of(0xff, 0xfe, 0, 0x80)), 0);
    assert.equal(await code("anna", bytes("wrong")), refused);
    assert.equal(await code("anna", new Uint8Array()), refused);
    assert.equal(await code("anna", null), refused);
    assert.equal(await code("long", password.subarray(0, 65_534)), refused);
    assert.equal(await code("bytes", Uint8Array.of(0xff, 0xfe)), refused);
    assert.deepEqual(asked, []);
    assert.equal(await code("Anna", bytes("secret")), 0);
    assert.equal(await code("__proto__", bytes("secret")), 0);
    assert.equal(await code(null, null), 0);
    assert.deepEqual(asked, ["Anna", "__proto__", ""]);
    // A name that is no UTF-8, or has U+0000 in it, comes from nobody.
    for (const bad of [[0x61, 0x00], [0xff, 0xfe], [0xed, 0xa0, 0x80]]) {
      const client = t.client(version);
      const name = [0, bad.length, ...bad];
      const body = [
        0,
        4,
        77,
        81,
        84,
        84,
        version,
        0x82,
        0,
        60,
        ...(version === 5 ? [0] : []),
        0,
        1,
        99,
        ...name,
      ];
      client.sendBytes([0x10, body.length, ...body]);
      if (version === 5) assert.equal((await client.expect(2)).reasonCode, 0x81);
      await client.gone();
    }
    assert.equal(asked.length, 3);
  } finally {
    await end();
  }
}

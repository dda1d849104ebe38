/** The same clients at mosquitto and at this program with mosquitto's configuration as `config migrate` writes it. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { needed, run } from "./mosquitto.ts";
import { freePort, MosquittoBroker, needed as brokerNeeded } from "./mosquitto_broker.ts";

interface Someone {
  readonly id: string;
  readonly name?: string;
  readonly password?: string;
}

const CLIENTS: readonly Someone[] = [
  { id: "anna", name: "anna", password: "right" },
  { id: "anna-again", name: "anna", password: "wrong" },
  { id: "anna-bare", name: "anna" },
  { id: "bert", name: "bert", password: "right" },
  { id: "ghost", name: "ghost", password: "right" },
  { id: "nobody" },
];

/** Its name is in no file of passwords. */
const UNKNOWN = "ghost";
const WITNESS: Someone = { id: "witness", name: "witness", password: "right" };

const RULES = `topic read public/#
topic write drop
user anna
topic readwrite home/#
topic deny home/secret
user bert
topic read home/#
user ghost
topic readwrite ghost
user witness
topic readwrite #
pattern readwrite dev/%u/#
pattern write id/%c
`;

const TOPICS: readonly string[] = [
  ...["public/a", "drop", "home", "home/a", "home/secret", "ghost", "else"],
  ...["dev/anna/x", "dev/bert/x", "dev/ghost/x", "id/anna", "id/ghost", "id/nobody"],
];

/** What each client may do on a listener: `write TOPIC`, `read TOPIC`; null: it is not let in. */
type Seen = ReadonlyMap<string, readonly string[] | null>;

let folder = "";
before(async () => {
  if ("skip" in both) return;
  folder = temporaryFolder();
  writeFileSync(join(folder, "acl"), RULES);
  for (const [file, names] of [["users", ["anna", "bert", "witness"]], ["others", ["ghost"]]] as const) {
    for (const [i, name] of names.entries()) {
      const made = i === 0 ? ["-c"] : [];
      const { code, errors } = await run("mosquitto_passwd", [
        ...made,
        "-b",
        join(folder, file),
        name,
        "right",
      ]);
      assert.equal(code, 0, errors);
    }
  }
});

const both = { ...needed, ...brokerNeeded };

function asked(port: number, { id, name, password }: Someone): string[] {
  return [
    ...["-h", "127.0.0.1", "-p", String(port), "-i", id],
    ...(name === undefined ? [] : ["-u", name]),
    ...(password === undefined ? [] : ["-P", password]),
  ];
}

/** Null: not let in. */
async function mayPublish(port: number, who: Someone, topic: string): Promise<boolean | null> {
  const args = [...asked(port, who), "-V", "5", "-q", "1", "-r", "-t", topic, "-m", "x"];
  const { code, errors } = await run("mosquitto_pub", args);
  return code !== 0 ? null : !/failed/.test(errors);
}

async function rightsOf(port: number, who: Someone): Promise<string[] | null> {
  const rights: string[] = [];
  for (const topic of TOPICS) {
    const answer = await mayPublish(port, who, topic);
    if (answer === null) return null;
    if (answer) rights.push(`write ${topic}`);
  }
  const { output } = await run("mosquitto_sub", [
    ...asked(port, who),
    ...["-V", "311", "-t", "#", "-F", "read %t", "-W", "1"],
  ]);
  // (What others say meanwhile comes as well.)
  return [...rights, ...new Set(output.split("\n").filter((line) => line !== ""))].toSorted();
}

/** `first`: where the witness may say something in each topic. */
async function seenAt(first: number, ports: readonly number[]): Promise<Map<number, Seen>> {
  for (const topic of TOPICS) assert.equal(await mayPublish(first, WITNESS, topic), true, topic);
  const seen = new Map<number, Map<string, string[] | null>>();
  for (const port of ports) {
    const rights = await Promise.all(
      CLIENTS.map(async (who) => [who.id, await rightsOf(port, who)] as const),
    );
    seen.set(port, new Map(rights));
  }
  return seen;
}

interface Case {
  /** Lines, given the ports. */
  readonly conf: (ports: readonly number[], folder: string) => string;
  readonly listeners: number;
  /** Where the same may be done by the same clients: on these listeners; on others nothing more may be. */
  readonly same: readonly number[];
  /** Its name is of no use, and whoever says none is let in. */
  readonly unknownIsNobody?: boolean;
  /** Of the listeners here. */
  readonly open: readonly number[];
}

const cases: readonly (readonly [string, Case])[] = [
  ["users and rules", {
    conf: ([a], at) =>
      `allow_anonymous false\nlistener ${a} 127.0.0.1\npassword_file ${at}/users\nacl_file ${at}/acl\n`,
    ...{ listeners: 1, same: [0], open: [0] },
  }],
  ["users", {
    conf: ([a], at) => `listener ${a} 127.0.0.1\npassword_file ${at}/users\n`,
    ...{ listeners: 1, same: [0], open: [0] },
  }],
  ["rules for names that nobody checks", {
    conf: ([a], at) => `listener ${a} 127.0.0.1\nallow_anonymous true\nacl_file ${at}/acl\n`,
    ...{ listeners: 1, same: [0], open: [0] },
  }],
  ["users, rules, and whoever has no name", {
    conf: ([a], at) =>
      `listener ${a} 127.0.0.1\nallow_anonymous true\npassword_file ${at}/users\nacl_file ${at}/acl\n`,
    ...{ listeners: 1, same: [0], open: [0], unknownIsNobody: true },
  }],
  ["users, and whoever has no name", {
    conf: ([a], at) => `listener ${a} 127.0.0.1\nallow_anonymous true\npassword_file ${at}/users\n`,
    ...{ listeners: 1, same: [0], open: [0], unknownIsNobody: true },
  }],
  ["one listener with users and rules, one for everybody", {
    conf: ([a, b], at) =>
      `per_listener_settings true\nlistener ${a} 127.0.0.1\npassword_file ${at}/users\nacl_file ${at}/acl\n` +
      `listener ${b} 127.0.0.1\nallow_anonymous true\n`,
    ...{ listeners: 2, same: [0], open: [0, 1] },
  }],
  ["one listener with users, one with rules for everybody", {
    conf: ([a, b], at) =>
      `per_listener_settings true\nlistener ${a} 127.0.0.1\npassword_file ${at}/users\n` +
      `listener ${b} 127.0.0.1\nallow_anonymous true\nacl_file ${at}/acl\n`,
    ...{ listeners: 2, same: [], open: [0, 1] },
  }],
  ["one listener with users, one with others", {
    conf: ([a, b], at) =>
      `per_listener_settings true\nlistener ${a} 127.0.0.1\npassword_file ${at}/users\n` +
      `listener ${b} 127.0.0.1\nallow_anonymous true\npassword_file ${at}/others\n`,
    ...{ listeners: 2, same: [0], open: [0] },
  }],
];

async function ports(count: number): Promise<number[]> {
  return await Promise.all(Array.from({ length: count }, () => freePort()));
}

async function theirs({ conf, listeners }: Case): Promise<Seen[]> {
  const at = await ports(listeners);
  // (Started by root it would become somebody who may not read the files.)
  await using _broker = await MosquittoBroker.startWith(at[0]!, `user root\n${conf(at, folder)}`);
  return [...(await seenAt(at[0]!, at)).values()];
}

async function ours({ conf, listeners, open }: Case): Promise<Seen[]> {
  const at = await ports(listeners);
  const place = temporaryFolder();
  writeFileSync(join(place, "m.conf"), conf(at, folder));
  const made = await Program.run(["config", "migrate", "m.conf", "--out", "c.yml"], { folder: place });
  assert.equal(made.code, 0, made.errors);
  // (Those with wrong passwords would soon have to wait.)
  const quick = ["--abuse-user-failures", "0", "--abuse-take-overs", "0", "--abuse-reconnects", "0"];
  await using program = await Program.start(["--conf", "c.yml", ...quick], { folder: place });
  assert.deepEqual(
    [...program.output.matchAll(/^ {2}tcp +127\.0\.0\.1:(\d+)/gm)].map(([, port]) =>
      at.indexOf(Number(port))
    ),
    [...open],
  );
  return [...(await seenAt(at[0]!, at)).values()];
}

for (const [what, one] of cases) {
  test(`migrated: ${what}: clients may do what they may do at mosquitto`, both, async () => {
    const [there, here] = await Promise.all([theirs(one), ours(one)]);
    for (const [i, seen] of there.entries()) {
      // What is compared is not that nobody may do anything.
      assert.ok([...seen.values()].some((rights) => (rights ?? []).length > 3));
      for (const { id } of CLIENTS) {
        const [before, after] = [seen.get(id)!, here[i]!.get(id)!];
        const unknown = one.unknownIsNobody === true && id === UNKNOWN;
        if (one.same.includes(i) && !unknown) assert.deepEqual(after, before, `${id} on ${i}`);
        const asNobody = unknown ? withId(seen.get("nobody")!, id) : before;
        for (const right of after ?? []) assert.ok(asNobody?.includes(right), `${id} on ${i}: ${right}`);
      }
    }
  });
}

/** What whoever has no name may do, if it calls itself that. */
function withId(rights: readonly string[] | null, id: string): string[] | null {
  return rights === null ? null : [...rights, `write id/${id}`];
}

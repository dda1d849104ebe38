/** mosquitto's rules: the same file, the same clients, the same messages, and what mosquitto itself lets through. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Acl } from "../../../../hooks/auth/acl.ts";
import { Server } from "../../../../src/server/server.ts";
import { TcpListener } from "../../../../src/listeners/tcp.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import type { TestClient } from "../../../harness/mod.ts";
import { socketClient } from "../../../harness/socket_client.ts";
import { MosquittoBroker, needed } from "../../../interop/mosquitto_broker.ts";
import { Random } from "../../../properties/random.ts";

interface Someone {
  readonly clientId: string;
  readonly username: string | null;
}

/** Each client, with the topics it may publish to and those it may receive. */
type Seen = readonly (readonly [who: Someone, published: readonly string[], received: readonly string[]])[];

const SOMEBODY: readonly Someone[] = [
  { clientId: "c1", username: null },
  { clientId: "c1", username: "anna" },
  { clientId: "dev", username: "bert" },
  { clientId: "anna", username: "c1" },
  { clientId: "a+b", username: "anna" },
  { clientId: "dev", username: "b#" },
  { clientId: "#", username: null },
  { clientId: "d", username: "Anna" },
  { clientId: "d", username: "anna " },
  { clientId: "__proto__", username: "constructor" },
  { clientId: "%u", username: "%c" },
];

const TOPICS: readonly string[] = [
  "a",
  "a/b",
  "a/b/c",
  "a/",
  "/a",
  "b/anna",
  "b/c1",
  "b/dev/x",
  "b/anna/c1",
  "b/__proto__",
  "b/constructor",
  "b/%u",
  "b/%c",
  "x-c1-y",
  "x-dev-y/bert",
  "a b",
  "温度/é",
  "$other/a",
  "$other/anna",
  "free",
];

/** Whoever has this name may do everything: it says what others are to receive. */
const WITNESS = "witness of the test";

/** Asks a broker with real clients. */
async function seenAt(port: number): Promise<Seen> {
  const witness = await connected(port, { clientId: "witness", username: WITNESS });
  const seen: [Someone, string[], string[]][] = [];
  for (const who of SOMEBODY) {
    const client = await connected(port, who);
    const published: string[] = [];
    for (const topic of TOPICS) {
      const code = await client.published(topic, "p", { qos: 1 });
      assert.ok(code === 0 || code === 0x10 || code === 0x87, `${topic}: ${code}`);
      if (code !== 0x87) published.push(topic);
    }
    for (const filter of ["#", "$other/#"]) {
      assert.deepEqual((await client.subscribe(filter)).reasonCodes, [0]);
    }
    for (const topic of TOPICS) await witness.published(topic, "r", { qos: 1 });
    client.send({ type: 12 });
    const received: string[] = [];
    for (let packet = await client.next(); packet.type !== 13; packet = await client.next()) {
      assert.equal(packet.type, 3);
      if (packet.type === 3) received.push(packet.topic);
    }
    seen.push([who, published, received]);
    client.close();
  }
  witness.close();
  return seen;
}

async function connected(port: number, { clientId, username }: Someone): Promise<TestClient> {
  const client = await socketClient(port, 5);
  const ack = await client.connect({ clientId, username });
  assert.equal(ack.reasonCode, 0, `${clientId} ${username}`);
  return client;
}

/** (Started by root it would become somebody who may not read the file.) */
function configuration(file: string): string[] {
  return ["user root", `acl_file ${file}`];
}

async function seenByBoth(text: string): Promise<{ theirs: Seen; ours: Seen }> {
  const file = join(temporaryFolder(), "acl");
  writeFileSync(file, `${text}\nuser ${WITNESS}\ntopic readwrite #\ntopic readwrite $other/#\n`);
  let theirs: Seen;
  {
    await using broker = await MosquittoBroker.start(configuration(file));
    theirs = await seenAt(broker.port);
  }
  const server = new Server();
  server.addHook({ id: "everyone", onConnectAuthenticate: () => "allow" });
  server.addHook(Acl.mosquitto(file));
  const listener = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
  await server.addListener(listener);
  await server.serve();
  try {
    return { theirs, ours: await seenAt(Number(listener.address.split(":").at(-1))) };
  } finally {
    await server.close();
  }
}

const FILES: readonly (readonly [what: string, text: string])[] = [
  ["nothing at all", ""],
  ["lines for clients without a name", "topic read a/#\ntopic write free\ntopic readwrite a b"],
  ["users, also twice", "user anna\ntopic a/b\nuser bert\ntopic read #\nuser anna\ntopic write free\n"],
  ["a name with a blank, and case", "user   Anna  \ntopic a/b\nuser anna b\ntopic free"],
  ["denies first", "user anna\ntopic readwrite a/#\ntopic deny a/b\ntopic read a/b/c\n"],
  ["grants that are spread", "user anna\ntopic read a/#\ntopic write a/b\ntopic readwrite a/b/c\n"],
  ["patterns", "pattern read b/%u\npattern write b/%c\npattern readwrite b/%u/%c\npattern read b/%c/#"],
  ["a pattern without a placeholder", "pattern read a/#\nuser anna\ntopic write free"],
  ["a part of a level", "pattern readwrite x-%c-y\npattern read x-%c-y/%u\npattern write %u/x"],
  ["patterns that deny", "pattern deny b/%u\npattern readwrite b/#\nuser anna\ntopic read b/c1"],
  ["a user's line before the patterns", "pattern deny a/#\nuser anna\ntopic readwrite a/b"],
  ["a user's deny before the patterns", "pattern readwrite #\nuser anna\ntopic deny a/#"],
  ["placeholders in topic lines", "topic b/%c\nuser anna\ntopic b/%u"],
  [
    "dollar topics",
    "user anna\ntopic deny #\npattern read $other/#\nuser bert\ntopic read +/a\ntopic $other/anna",
  ],
  ["a wildcard and dollar topics", "user anna\ntopic #\npattern $other/%u"],
  ["levels", "user anna\ntopic read a/+\ntopic write +/a\ntopic write a/#\ntopic read /+\n"],
  [
    "other text",
    "user anna\r\ntopic read 温度/+\r\n# a comment\r\n\r\n   \t\r\n  topic write   温度/é  \r\n",
  ],
  ["words that are topics", "topic read\ntopic read a\nuser anna\ntopic deny"],
  ["prototype names", "user constructor\ntopic b/%u\npattern read b/%c"],
];

for (const [what, text] of FILES) {
  test(`mosquitto acl: as mosquitto itself, ${what}`, needed, async () => {
    const { theirs, ours } = await seenByBoth(text);
    assert.deepEqual(ours, theirs);
  });
}

/** Files of many lines that get in each other's way. */
function randomFile(random: Random): string {
  const lines: string[] = [];
  const levels = ["a", "b", "c", "+", "%u", "%c", "anna", "c1", "x-%c-y", "$other", ""] as const;
  for (let i = random.between(3, 14); i > 0; i--) {
    if (random.oneIn(4)) lines.push(`user ${random.pick(["anna", "bert", "c1", "Anna", "constructor"])}`);
    const depth = random.between(1, 3);
    const parts: string[] = Array.from({ length: depth }, () => random.pick(levels));
    if (random.oneIn(3)) parts.push("#");
    const topic = parts.join("/") || "#";
    const access = random.pick(["", "read ", "write ", "readwrite ", "deny "]);
    lines.push(`${random.pick(["topic", "topic", "pattern"])} ${access}${topic}`);
  }
  return lines.join("\n");
}

test("mosquitto acl: as mosquitto itself, files at random", { ...needed, timeout: 120_000 }, async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const text = randomFile(new Random(seed));
    const { theirs, ours } = await seenByBoth(text);
    assert.deepEqual(ours, theirs, `seed ${seed}:\n${text}`);
  }
});

test(
  "mosquitto acl: a slash or a dollar that a name would bring is more than mosquitto refuses",
  needed,
  async () => {
    const file = join(temporaryFolder(), "acl");
    writeFileSync(file, "pattern readwrite b/%c\npattern readwrite %c/#\n");
    const cases: readonly (readonly [clientId: string, topic: string])[] = [["x/y", "b/x/y"], [
      "$other",
      "$other/a",
    ]];
    await using broker = await MosquittoBroker.start(configuration(file));
    const acl = Acl.mosquitto(file, { interval: 0 });
    await acl.reload();
    for (const [clientId, topic] of cases) {
      const client = await connected(broker.port, { clientId, username: null });
      assert.notEqual(await client.published(topic, "", { qos: 1 }), 0x87, "mosquitto has changed its mind");
      client.close();
      const someone = { id: clientId, username: "" } as never;
      assert.equal(acl.onAclCheck(someone, "publish", topic), "deny");
      assert.equal(acl.onAclCheck(someone, "deliver", topic), "deny");
    }
  },
);

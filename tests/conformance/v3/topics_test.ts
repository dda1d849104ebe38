/** MQTT 3.1.1 section 4.7: topic names and topic filters. */

import assert from "node:assert/strict";
import { settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { field, packet, u16 } from "./raw.ts";

/** Filters that are none. */
const invalid = [
  "",
  "#/",
  "#/a",
  "a#",
  "a/b#",
  "a/#/b",
  "##",
  "#+",
  "/#/",
  "a+",
  "+a",
  "a/+b",
  "a/b+/c",
  "++",
  "+#",
  "a/+#",
  "a/#+",
];
const valid = [
  "#",
  "a/#",
  "/#",
  "+/#",
  "+",
  "+/+",
  "/+",
  "+/",
  "a/+/#",
  "+/a/+",
  "/",
  "//",
  "a//b",
  " ",
  "a b",
  "$a/#",
];

conforms(
  3,
  ["MQTT-4.7.1-2", "MQTT-4.7.1-3", "MQTT-4.7.3-1"],
  "topics: a wildcard stands alone in its level and # only in the last, or the subscription fails",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected(4);
    for (const filter of valid) {
      const client = await t.connected(4);
      assert.deepEqual((await client.subscribe(filter, 1)).reasonCodes, [1], filter);
      client.disconnect();
    }
    for (const filter of invalid) {
      const client = await t.connected(4);
      assert.deepEqual((await client.subscribe(filter, 1)).reasonCodes, [0x80], filter);
      for (const topic of ["a", "a/b", "b", "a/x/c"]) await publisher.published(topic, "x", { qos: 1 });
      await client.silent();
      // Nothing to unsubscribe from either.
      await client.unsubscribe(filter);
    }
    assert.equal(t.broker.stats.subscriptions, 0);
  },
);

/** Filter, topics it matches, topics it does not. */
const matching: readonly (readonly [filter: string, yes: readonly string[], no: readonly string[]])[] = [
  ["sport/tennis/player1/#", [
    "sport/tennis/player1",
    "sport/tennis/player1/ranking",
    "sport/tennis/player1/score/wimbledon",
  ], ["sport/tennis/player2", "sport/tennis", "sport/tennis/player1x"]],
  ["sport/#", ["sport", "sport/", "sport/a"], ["Sport", "sports", "/sport"]],
  ["#", ["a", "/", "/a", "a/b/c", " "], ["$SYS", "$a/b", "$"]],
  ["sport/tennis/+", ["sport/tennis/player1", "sport/tennis/"], [
    "sport/tennis",
    "sport/tennis/player1/ranking",
  ]],
  ["sport/+", ["sport/", "sport/a"], ["sport", "sport/a/b"]],
  ["+", ["a", "finance"], ["/finance", "a/b", "/", "$a"]],
  ["+/+", ["/finance", "a/b", "/"], ["finance", "a/b/c", "$a/b"]],
  ["/+", ["/finance", "/"], ["finance", "a/finance"]],
  ["+/#", ["a", "a/b", "/a", "/"], ["$a", "$a/b"]],
  ["sport/+/#", ["sport/x", "sport/x/y/z", "sport/"], ["sport", "a/sport/x"]],
  ["+/tennis/#", ["a/tennis", "a/tennis/b"], ["tennis", "$a/tennis"]],
  ["a//b", ["a//b"], ["a/b", "a/x/b", "a///b"]],
  ["a/+/b", ["a//b", "a/x/b"], ["a/b"]],
  ["$SYS/#", [], ["a", "SYS/a"]],
  ["$a/+", ["$a/b"], ["a/b", "$b/b"]],
  ["$a/#", ["$a", "$a/b/c"], ["a", "$ab"]],
  ["a/$b/#", ["a/$b/c"], ["a/b/c"]],
  ["a/+", ["a/$b"], ["$a/b"]],
  ["ACCOUNTS", ["ACCOUNTS"], ["Accounts", "accounts"]],
  ["Accounts payable", ["Accounts payable"], ["Accountspayable"]],
  ["__proto__/+", ["__proto__/constructor"], ["constructor/__proto__"]],
];

conforms(
  3,
  ["MQTT-4.7.1-2", "MQTT-4.7.1-3", "MQTT-4.7.2-1", "MQTT-3.3.2-3"],
  "topics: filters match as the standard says, live messages and retained ones alike",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected(4);
    const topics = [...new Set(matching.flatMap(([, yes, no]) => [...yes, ...no]))].filter((s) =>
      s !== "$SYS"
    );
    for (const [filter, yes, no] of matching) {
      const client = await t.connected(4);
      await client.subscribe(filter, 1);
      for (const topic of [...yes, ...no]) await publisher.published(topic, "x", { qos: 1 });
      for (const topic of yes) assert.equal((await client.message()).topic, topic, `live, ${filter}`);
      await client.silent();
      client.disconnect();
    }
    for (const topic of topics) await publisher.published(topic, "x", { qos: 1, retain: true });
    for (const [filter, yes, no] of matching) {
      const client = await t.connected(4);
      await client.subscribe(filter, 1);
      await settle();
      const got = client.waiting.map((packet) => packet.type === 3 ? packet.topic : "");
      for (const topic of yes) assert.ok(got.includes(topic), `retained ${topic} for ${filter}`);
      for (const topic of no) assert.ok(!got.includes(topic), `retained ${topic} not for ${filter}`);
      client.reset();
    }
  },
);

conforms(
  3,
  ["MQTT-4.7.2-1"],
  "topics: leading wildcards do not show the server's own topics, $SYS filters do, and clients publish none",
  async () => {
    await using t = new TestBroker({ sysTopicInterval: 1 });
    const all = await t.connected(4);
    for (const filter of ["#", "+/#", "+/broker/#", "+/broker/version"]) await all.subscribe(filter);
    const sys = await t.connected(4);
    await sys.subscribe("$SYS/broker/version");
    assert.equal((await sys.expect(3)).topic, "$SYS/broker/version");
    await t.advance(3);
    await all.silent();
    const publisher = await t.connected(4);
    const before = sys.waiting.length;
    await publisher.published("$SYS/broker/version", "mine", { qos: 1, retain: true });
    assert.equal(sys.waiting.length, before);
  },
);

conforms(3, ["MQTT-4.7.3-1"], "topics: an empty topic name ends the connection", async () => {
  await using t = new TestBroker();
  for (const bytes of [packet(0x30, "", [1]), packet(0x32, "", u16(1)), packet(0x34, "", u16(1))]) {
    const client = await t.connected(4);
    client.sendBytes(bytes);
    await client.gone();
  }
});

conforms(
  3,
  ["MQTT-4.7.3-3"],
  "topics: names and filters of 65,535 bytes travel, no more fit into a packet",
  async () => {
    await using t = new TestBroker({ limits: { topicLength: 65_535 } });
    const client = await t.connected(4);
    const longest = "x".repeat(65_535);
    // The last character takes three bytes.
    const wide = "y".repeat(65_532) + "\u20ac";
    for (const topic of [longest, wide]) {
      assert.deepEqual((await client.subscribe(topic, 1)).reasonCodes, [1]);
      await (await t.connected(4)).published(topic, "x", { qos: 1 });
      assert.equal((await client.message()).topic, topic);
      await client.unsubscribe(topic);
    }
  },
);

conforms(
  3,
  ["MQTT-4.7.3-4", "MQTT-1.5.3-3"],
  "topics: characters that look or sort alike stay different",
  async () => {
    await using t = new TestBroker();
    const names = [
      "caf\u00e9",
      "cafe\u0301",
      "cafe",
      "CAFE",
      "\u212b",
      "\u00c5",
      "A\u030a",
      "\uFEFFcafe",
      "cafe ",
      "cafe/",
    ];
    const publisher = await t.connected(4);
    for (const name of names) {
      const client = await t.connected(4);
      await client.subscribe(name, 1);
      for (const topic of names) await publisher.published(topic, "x", { qos: 1, retain: true });
      assert.equal((await client.message()).topic, name);
      const more = client.waiting.filter((packet) => packet.type === 3 && packet.topic !== name);
      assert.deepEqual(more, []);
      client.reset();
    }
    assert.equal(t.broker.retained.size, names.length);
    // Byte for byte, also where the bytes are no character anybody knows.
    const odd = [0xef, 0xbf, 0xbf, 0xf3, 0xa0, 0x80, 0x81];
    const client = await t.connected(4);
    client.sendBytes(packet(0x82, u16(1), field(odd), 0));
    await client.expect(9);
    publisher.sendBytes(packet(0x30, field(odd), [1]));
    assert.deepEqual([...new TextEncoder().encode((await client.message()).topic)], odd);
  },
);

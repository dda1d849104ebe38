/** MQTT 5.0 section 4.7: topic names and topic filters. */

import assert from "node:assert/strict";
import { settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";

/** The code a SUBSCRIBE to the filter gets. */
async function granted(t: TestBroker, filter: string): Promise<number> {
  const client = await t.connected();
  const { reasonCodes } = await client.subscribe(filter);
  client.reset();
  return reasonCodes[0]!;
}

/** Whether a message of the topic reaches a subscription to the filter, live and retained. */
async function reaches(t: TestBroker, filter: string, topic: string): Promise<boolean> {
  const live = await t.connected();
  assert.deepEqual((await live.subscribe(filter)).reasonCodes, [0]);
  const publisher = await t.connected();
  publisher.publish(topic, "x", { retain: true });
  await publisher.ping();
  const late = await t.connected();
  await late.subscribe(filter);
  await settle();
  const found = [live, late].map((client) => client.waiting.length > 0);
  publisher.publish(topic, "", { retain: true });
  await publisher.ping();
  for (const client of [live, late, publisher]) client.reset();
  assert.equal(found[0], found[1], `${filter} and ${topic}: retained otherwise than live`);
  return found[0]!;
}

conforms(5, ["MQTT-4.7.1-1"], "topics: # is the last character, alone or behind a slash", async () => {
  await using t = new TestBroker();
  for (const filter of ["#", "a/#", "/#", "a/b/c/#", "+/#", "$share/g/#"]) {
    assert.equal(await granted(t, filter), 0, filter);
  }
  for (const filter of ["a#", "#/a", "a/#/b", "##", "a/##", "#a", "a/b#", "$share/g/a#", "$share/g/#/a"]) {
    assert.equal(await granted(t, filter), 0x8f, filter);
  }
});

conforms(5, ["MQTT-4.7.1-2"], "topics: + takes up a whole level, and any level", async () => {
  await using t = new TestBroker();
  for (const filter of ["+", "+/a", "a/+", "a/+/b", "/+", "+/", "+/+", "+/+/#", "$share/g/+"]) {
    assert.equal(await granted(t, filter), 0, filter);
  }
  for (const filter of ["a+", "+a", "a/b+", "a/+b/c", "++", "a/++", "+#", "#+", "$share/g/a+"]) {
    assert.equal(await granted(t, filter), 0x8f, filter);
  }
});

conforms(
  5,
  ["MQTT-4.7.1-1", "MQTT-4.7.1-2", "MQTT-3.3.2-3"],
  "topics: wildcards match what the standard says they do",
  async () => {
    await using t = new TestBroker();
    const rows: readonly (readonly [filter: string, yes: readonly string[], no: readonly string[]])[] = [
      ["sport/#", ["sport", "sport/", "sport/a", "sport/a/b/c"], ["sports", "a/sport", "/sport"]],
      ["#", ["sport", "/", "a/b", "/a"], []],
      ["sport/+", ["sport/a", "sport/"], ["sport", "sport/a/b"]],
      ["sport/+/c", ["sport/a/c", "sport//c"], ["sport/c", "sport/a/b/c", "sport/a/c/"]],
      ["+", ["sport"], ["/sport", "sport/", "a/b"]],
      ["+/+", ["/finance", "a/b", "/"], ["finance", "a/b/c"]],
      ["/+", ["/finance"], ["finance", "/a/b"]],
      ["+/#", ["a", "a/b", "/"], []],
    ];
    for (const [filter, yes, no] of rows) {
      for (const topic of yes) assert.ok(await reaches(t, filter, topic), `${filter} matches ${topic}`);
      for (const topic of no) {
        assert.ok(!await reaches(t, filter, topic), `${filter} does not match ${topic}`);
      }
    }
  },
);

conforms(5, ["MQTT-4.7.2-1"], "topics: a leading wildcard does not match a leading dollar sign", async () => {
  await using t = new TestBroker();
  for (const filter of ["#", "+/a", "+/#", "+/+", "$share/g/#"]) {
    const client = await t.connected();
    await client.subscribe(filter);
    client.publish("$x/a", "x");
    await client.ping();
    client.reset();
  }
  assert.ok(!await reaches(t, "#", "$x"));
  assert.ok(!await reaches(t, "+", "$x"));
  assert.ok(await reaches(t, "$x/#", "$x/a"));
  assert.ok(await reaches(t, "$x/+", "$x/a"));
  assert.ok(await reaches(t, "a/#", "a/$x"));
  assert.ok(await reaches(t, "+/+", "a/$x"));
});

conforms(5, ["MQTT-4.7.3-1"], "topics: names and filters have at least one character", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x30, `"" 00 'x'`), 0x82);
  await ends(t, raw(0x34, `"" 0001 00 'x'`), 0x82);
  assert.equal(await granted(t, ""), 0x8f);
  assert.equal(await granted(t, "$share/g/"), 0x8f);
  for (const topic of ["/", " ", "a", "//"]) {
    assert.equal(await granted(t, topic), 0);
    assert.ok(await reaches(t, topic, topic));
  }
});

conforms(5, ["MQTT-4.7.3-2"], "topics: U+0000 in a name or filter is malformed", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x30, "0003 61 00 62 00 'x'"), 0x81);
  await ends(t, raw(0x82, "0001 00 0003 61 00 62 00"), 0x81);
  await ends(t, raw(0x82, "0001 00 0001 00 00"), 0x81);
  await ends(t, raw(0xa2, "0001 00 0001 00"), 0x81);
});

conforms(
  5,
  ["MQTT-4.7.3-3"],
  "topics: up to 65,535 bytes are possible, and a shorter limit is kept to",
  async () => {
    await using t = new TestBroker({ limits: { topicLength: 65_535 } });
    const longest = "ä".repeat(32_767) + "b";
    const client = await t.connected();
    assert.deepEqual((await client.subscribe(longest)).reasonCodes, [0]);
    client.publish(longest, "x");
    assert.equal((await client.message()).topic, longest);
    await using short = new TestBroker({ limits: { topicLength: 20, topicLevels: 3 } });
    const other = await short.connected();
    for (
      const [filter, code] of [["a".repeat(20), 0], ["a".repeat(21), 0x8f], ["é".repeat(11), 0x8f]] as const
    ) {
      assert.deepEqual((await other.subscribe(filter)).reasonCodes, [code]);
    }
    assert.deepEqual((await other.subscribe("a/b/c")).reasonCodes, [0]);
    assert.deepEqual((await other.subscribe("a/b/c/d")).reasonCodes, [0x8f]);
    for (const topic of ["a".repeat(21), "é".repeat(11), "a/b/c/d"]) {
      const publisher = await short.connected();
      publisher.publish(topic);
      await publisher.refusedWith(0x90);
    }
  },
);

conforms(
  5,
  ["MQTT-4.7.3-4"],
  "topics: names are compared as they are, nothing is normalized, folded or replaced",
  async () => {
    await using t = new TestBroker();
    const names = [
      ...["a", "A", "a ", " a", "a/", "/a", "ä", "a\u0308", "\u212B", "\u00C5", "A\u030A", "ﬁ", "fi"],
      ...[
        "\u{1F600}",
        "\uFFFD",
        "a\u200B",
        "\u0001",
        "\u007F",
        "\uFFFE",
        "\uFEFFa",
        "a.b",
        "a\\b",
        "__proto__",
      ],
    ];
    const clients = [];
    for (const name of names) {
      const client = await t.connected();
      assert.deepEqual((await client.subscribe(name)).reasonCodes, [0]);
      clients.push(client);
    }
    const publisher = await t.connected();
    for (const [i, name] of names.entries()) publisher.publish(name, `${i}`, { retain: true });
    for (const [i, client] of clients.entries()) {
      const message = await client.message();
      assert.deepEqual([message.topic, message.text], [names[i], `${i}`]);
      await client.silent();
      await client.subscribe(names[i]!);
      assert.equal((await client.message()).topic, names[i]);
    }
  },
);

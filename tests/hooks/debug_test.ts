/** What the debug hook shows. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { Debug } from "../../hooks/debug.ts";
import type { Hook, Opinion } from "../../src/hook/hook.ts";
import { NO_PROPERTIES } from "../../src/packets/properties.ts";
import { Server } from "../../src/server/server.ts";
import { settle, TestBroker } from "../harness/mod.ts";
import { bytes, published, publishing, watch } from "./debugged.ts";

describe("debug: what a line says", () => {
  test("debug: one conversation, line by line", async () => {
    await using watched = watch();
    const client = await watched.broker.connected(5, {
      ...{ clientId: "boiler", username: "anna", password: bytes("hunter2"), keepAlive: 60 },
      will: {
        topic: "gone",
        payload: bytes("bye"),
        qos: 1,
        retain: true,
        properties: { willDelayInterval: 5 },
      },
      properties: { receiveMaximum: 10, userProperties: [["colour", "green"], ["colour", "blue"]] },
    });
    await client.subscribe("heat/#", 1, { noLocal: true }, { subscriptionIdentifiers: [7] });
    await client.published("heat/1", "21.5", { qos: 1, properties: { contentType: "text/plain" } });
    await client.unsubscribe("heat/#", "other");
    client.disconnect();
    await client.gone();
    await settle();
    const all = watched.lines.map((line) => line.replace(/ (remote|listener)="[^"]*"/g, ""));
    assert.deepEqual(all.filter((line) => !line.includes(" CONNACK ")), [
      'in "boiler" CONNECT clientId="boiler" version=5 cleanStart=true keepAlive=60 username="anna" password=*** ' +
      'will={topic="gone" qos=1 retain=true properties={willDelayInterval=5} length=3 payload="bye"} ' +
      'properties={receiveMaximum=10 userProperties=["colour"="green" "colour"="blue"]}',
      'in "boiler" SUBSCRIBE id=1 ' +
      'filters=["heat/#"(qos=1 noLocal=true retainAsPublished=false retainHandling=0)] ' +
      "properties={subscriptionIdentifiers=[7]}",
      'out "boiler" SUBACK bytes=6 id=1 reasons=[0x01]',
      'in "boiler" PUBLISH topic="heat/1" qos=1 retain=false dup=false id=2 ' +
      'properties={contentType="text/plain"} length=4 payload="21.5"',
      'out "boiler" PUBACK bytes=5 id=2 reason=0x10 "No matching subscribers"',
      'in "boiler" UNSUBSCRIBE id=3 filters=["heat/#" "other"]',
      'out "boiler" UNSUBACK bytes=7 id=3 reasons=[0x00 0x11]',
      'in "boiler" DISCONNECT reason=0x00 "Success"',
      'event "boiler" DISCONNECTED session=ended',
    ]);
    assert.match(
      watched.having('out "boiler" CONNACK')[0]!,
      /^out "boiler" CONNACK bytes=\d+ sessionPresent=false reason=0x00 "Success" properties=\{receiveMaximum=\d+ .+\}$/,
    );
    assert.match(watched.lines[0]!, /^in "boiler" CONNECT remote="[^"]+" listener="memory" clientId=/);
  });

  test("debug: 3.1.1 is shown in its own words", async () => {
    await using watched = watch({}, { id: "nobody", onConnectAuthenticate: (): Opinion => "deny" });
    const client = watched.broker.client(4);
    assert.equal((await client.connect({ clientId: "old" })).reasonCode, 4);
    await client.gone();
    await settle();
    assert.deepEqual(watched.having('out "old"'), [
      'out "old" CONNACK bytes=4 sessionPresent=false reason=0x04 "Bad user name or password"',
    ]);
    assert.deepEqual(watched.having('event "old" REFUSED'), [
      'event "old" REFUSED CONNECT reason=0x86 "Bad User Name or Password"',
    ]);
  });

  test("debug: a QoS 2 message from hand to hand", async () => {
    await using watched = watch();
    const receiver = await watched.broker.connected(4, { clientId: "r" });
    await receiver.subscribe("t", 2);
    const sender = await watched.broker.connected(4, { clientId: "s" });
    await sender.published("t", "x", { qos: 2 });
    await receiver.message();
    await settle();
    const spoken = watched.lines.filter((line) => / PUB/.test(line)).map((line) =>
      line.replace(/ id=\d+/, "")
    );
    assert.deepEqual(spoken.filter((line) => line.includes('"s"')), [
      'in "s" PUBLISH topic="t" qos=2 retain=false dup=false length=1 payload="x"',
      ...['out "s" PUBREC bytes=4', 'in "s" PUBREL', 'out "s" PUBCOMP bytes=4'],
    ]);
    assert.deepEqual(spoken.filter((line) => line.includes('"r"')), [
      'out "r" PUBLISH bytes=8 topic="t" qos=2 retain=false dup=false length=1 payload="x"',
      ...['in "r" PUBREC', 'out "r" PUBREL bytes=4', 'in "r" PUBCOMP'],
    ]);
  });

  test("debug: what an alias stands for", async () => {
    await using watched = watch({ topics: ["long/#"] });
    const client = await watched.broker.connected(5, { clientId: "a" });
    client.publish("long/topic", "1", { properties: { topicAlias: 3 } });
    client.publish("other", "2", { properties: { topicAlias: 4 } });
    client.publish("", "3", { properties: { topicAlias: 3 } });
    client.publish("", "4", { properties: { topicAlias: 4 } });
    await client.ping();
    const common = "qos=0 retain=false dup=false properties={topicAlias=3} length=1";
    assert.deepEqual(watched.lines, [
      `in "a" PUBLISH topic="long/topic" ${common} payload="1"`,
      `in "a" PUBLISH topic="long/topic" ${common} payload="3"`,
    ]);
  });

  test("debug: take-over, will, retained messages, drops and expiry", async () => {
    await using watched = watch();
    const { broker, having } = watched;
    const first = await broker.connected(5, {
      ...{ clientId: "twin", properties: { sessionExpiryInterval: 10 } },
      will: { topic: "gone", payload: bytes("bye"), qos: 0, retain: false, properties: NO_PROPERTIES },
    });
    const second = await broker.connected(5, {
      ...{ clientId: "twin", cleanStart: false, properties: { sessionExpiryInterval: 10 } },
    });
    assert.match(having('event "twin" TAKEN-OVER')[0]!, /^event "twin" TAKEN-OVER by="[^"]+"$/);
    assert.ok(
      having('event "twin" DISCONNECTED').includes(
        'event "twin" DISCONNECTED reason=0x8e "Session taken over" session=kept',
      ),
    );
    assert.deepEqual(having('event "twin" WILL'), [
      'event "twin" WILL topic="gone" qos=0 retain=false length=3 payload="bye"',
    ]);
    await second.published("kept", "x", { qos: 1, retain: true, properties: { messageExpiryInterval: 5 } });
    await second.published("kept2", "", { qos: 1, retain: true });
    assert.deepEqual(having('event "twin" RETAINED'), [
      'event "twin" RETAINED topic="kept" qos=1 retain=true',
      'event "twin" RETAINED-NOTHING topic="kept2" qos=1 retain=true',
    ]);
    await second.lose();
    await broker.advance(60);
    assert.deepEqual(having('event "twin" EXPIRED'), ['event "twin" EXPIRED']);
    assert.deepEqual(having("event - "), ['event - RETAINED-EXPIRED topic="kept"']);
    await first.refusedWith(0x8e);
  });

  test("debug: why a message was refused", async () => {
    await using watched = watch({}, {
      id: "read-only",
      onConnectAuthenticate: (): Opinion => "allow",
      onAclCheck: (): Opinion => "deny",
    });
    const client = await watched.broker.connected(5, { clientId: "c" });
    assert.equal(await client.published("t", "x", { qos: 1 }), 0x87);
    assert.deepEqual(watched.having("event"), [
      'event "c" REFUSED PUBLISH id=1 topic="t" reason=0x87 "Not authorized"',
    ]);
  });
});

describe("debug: payloads", () => {
  const cases: readonly (readonly [name: string, payload: string | Uint8Array, shown: string])[] = [
    ["text", "21.5 °C 🌡", 'length=13 payload="21.5 °C 🌡"'],
    ["nothing", "", 'length=0 payload=""'],
    ["text of several lines", '{\n\t"a": 1\r\n}', 'length=12 payload="{\\n\\t\\"a\\": 1\\r\\n}"'],
    ["a number", new Uint8Array([0, 0, 1, 5]), "length=4 payload=0x00000105"],
    ["what is no UTF-8", new Uint8Array([65, 255]), "length=2 payload=0x41ff"],
    ["half a character at the end", new Uint8Array([65, 0xe2, 0x82]), "length=3 payload=0x41e282"],
    ["text that says hex", "0xff", 'length=4 payload="0xff"'],
    ["an escape sequence", "\x1b[2J", "length=4 payload=0x1b5b324a"],
  ];
  for (const [name, payload, shown] of cases) {
    test(`debug: ${name} is shown as ${shown}`, async () => {
      await using watched = watch();
      assert.equal(await publishing(watched, payload), shown);
    });
  }

  test("debug: a big payload is cut, and not in the middle of a character", async () => {
    await using watched = watch({ maximumLength: 4 });
    assert.equal(await publishing(watched, `abc€${"x".repeat(100_000)}`), 'length=100006 payload="abc"...');
  });

  test("debug: big bytes are cut", async () => {
    await using watched = watch();
    const shown = await publishing(watched, new Uint8Array(100_000));
    assert.equal(shown, `length=100000 payload=0x${"00".repeat(256)}...`);
  });

  test("debug: long names and long lists are cut", async () => {
    await using watched = watch({ maximumLength: 8 });
    const client = await watched.broker.connected(5, { clientId: "c" });
    const userProperties = Array.from(
      { length: 40 },
      (_, i): [string, string] => [`k${i}`, "v".repeat(60_000)],
    );
    client.publish("a/very/long/topic", "", { properties: { userProperties: userProperties.slice(0, 16) } });
    const subscriptions = Array.from({ length: 100 }, (_, i) => ({
      ...{ filter: `f/${i}`, qos: 0 as const, noLocal: false, retainAsPublished: false },
      retainHandling: 0 as const,
    }));
    client.send({ type: 8, packetId: 9, subscriptions, properties: NO_PROPERTIES });
    await client.pick(9);
    const [publish] = watched.having('in "c" PUBLISH');
    assert.ok(publish!.startsWith('in "c" PUBLISH topic="a/very/l"... qos=0'), publish);
    assert.ok(publish!.includes('"k15"="vvvvvvvv"...]'), publish);
    assert.match(watched.having('in "c" SUBSCRIBE')[0]!, / and 68 more\]$/);
    assert.ok(Math.max(...watched.lines.map((line) => line.length)) < 4000);
  });

  test("debug: showPacketData false shows neither payloads nor properties", async () => {
    await using watched = watch({ showPacketData: false });
    const client = await watched.broker.connected(5, {
      clientId: "c",
      will: {
        topic: "w",
        payload: bytes("hidden"),
        qos: 0,
        retain: false,
        properties: { contentType: "hidden" },
      },
    });
    await client.subscribe("t", 1);
    await published(client, "t", "hidden", { properties: { contentType: "hidden" } });
    await client.message();
    await client.lose();
    await settle();
    assert.ok(watched.having('in "c" PUBLISH')[0]!.endsWith("length=6"));
    assert.equal(watched.having('event "c" WILL').length, 1);
    assert.deepEqual(watched.lines.filter((line) => line.includes("hidden")), []);
  });
});

describe("debug: what is looked at", () => {
  test("debug: pings only when they are wanted", async () => {
    for (const showPings of [false, true]) {
      await using watched = watch({ showPings });
      const client = await watched.broker.connected(4, { clientId: "c" });
      await client.ping();
      await settle();
      const pings = watched.lines.filter((line) => line.includes(" PING"));
      assert.deepEqual(pings, showPings ? ['in "c" PINGREQ', 'out "c" PINGRESP bytes=2'] : []);
    }
  });

  test("debug: only some clients", async () => {
    await using watched = watch({ clients: ["one", "dev-*"] });
    for (const clientId of ["one", "one-more", "dev-7", "dev", "other"]) {
      const client = await watched.broker.connected(5, { clientId });
      await client.subscribe("t");
      await published(client, "t", "x", { retain: true, properties: { messageExpiryInterval: 1 } });
      await client.lose();
    }
    await watched.broker.advance(10);
    const seen = new Set(watched.lines.map((line) => line.split(" ", 2)[1]));
    assert.deepEqual([...seen], ['"one"', '"dev-7"']);
  });

  test("debug: only some topics, and what is said about them", async () => {
    await using watched = watch({ topics: ["a/#", "+/b"] });
    const client = await watched.broker.connected(5, {
      clientId: "c",
      will: { topic: "a", payload: bytes("w"), qos: 0, retain: false, properties: NO_PROPERTIES },
    });
    await client.subscribe("$share/g/a/+");
    await client.subscribe("#");
    await client.unsubscribe("c", "x/b");
    await published(client, "a/1", "x", { retain: true });
    await published(client, "c", "x", { retain: true });
    client.publish("$SYS/b", "x");
    await client.lose();
    await settle();
    const heads = watched.lines.map((line) => /^(\w+) "c" ([A-Z-]+)/.exec(line)!.slice(1).join(" "));
    assert.deepEqual(heads.toSorted(), [
      ...["event RETAINED", "event WILL", "in CONNECT", "in PUBLISH", "in SUBSCRIBE", "in UNSUBSCRIBE"],
      ...["out PUBLISH", "out PUBLISH"],
    ]);
  });

  test("debug: what is no filter or no length is refused", () => {
    assert.throws(() => new Debug({ topics: ["a/#/b"] }), TypeError);
    assert.throws(() => new Debug({ topics: ["$share/g/a"] }), TypeError);
    assert.throws(() => new Debug({ maximumLength: -1 }), RangeError);
    assert.throws(() => new Debug({ maximumLength: Number.NaN }), RangeError);
  });
});

describe("debug: in its server", () => {
  test("debug: without a log of its own it writes to the server's, at level debug", async () => {
    const logged: string[] = [];
    await using server = new Server({
      log: (level, text) => logged.push(`${level}: ${text}`),
      sysTopicInterval: 0,
    });
    await server.addHook(new Debug());
    await server.serve();
    await server.publish("t", "hello", { retain: true });
    const line = 'in "inline" PUBLISH topic="t" qos=0 retain=true dup=false length=5 payload="hello"';
    assert.equal(logged.filter((text) => text.startsWith("debug: ") && text.includes(line)).length, 1);
  });

  test("debug: a log that throws is reported once and harms no client", async () => {
    await using watched = watch({
      log: () => {
        throw new Error("disk full");
      },
    });
    const client = await watched.broker.connected(5, { clientId: "c" });
    await client.subscribe("t", 1);
    assert.equal(await published(client, "t", "x"), 0);
    assert.equal((await client.message()).text, "x");
    assert.equal(watched.broker.complaints.length, 1);
    assert.match(watched.broker.complaints[0]!, /debug.*disk full/);
  });

  test("debug: removed, it listens to nothing", async () => {
    const lines: string[] = [];
    const debug = new Debug({ log: (line) => lines.push(line) });
    await using broker = new TestBroker({ hooks: [debug, new AllowAll()] });
    const client = await broker.connected(5, { clientId: "c" });
    broker.broker.hooks.remove(debug);
    const before = lines.length;
    await client.published("t", "x", { qos: 1, retain: true });
    assert.ok(before > 0);
    assert.equal(lines.length, before);
    for (const [event, hooks] of Object.entries(broker.broker.hooks.on)) {
      assert.ok(!(hooks as readonly Hook[]).includes(debug), event);
    }
  });

  test("debug: one of them does not serve two servers, but one after the other", async () => {
    const debug = new Debug({ log: () => {} });
    const first = new Server({ sysTopicInterval: 0 });
    await first.addHook(debug);
    await first.serve();
    await using second = new Server({ sysTopicInterval: 0 });
    await second.serve();
    await assert.rejects(second.addHook(debug), /belongs to one server/);
    await first.close();
    await second.addHook(debug);
    assert.deepEqual(second.hooks, [debug]);
  });
});

/** What an earlier run left: given back by hooks, restored before anybody may connect. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll, type Hook, HookError, ManualClock, Server } from "../../mod.ts";
import type {
  StoredClient,
  StoredInflightMessage,
  StoredMessage,
  StoredSubscription,
  StoredSysInfo,
} from "../../mod.ts";
import { settle } from "../harness/time.ts";
import { MemoryListener } from "../server/memory_listener.ts";
import { bytes, text, untyped } from "./fixtures.ts";

const clock = (): ManualClock => new ManualClock(1_000_000_000_000);

function client(id: string, options: Partial<StoredClient> = {}): StoredClient {
  return {
    id,
    username: "u",
    remoteAddress: "1.2.3.4:5",
    listener: "tcp",
    version: 5,
    sessionExpiryInterval: 600,
    disconnectedAt: 0,
    ...options,
  };
}

function subscription(
  clientId: string,
  filter: string,
  options: Partial<StoredSubscription> = {},
): StoredSubscription {
  return {
    clientId,
    filter,
    qos: 2,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    identifier: 0,
    ...options,
  };
}

function message(topic: string, payload: string, options: Partial<StoredMessage> = {}): StoredMessage {
  return {
    topic,
    payload: bytes(payload),
    qos: 1,
    retain: false,
    properties: {},
    publisher: "p",
    expiresAt: Infinity,
    ...options,
  };
}

function inflight(
  clientId: string,
  packetId: number,
  payload: string,
  options: Partial<StoredInflightMessage> = {},
): StoredInflightMessage {
  return {
    clientId,
    packetId,
    qos: 1,
    retain: false,
    released: false,
    identifiers: [],
    message: message("a", payload),
    ...options,
  };
}

interface Data {
  readonly clients?: readonly StoredClient[];
  readonly subscriptions?: readonly StoredSubscription[];
  readonly inflight?: readonly StoredInflightMessage[];
  readonly retained?: readonly StoredMessage[];
  readonly counters?: StoredSysInfo;
}

/** A storage; `lazily`: one after the other, as from a database. */
function storage(data: Data, lazily = false): Hook {
  async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
    for (const item of items) {
      await settle();
      yield item;
    }
  }
  const give = <T>(items: readonly T[] = []): Iterable<T> | AsyncIterable<T> => lazily ? each(items) : items;
  return {
    id: "storage",
    storedClients: () => give(data.clients),
    storedSubscriptions: () => give(data.subscriptions),
    storedInflightMessages: () => give(data.inflight),
    storedRetainedMessages: () => give(data.retained),
    storedSysInfo: () => data.counters,
  };
}

async function serving(
  hooks: readonly Hook[],
  time: ManualClock = clock(),
): Promise<{ server: Server; listener: MemoryListener }> {
  const server = new Server({ sysTopicInterval: 0, clock: time });
  const listener = new MemoryListener("memory");
  await server.addListener(listener);
  for (const hook of [new AllowAll(), ...hooks]) server.addHook(hook);
  await server.serve();
  return { server, listener };
}

const kept = (clientId: string, receiveMaximum?: number): object => ({
  clientId,
  cleanStart: false,
  properties: { sessionExpiryInterval: 600, ...(receiveMaximum === undefined ? {} : { receiveMaximum }) },
});

for (const lazily of [false, true]) {
  test(`stored: sessions with their subscriptions come back${lazily ? ", one after the other" : ""}`, async () => {
    const { server, listener } = await serving([storage({
      clients: [client("c"), client("d")],
      subscriptions: [
        subscription("c", "a/+", { identifier: 7, qos: 1 }),
        subscription("c", "own", { noLocal: true }),
        subscription("c", "kept", { retainAsPublished: true }),
        subscription("d", "$share/g/a/#"),
      ],
    }, lazily)]);
    await using _closed = server;
    assert.equal(server.stats.subscriptions, 4);
    assert.equal(server.info().clients_disconnected, 2);
    const c = listener.client();
    assert.equal((await c.connect(kept("c"))).sessionPresent, true);
    const d = listener.client();
    assert.equal((await d.connect(kept("d"))).sessionPresent, true);
    d.publish("a/1", "x", { qos: 2 });
    const forC = await c.message();
    assert.deepEqual([forC.text, forC.qos, forC.properties], ["x", 1, { subscriptionIdentifiers: [7] }]);
    await c.published("own", "x", { qos: 1 });
    await c.silent();
    const p = listener.client();
    await p.connect();
    await p.published("kept", "y", { qos: 1, retain: true });
    assert.equal((await c.message()).retain, true);
  });

  test(`stored: what was on its way is sent again, in order, under its packet id${lazily ? ", lazily" : ""}`, async () => {
    const { server, listener } = await serving([storage({
      clients: [client("c"), client("other")],
      subscriptions: [subscription("c", "a")],
      inflight: [
        inflight("c", 7, "one", { identifiers: [3, 4], retain: true }),
        inflight("other", 7, "other's"),
        inflight("c", 8, "two", { qos: 2 }),
        inflight("c", 10, "three", { qos: 2, released: true }),
        inflight("c", 0, "four"),
        inflight("c", 0, "five", { qos: 2 }),
      ],
    }, lazily)]);
    await using _closed = server;
    assert.deepEqual([server.stats.inflight, server.stats.queued], [4, 2]);
    const c = listener.client();
    await c.connect(kept("c"));
    const one = await c.expect(3);
    assert.deepEqual(
      [text(one.payload), one.packetId, one.dup, one.qos, one.retain, one.properties.subscriptionIdentifiers],
      ["one", 7, true, 1, true, [3, 4]],
    );
    const two = await c.expect(3);
    assert.deepEqual([text(two.payload), two.packetId, two.dup, two.qos], ["two", 8, true, 2]);
    assert.equal((await c.expect(6)).packetId, 10);
    const four = await c.expect(3);
    assert.deepEqual([text(four.payload), four.packetId, four.dup], ["four", 11, false]);
    const five = await c.expect(3);
    assert.deepEqual([text(five.payload), five.packetId, five.qos], ["five", 12, 2]);
    c.ack(4, 7);
    c.ack(5, 8);
    assert.equal((await c.expect(6)).packetId, 8);
    c.ack(7, 8);
    c.ack(7, 10);
    c.ack(4, 11);
    c.ack(5, 12);
    await c.expect(6);
    c.ack(7, 12);
    await c.ping();
    assert.deepEqual([server.stats.inflight, server.stats.queued], [1, 0]);
  });
}

test("stored: packet ids go on behind 65535 as they came", async () => {
  const { server, listener } = await serving([storage({
    clients: [client("c")],
    inflight: [65_534, 65_535, 1, 2].map((id, i) => inflight("c", id, `${i}`)).concat(inflight("c", 0, "4")),
  })]);
  await using _closed = server;
  const c = listener.client();
  await c.connect(kept("c"));
  const got = [];
  for (let i = 0; i < 5; i++) {
    const { packetId, payload, dup } = await c.expect(3);
    got.push([packetId, text(payload), dup]);
    c.ack(4, packetId);
  }
  assert.deepEqual(got, [[65_534, "0", true], [65_535, "1", true], [1, "2", true], [2, "3", true], [
    3,
    "4",
    false,
  ]]);
  await c.ping();
  assert.equal(server.stats.inflight, 0);
});

test("stored: a client with a smaller Receive Maximum gets what was on its way a few at a time", async () => {
  const { server, listener } = await serving([storage({
    clients: [client("c")],
    inflight: [1, 2, 3].map((id) => inflight("c", id, `${id}`)),
  })]);
  await using _closed = server;
  const c = listener.client();
  await c.connect(kept("c", 1));
  for (const id of [1, 2, 3]) {
    assert.equal((await c.expect(3)).packetId, id);
    await c.silent();
    c.ack(4, id);
  }
});

test("stored: ids of QoS 2 publishes that were received are known", async () => {
  const { server, listener } = await serving([storage({
    clients: [client("c", { received: [5, 0, 70_000, "6" as unknown as number] })],
    subscriptions: [subscription("c", "a")],
  })]);
  await using _closed = server;
  const c = listener.client();
  await c.connect(kept("c"));
  c.publish("a", "again", { qos: 2, packetId: 5, dup: true });
  assert.equal((await c.expect(5)).packetId, 5);
  await c.silent();
  c.ack(6, 5);
  assert.equal((await c.expect(7)).reasonCode, 0);
  c.ack(6, 5);
  assert.equal((await c.expect(7)).reasonCode, 0x92);
});

test("stored: retained messages are there for the first subscription, those that have expired are not", async () => {
  const time = clock();
  const expired: string[] = [];
  const now = time.now();
  const { server, listener } = await serving([
    storage({
      retained: [
        message("r/1", "one", { retain: true, properties: { contentType: "t" } }),
        message("r/2", "soon", { retain: true, expiresAt: now + 10_000 }),
        message("r/3", "past", { retain: true, expiresAt: now - 1 }),
        message("r/#", "no topic", { retain: true }),
        message("r/4", "", { retain: true }),
      ],
    }),
    { id: "watch", onRetainedExpired: (topic) => void expired.push(topic) },
  ], time);
  await using _closed = server;
  const c = listener.client();
  await c.connect();
  await c.subscribe("r/#", 1);
  const one = await c.message();
  assert.deepEqual([one.text, one.retain, one.properties], ["one", true, { contentType: "t" }]);
  const soon = await c.message();
  assert.deepEqual([soon.text, soon.properties.messageExpiryInterval], ["soon", 10]);
  await c.silent();
  assert.deepEqual(expired, ["r/3"]);
  time.advance(11_000);
  assert.deepEqual(expired, ["r/3", "r/2"]);
  assert.equal(server.info().retained, 0 + 1);
});

test("stored: sessions end when their time is over, counted from when they were disconnected", async () => {
  const time = clock();
  const now = time.now();
  const told: string[] = [];
  const { server } = await serving([
    storage({
      clients: [
        client("over", { disconnectedAt: now - 601_000 }),
        client("half", { disconnectedAt: now - 300_000 }),
        client("connected"),
        client("for ever", { sessionExpiryInterval: 0xffffffff, disconnectedAt: 1 }),
        client("none", { sessionExpiryInterval: 0 }),
        client("", {}),
        client("inline", {}),
      ],
      subscriptions: [subscription("over", "a")],
    }),
    {
      id: "watch",
      onClientExpired: (id) => void told.push(id),
      onUnsubscribed: (c, { filters }) => void told.push(`${c.id} ${filters}`),
    },
  ], time);
  await using _closed = server;
  assert.deepEqual(told.splice(0), ["over a", "over"]);
  assert.equal(server.info().clients_total, 3);
  time.advance(301_000);
  assert.deepEqual(told.splice(0), ["half"]);
  time.advance(300_000);
  assert.deepEqual(told, ["connected"]);
});

test("stored: a will that waited is published at its time, or when its client is not back by then", async () => {
  const time = clock();
  const now = time.now();
  const pending = (topic: string, at: number): NonNullable<StoredClient["will"]> => ({
    will: { topic, payload: bytes("bye"), qos: 1, retain: true, properties: {} },
    at,
  });
  const sent: string[] = [];
  const { server, listener } = await serving([
    storage({
      clients: [
        client("past", { will: pending("w/past", now - 5000) }),
        client("soon", { will: pending("w/soon", now + 5000) }),
        client("back", { will: pending("w/back", now + 5000) }),
        client("reader"),
      ],
      subscriptions: [subscription("reader", "w/#")],
    }),
    { id: "watch", onWillSent: (id) => void sent.push(id) },
  ], time);
  await using _closed = server;
  assert.deepEqual(sent, ["past"]);
  await listener.client().connect(kept("back"));
  time.advance(6000);
  assert.deepEqual(sent, ["past", "soon"]);
  const reader = listener.client();
  await reader.connect(kept("reader"));
  assert.deepEqual([(await reader.message()).topic, (await reader.message()).topic], ["w/past", "w/soon"]);
});

test("stored: a message that expired while it waited is not sent", async () => {
  const time = clock();
  const { server, listener } = await serving([
    storage({
      clients: [client("c")],
      inflight: [
        inflight("c", 0, "past", { message: message("a", "past", { expiresAt: time.now() - 1 }) }),
        inflight("c", 0, "good", { message: message("a", "good", { expiresAt: time.now() + 20_000 }) }),
      ],
    }),
  ], time);
  await using _closed = server;
  const c = listener.client();
  await c.connect(kept("c"));
  const good = await c.message();
  assert.deepEqual([good.text, good.properties.messageExpiryInterval], ["good", 20]);
  await c.silent();
});

test("stored: counters go on", async () => {
  const { server } = await serving([storage({
    counters: { bytesReceived: 1000, messagesReceived: 50, messagesDropped: 3, clientsMaximum: 9 },
  })]);
  await using _closed = server;
  const info = server.info();
  assert.deepEqual(
    [
      info.bytes_received,
      info.messages_received,
      info.messages_dropped,
      info.clients_maximum,
      info.packets_sent,
    ],
    [1000, 50, 3, 9, 0],
  );
});

test("stored: the first hook that has anything counts, event by event", async () => {
  const asked: string[] = [];
  const hook = (id: string, data: Data, answer: "empty" | "undefined" | "data"): Hook => {
    const from = storage(data);
    const give = <T>(what: string, items: () => T): T | undefined => {
      asked.push(`${id} ${what}`);
      return answer === "undefined" ? undefined : items();
    };
    return {
      id,
      storedClients: () => give("clients", () => from.storedClients!()),
      storedRetainedMessages: () => give("retained", () => from.storedRetainedMessages!()),
    };
  };
  const { server } = await serving([
    hook("none", {}, "undefined"),
    hook("empty", {}, "empty"),
    hook("first", { clients: [client("a")] }, "data"),
    hook(
      "second",
      { clients: [client("b"), client("c")], retained: [message("r", "x", { retain: true })] },
      "data",
    ),
  ]);
  await using _closed = server;
  assert.deepEqual(asked, [
    "none clients",
    "empty clients",
    "first clients",
    "none retained",
    "empty retained",
    "first retained",
    "second retained",
  ]);
  assert.deepEqual([server.info().clients_total, server.info().retained], [1, 1]);
});

test("stored: what was refused, is no filter, or belongs to nobody is left out", async () => {
  const { server } = await serving([storage({
    clients: [client("c")],
    subscriptions: [
      subscription("c", "good"),
      subscription("c", "refused", { qos: 0x87 as 0 }),
      subscription("c", "a/#/b"),
      subscription("c", ""),
      subscription("c", "$share/g"),
      subscription("c", "$share//a"),
      subscription("nobody", "a"),
    ],
    inflight: [
      inflight("nobody", 1, "x"),
      inflight("c", 70_000, "x"),
      inflight("c", -1, "x"),
      inflight("c", 5, "x"),
      inflight("c", 5, "twice"),
    ],
  })]);
  await using _closed = server;
  assert.deepEqual([server.stats.subscriptions, server.stats.inflight, server.stats.queued], [1, 1, 0]);
});

test("stored: no more QoS is granted than the server offers now", async () => {
  const server = new Server({ sysTopicInterval: 0, capabilities: { maximumQos: 1 } });
  await using _closed = server;
  const listener = new MemoryListener("memory");
  await server.addListener(listener);
  server.addHook(new AllowAll());
  server.addHook(storage({ clients: [client("c")], subscriptions: [subscription("c", "a")] }));
  await server.serve();
  const c = listener.client();
  await c.connect(kept("c"));
  c.publish("a", "x", { qos: 1 });
  assert.equal((await c.pick(3)).qos, 1);
});

const events = [
  "storedClients",
  "storedSubscriptions",
  "storedInflightMessages",
  "storedRetainedMessages",
  "storedSysInfo",
] as const;

for (const event of events) {
  const wrong: Record<string, () => unknown> = {
    throws: () => {
      throw new Error("disk on fire");
    },
    rejects: () => Promise.reject(new Error("disk on fire")),
  };
  if (event !== "storedSysInfo") {
    wrong["fails in the middle"] = async function* (): AsyncGenerator<unknown> {
      yield await Promise.resolve(client("c"));
      throw new Error("disk on fire");
    };
    wrong["answers text"] = () => "abc";
    wrong["answers a number"] = () => 5;
    wrong["answers texts"] = () => ["abc"];
    wrong["answers nothing in a list"] = () => [null];
  }
  for (const [what, answer] of Object.entries(wrong)) {
    test(`stored: ${event} that ${what} ends serve, and no listener opens`, async () => {
      const server = new Server({ sysTopicInterval: 0 });
      const listener = new MemoryListener("memory");
      await server.addListener(listener);
      let ended = 0;
      server.addHook({ id: "other", onStopped: () => void ended++ });
      server.addHook(untyped("broken", { [event]: answer }));
      await assert.rejects(server.serve(), (error: unknown) => {
        assert.ok(error instanceof HookError);
        assert.equal(error.hook, "broken");
        assert.match(error.message, new RegExp(`^Cannot restore from hook "broken", ${event}: `));
        return true;
      });
      assert.deepEqual(listener.events.includes("open"), false);
      assert.equal(ended, 1);
    });
  }

  test(`stored: ${event} that answers null has nothing`, async () => {
    const { server } = await serving([untyped("null", { [event]: () => null })]);
    await server.close();
  });
}

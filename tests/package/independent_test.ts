/** Servers of one program know nothing of each other. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AllowAll,
  defaultCapabilities,
  defaultLimits,
  MemoryListener,
  Server,
  type ServerOptions,
} from "../../mod.ts";
import { settle, TestClient } from "../harness/mod.ts";

interface Serving extends AsyncDisposable {
  readonly server: Server;
  /** A client that is connected, with QoS 1 subscriptions to everything. */
  client(clientId: string): Promise<TestClient>;
}

async function serving(options: ServerOptions = {}): Promise<Serving> {
  const listener = new MemoryListener();
  const server = new Server({ sysTopicInterval: 0, ...options });
  await server.addHook(new AllowAll());
  await server.addListener(listener);
  await server.serve();
  const client = async (clientId: string): Promise<TestClient> => {
    const client = new TestClient(listener.connect(), 5);
    await client.connect({ clientId, properties: { sessionExpiryInterval: 100 } });
    await client.subscribe("#", 1);
    return client;
  };
  return { server, client, [Symbol.asyncDispose]: () => server.close() };
}

test("servers: the same client id, topics and messages do not meet", async () => {
  await using first = await serving();
  await using second = await serving();
  const [one, two] = [await first.client("c"), await second.client("c")];
  one.publish("t", "first", { qos: 1, retain: true });
  assert.equal((await one.pick(3)).topic, "t");
  await first.server.publish("inline", "x", { retain: true });
  await settle();
  assert.deepEqual(two.waiting, []);
  assert.equal(two.closed, false, "nobody was taken over");
  const topics = ({ server }: Serving): string[] =>
    [...server.retained("#")].map(({ topic }) => topic).toSorted();
  assert.deepEqual([topics(first), topics(second)], [["inline", "t"], []]);
});

test("servers: the program's subscriptions, blocked ids and hooks are those of one server", async () => {
  await using first = await serving();
  await using second = await serving();
  const heard: string[] = [];
  first.server.subscribe("#", ({ topic }) => void heard.push(topic));
  await second.server.publish("elsewhere", "x");
  await first.server.publish("here", "x");
  first.server.blocked.add("c");
  await first.server.addHook({ id: "deaf", onPublish: () => "drop" });
  const client = await second.client("c");
  await client.published("t", "x", { qos: 0 });
  assert.equal((await client.pick(3)).topic, "t");
  await settle();
  assert.deepEqual(heard, ["here"]);
  assert.deepEqual([first.server.hooks.length, second.server.hooks.length], [2, 1]);
  assert.equal(second.server.blocked.size, 0);
});

test("servers: each counts for itself", async () => {
  await using first = await serving();
  await using second = await serving();
  const client = await first.client("c");
  await client.ping();
  const { clientsConnected, subscriptions, packetsReceived } = second.server.stats;
  assert.deepEqual({ clientsConnected, subscriptions, packetsReceived }, {
    clientsConnected: 0,
    subscriptions: 0,
    packetsReceived: 0,
  });
  assert.equal(first.server.stats.clientsConnected, 1);
  assert.equal(second.server.client("c"), undefined);
});

test("servers: options given to two of them, and the defaults, stay as they are", async () => {
  const limits = { packetSize: 2048 };
  const options: ServerOptions = { limits, capabilities: { maximumQos: 1 } };
  const before = JSON.stringify([options, defaultLimits, defaultCapabilities]);
  await using first = await serving(options);
  await using second = await serving(options);
  await using third = await serving();
  await first.client("c");
  assert.equal(JSON.stringify([options, defaultLimits, defaultCapabilities]), before);
  limits.packetSize = 4096; // It was read when the servers were made.
  // (A payload of 3000 bytes fits the defaults only.)
  const publish = ({ server }: Serving): Promise<unknown> => server.publish("t", "x".repeat(3000));
  await assert.rejects(publish(first), RangeError);
  await assert.rejects(publish(second), RangeError);
  await publish(third);
});

test("servers: one that closes leaves the others alone", async () => {
  const first = await serving();
  await using second = await serving();
  const [one, two] = [await first.client("c"), await second.client("c")];
  await first.server.close();
  assert.equal((await one.pick(14)).reasonCode, 0x8b);
  await two.published("t", "x");
  assert.equal((await two.pick(3)).topic, "t");
});

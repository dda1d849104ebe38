/** Who comes and goes, as messages below $SYS. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Presence } from "../../hooks/presence.ts";
import { levelOf } from "../../hooks/presence/level.ts";
import { AllowAll, MemoryListener, Server } from "../../mod.ts";
import { TestClient } from "../harness/client.ts";
import { versions } from "../harness/mod.ts";
import { settle, until } from "../harness/time.ts";

interface Said {
  readonly topic: string;
  readonly seq: number;
  readonly clientid: string;
  readonly proto_ver: number;
  readonly reason?: string;
  readonly [name: string]: unknown;
}

class Watched implements AsyncDisposable {
  readonly server: Server = new Server({ sysTopicInterval: 0, log: null });
  readonly listener: MemoryListener = new MemoryListener({ id: "memory" });
  readonly said: Said[] = [];

  static async start(): Promise<Watched> {
    const watched = new Watched();
    const { server, listener, said } = watched;
    server.addHook(new AllowAll());
    server.addHook(new Presence({ node: "greenhouse", server }));
    await server.addListener(listener);
    await server.serve();
    server.subscribe("$SYS/brokers/#", ({ topic, payload }) => {
      said.push({ topic, ...JSON.parse(new TextDecoder().decode(payload)) });
    });
    return watched;
  }

  client(version: 3 | 4 | 5): TestClient {
    return new TestClient(this.listener.connect(), version);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

for (const version of versions) {
  test(`presence: who comes and goes is said, in order, MQTT ${version}`, async () => {
    await using watched = await Watched.start();
    const { said, server } = watched;
    for (let i = 0; i < 3; i++) {
      const client = watched.client(version);
      await client.connect({ clientId: "boiler", username: "anna", keepAlive: 30 });
      client.disconnect();
      await until(() => said.length === 2 * i + 2, "both messages");
    }
    const topics = ["connected", "disconnected"].map((what) =>
      `$SYS/brokers/greenhouse/clients/boiler/${what}`
    );
    assert.deepEqual(said.map(({ topic }) => topic), [...topics, ...topics, ...topics]);
    assert.deepEqual(said.map(({ seq }) => seq), [1, 2, 3, 4, 5, 6]);
    const [{ ts, address, ...connected }] = said as [Said];
    assert.ok(Math.abs(Number(ts) - Date.now()) < 60_000);
    assert.equal(typeof address, "string");
    assert.deepEqual(connected, {
      topic: topics[0],
      seq: 1,
      clientid: "boiler",
      username: "anna",
      listener: "memory",
      proto_ver: version,
      clean_start: true,
      keepalive: 30,
      expiry_interval: 0,
    });
    assert.equal(said[1]!.reason, "normal");
    assert.equal([...server.retained("$SYS/#")].length, 0);
  });

  test(`presence: of a session that is taken over the one goes before the other has come, MQTT ${version}`, async () => {
    await using watched = await Watched.start();
    const { said } = watched;
    const clients = [watched.client(version), watched.client(version), watched.client(version)];
    for (const client of clients) await client.connect({ clientId: "boiler", cleanStart: false });
    await until(() => said.length === 5, "five messages");
    const what = said.map(({ topic, seq, reason }) => [topic.split("/").at(-1), seq, reason]);
    const gone = "Session taken over";
    assert.deepEqual(what, [
      ["connected", 1, undefined],
      ["disconnected", 2, gone],
      ["connected", 3, undefined],
      ["disconnected", 4, gone],
      ["connected", 5, undefined],
    ]);
  });
}

test("presence: a connection that is lost has a reason", async () => {
  await using watched = await Watched.start();
  const client = watched.client(5);
  await client.connect({ clientId: "boiler" });
  await client.lose();
  await until(() => watched.said.length === 2, "both messages");
  assert.notEqual(watched.said[1]!.reason, "normal");
});

test("presence: nothing is said of the program itself, nor of those who were not let in", async () => {
  await using watched = await Watched.start();
  const { server, said } = watched;
  server.blocked.add("eve");
  const refused = watched.client(5);
  assert.notEqual((await refused.connect({ clientId: "eve" })).reasonCode, 0);
  await refused.gone();
  const local = await server.newClient();
  local.close();
  await settle();
  assert.deepEqual(said, []);
});

test("presence: a client id cannot make other topics of it", async () => {
  assert.equal(levelOf("a/b+c#d%e\u0001é"), "a%2Fb%2Bc%23d%25e%01é");
  await using watched = await Watched.start();
  const ids = ["../../x/connected", "+", "#", "%2F", "ж/😀"];
  for (const clientId of ids) await watched.client(5).connect({ clientId });
  await until(() => watched.said.length === ids.length, "all of them");
  assert.deepEqual(watched.said.map(({ clientid }) => clientid), ids);
  for (const { topic } of watched.said) assert.equal(topic.split("/").length, 6);
  assert.equal(new Set(watched.said.map(({ topic }) => topic)).size, ids.length);
});

test("presence: the name of a broker is one level of the topics, whatever it is", async () => {
  const topics: string[] = [];
  const server = { publish: (topic: string): Promise<void> => Promise.resolve(void topics.push(topic)) };
  const presence = new Presence({ node: "a/#", server });
  await using watched = await Watched.start();
  await watched.server.replaceHook(watched.server.hooks.find(({ id }) => id === "presence")!, presence);
  await watched.client(5).connect({ clientId: "boiler" });
  await until(() => topics.length === 1, "the message");
  assert.deepEqual(topics, ["$SYS/brokers/a%2F%23/clients/boiler/connected"]);
  for (const node of ["", 5 as unknown as string]) {
    assert.throws(() => new Presence({ node, server }), TypeError);
  }
});

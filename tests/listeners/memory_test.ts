/** The listener in memory as programs use it that test their own device code. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { describe, it } from "node:test";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { AllowAll, type Hook, ListenerError, Server } from "../../mod.ts";
import { MemoryListener } from "../../src/listeners/memory.ts";
import { TestClient } from "../harness/client.ts";
import { settle, until } from "../harness/time.ts";
import { Host } from "./host.ts";

const timeout = 20_000;

async function serving(listener = new MemoryListener(), ...hooks: Hook[]): Promise<Server> {
  const server = new Server({ sysTopicInterval: 0 });
  server.addHook(new AllowAll());
  for (const hook of hooks) server.addHook(hook);
  await server.addListener(listener);
  await server.serve();
  return server;
}

function device(listener: MemoryListener, options: IClientOptions = {}): MqttClient {
  const client = new mqtt.MqttClient(() => listener.duplex(), {
    protocol: "mqtt",
    protocolVersion: 5,
    reconnectPeriod: 0,
    ...options,
  });
  client.on("error", () => {});
  return client;
}

function once(client: MqttClient, event: "connect" | "close" | "message"): Promise<unknown[]> {
  return new Promise((resolve) => client.once(event, (...values: unknown[]) => resolve(values)));
}

describe("memory listener", () => {
  it("carries MQTT.js with every version and QoS", { timeout }, async () => {
    const listener = new MemoryListener();
    assert.deepEqual([listener.id, listener.protocol, listener.address], [
      "memory",
      "memory",
      "memory:memory",
    ]);
    await using _server = await serving(listener);
    const payload = "x".repeat(300_000);
    for (const protocolVersion of [4, 5] as const) {
      const client = device(listener, { protocolVersion });
      await once(client, "connect");
      for (const qos of [0, 1, 2] as const) {
        await client.subscribeAsync(`a/${qos}`, { qos });
        const message = once(client, "message");
        await client.publishAsync(`a/${qos}`, payload, { qos });
        const [topic, bytes] = await message;
        assert.deepEqual([topic, new TextDecoder().decode(bytes as Uint8Array)], [`a/${qos}`, payload]);
      }
      await client.endAsync();
    }
  });

  it("a device comes back to a broker that was restarted", { timeout }, async () => {
    const listener = new MemoryListener();
    const first = await serving(listener);
    const client = device(listener, { reconnectPeriod: 1 });
    await once(client, "connect");
    const closed = once(client, "close");
    await first.close();
    await closed;
    const again = once(client, "connect");
    await using second = await serving(listener);
    await again;
    assert.equal(second.info().clients_connected, 1);
    await client.endAsync();
  });

  it("a device that breaks off leaves its will", { timeout }, async () => {
    const listener = new MemoryListener();
    await using _server = await serving(listener);
    const ear = new TestClient(listener.connect(), 5);
    await ear.connect();
    await ear.subscribe("will");
    const ends = [(stream: Duplex) => stream.destroy(), (stream: Duplex) => stream.destroy(new Error("x"))];
    for (const [at, end] of ends.entries()) {
      let stream: Duplex | undefined;
      const client = new mqtt.MqttClient(() => stream = listener.duplex(), {
        protocol: "mqtt",
        reconnectPeriod: 0,
        will: { topic: "will", payload: new TextEncoder().encode(`${at}`) as never, qos: 0, retain: false },
      });
      client.on("error", () => {});
      await once(client, "connect");
      end(stream!);
      assert.equal((await ear.message()).text, `${at}`);
      client.end(true);
    }
  });

  it("the stream ends when the broker closes the connection", { timeout }, async () => {
    const listener = new MemoryListener();
    await using server = await serving(listener);
    const stream = listener.duplex();
    const events: string[] = [];
    for (const event of ["end", "error", "close"]) stream.on(event, () => events.push(event));
    stream.resume();
    stream.write(Uint8Array.of(0xFF, 0));
    await until(() => stream.destroyed, "the end of the stream");
    await settle();
    assert.deepEqual(events, ["end", "close"]);
    assert.equal(server.stats.connections, 0);
  });

  it("a reader that stalls is one the broker waits for", { timeout }, async () => {
    const listener = new MemoryListener();
    await using server = await serving(listener);
    const stream = listener.duplex({ capacity: 1000 });
    const client = new TestClient({
      received: () => {},
      ended: () => {},
      open: true,
      send: (bytes) => void stream.write(bytes),
      pause: () => {},
      resume: () => {},
      close: () => {},
      reset: () => {},
    }, 5);
    client.send({
      type: 1,
      version: 5,
      cleanStart: true,
      keepAlive: 0,
      clientId: "stalls",
      username: null,
      password: null,
      will: null,
      properties: {},
    });
    client.send({
      type: 8,
      packetId: 1,
      properties: {},
      subscriptions: [{ filter: "a", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    });
    await until(() => server.info().subscriptions === 1, "the subscription");
    const payload = new Uint8Array(10_000);
    for (let i = 0; i < 30; i++) client.publish("a", payload);
    await until(() => server.info().messages_received === 30, "the messages");
    const { readableLength } = stream;
    // No more than the stream of node:stream takes, one piece more, and what is on its way.
    assert.ok(readableLength > 0 && readableLength < 200_000, `${readableLength} bytes`);
    let length = 0;
    stream.on("data", (bytes: Uint8Array) => length += bytes.length);
    await until(() => length > 300_000, "everything");
    stream.destroy();
  });

  it("what is sent stays the client's, also when it is a Buffer", { timeout }, async () => {
    const listener = new MemoryListener();
    const host = new Host();
    await listener.open(host);
    const bytes = Buffer.from("hello");
    const client = listener.connect();
    client.send(bytes);
    const recorder = await host.stream();
    await recorder.until(({ received }) => received === 5);
    await settle();
    assert.equal(bytes.toString(), "hello");
    client.reset();
    await listener.close();
  });

  it("a program's own client: bytes", { timeout }, async () => {
    const seen: string[] = [];
    const listener = new MemoryListener({ id: "lab" });
    const hook: Hook = {
      id: "spy",
      onConnect: (client): void => void seen.push(`${client.listener} ${client.remoteAddress}`),
    };
    await using _server = await serving(listener, hook);
    const client = new TestClient(listener.connect({ remoteAddress: "192.0.2.1:5" }), 4);
    assert.equal((await client.connect({ clientId: "c" })).reasonCode, 0);
    assert.deepEqual(seen, ["lab 192.0.2.1:5"]);
  });

  it("while its server does not serve nobody connects", { timeout }, async () => {
    const listener = new MemoryListener();
    const refused = async (): Promise<void> => {
      assert.throws(
        () => listener.connect(),
        new ListenerError('Cannot connect to listener "memory": its server does not serve', {
          listener: "memory",
          code: "server-not-serving",
        }),
      );
      const stream = listener.duplex();
      const [error] = await new Promise<Error[]>((resolve) => stream.once("error", (...e) => resolve(e)));
      assert.equal((error as Error & { code: string }).code, "ECONNREFUSED");
    };
    await refused();
    const server = await serving(listener);
    await assert.rejects(
      listener.open(new Host()),
      new ListenerError('Cannot open listener "memory": another server has it already', {
        listener: "memory",
        code: "address-in-use",
      }),
    );
    assert.equal((await new TestClient(listener.connect(), 5).connect()).reasonCode, 0);
    await server.close();
    await refused();
  });
});

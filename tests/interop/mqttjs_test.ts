/** MQTT.js through the broker. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import { after, before, test } from "node:test";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { AllowAll, MemoryListener, Server } from "../../mod.ts";
import type { Program } from "../harness/program.ts";
import { startEverything, tlsFile } from "./everything.ts";

const transports = ["tcp", "tls", "ws", "wss", "unix"] as const;
type Transport = (typeof transports)[number];

let program: Program;
before(async () => {
  program = await startEverything();
});
after(async () => await program[Symbol.asyncDispose]());

const schemes = { tcp: "mqtt", tls: "mqtts", ws: "ws", wss: "wss" } as const;

async function connect(transport: Transport, options: IClientOptions): Promise<MqttClient> {
  const common: IClientOptions = {
    ...options,
    reconnectPeriod: 0,
    connectTimeout: 10_000,
    ca: readFileSync(tlsFile("authority.crt"), "utf8"),
  };
  if (transport !== "unix") {
    const path = transport.startsWith("ws") ? "/mqtt" : "";
    const address = `${schemes[transport]}://localhost:${program.port(transport)}${path}`;
    return await mqtt.connectAsync(address, { ...common, family: 4 } as IClientOptions);
  }
  const client = new mqtt.MqttClient(() => net.connect({ path: program.address("unix") }), {
    protocol: "mqtt",
    ...common,
  });
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
  });
  return client;
}

const versions = [
  { protocolVersion: 3, protocolId: "MQIsdp" },
  { protocolVersion: 4, protocolId: "MQTT" },
  { protocolVersion: 5, protocolId: "MQTT" },
] as const;

/** The next `count` messages. */
function messages(
  client: MqttClient,
  count: number,
): Promise<{ topic: string; text: string; qos: number }[]> {
  return new Promise((resolve, reject) => {
    const received: { topic: string; text: string; qos: number }[] = [];
    client.on("error", reject);
    client.on("close", () => reject(new Error(`The connection ended after ${received.length} messages`)));
    client.on("message", (topic, payload, { qos }) => {
      received.push({ topic, text: new TextDecoder().decode(payload), qos });
      if (received.length === count) resolve(received);
    });
  });
}

for (const transport of transports) {
  for (const version of versions) {
    for (const qos of [0, 1, 2] as const) {
      const { protocolVersion } = version;
      test(`mqtt.js: version ${protocolVersion} over ${transport} with QoS ${qos}`, async () => {
        const name = `${transport}-${protocolVersion}-${qos}`;
        const subscriber = await connect(transport, { ...version, clientId: `s-${name}` });
        const publisher = await connect(transport, { ...version, clientId: `p-${name}` });
        const topic = `js/${name}`;
        const granted = await subscriber.subscribeAsync(`js/+`, { qos });
        assert.equal(granted[0]!.qos, qos);
        const texts = ["one", "x".repeat(100_000), ""];
        const received = messages(subscriber, texts.length);
        for (const text of texts) await publisher.publishAsync(topic, text, { qos });
        assert.deepEqual(await received, texts.map((text) => ({ topic, text, qos })));
        await publisher.endAsync();
        await subscriber.endAsync(true);
      });
    }
  }
}

test("mqtt.js: MQTT 5 properties arrive as they were sent", async () => {
  const client = await connect("tcp", { protocolVersion: 5, clientId: "props" });
  await client.subscribeAsync("props", { qos: 1, properties: { subscriptionIdentifier: 7 } });
  const received = new Promise((resolve) =>
    client.once("message", (_topic, _payload, p) => resolve(p.properties))
  );
  const properties = {
    contentType: "text/plain",
    responseTopic: "answers",
    payloadFormatIndicator: true,
    userProperties: { colour: ["green", "blue"] },
  };
  await client.publishAsync("props", "x", { qos: 1, properties });
  const { contentType, responseTopic, payloadFormatIndicator, userProperties, subscriptionIdentifier } =
    await received as typeof properties & { subscriptionIdentifier: number };
  assert.deepEqual({ contentType, responseTopic, payloadFormatIndicator }, {
    contentType: "text/plain",
    responseTopic: "answers",
    payloadFormatIndicator: true,
  });
  assert.deepEqual(userProperties.colour, ["green", "blue"]);
  assert.equal(subscriptionIdentifier, 7);
  await client.endAsync();
});

test("mqtt.js: a session that waits keeps what was published meanwhile", async () => {
  const waiting: IClientOptions = { protocolVersion: 4, clientId: "waiting", clean: false };
  const first = await connect("tcp", waiting);
  await first.subscribeAsync("later", { qos: 1 });
  await first.endAsync();
  const publisher = await connect("ws", { protocolVersion: 4, clientId: "meanwhile" });
  for (const text of ["a", "b", "c"]) await publisher.publishAsync("later", text, { qos: 1 });
  await publisher.endAsync();
  const second = new mqtt.MqttClient(() => net.connect({ port: program.port("tcp"), host: "127.0.0.1" }), {
    ...waiting,
    protocol: "mqtt",
    reconnectPeriod: 0,
  });
  const received = await messages(second, 3);
  assert.deepEqual(received.map(({ text }) => text), ["a", "b", "c"]);
  await second.endAsync(true);
});

for (const topicAliasMaximumOut of [0, 10]) {
  test(`mqtt.js: with ${topicAliasMaximumOut} topic aliases from the server every message has its topic`, async () => {
    await using server = new Server();
    server.addHook(new AllowAll());
    const listener = new MemoryListener({ topicAliasMaximumOut });
    await server.addListener(listener);
    await server.serve();
    const client = new mqtt.MqttClient(() => listener.duplex(), {
      protocolVersion: 5,
      protocol: "mqtt",
      reconnectPeriod: 0,
      properties: { topicAliasMaximum: 10 },
    });
    await client.subscribeAsync("some/#", { qos: 2 });
    const qos = [2, 0, 2, 1, 2, 1, 0] as const;
    const received = messages(client, qos.length);
    for (const one of qos) await client.publishAsync("some/topic", `${one}`, { qos: one });
    for (const { topic } of await received) assert.equal(topic, "some/topic");
    await client.endAsync(true);
  });
}

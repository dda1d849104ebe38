/**
 * A test of your own device code, with a real broker and a real client, but without network, ports and waiting.
 *
 *     deno test -A examples/test_your_device.ts        # or: bun test ./examples/test_your_device.ts
 */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import mqtt, { type MqttClient } from "mqtt";
import { AllowAll, MemoryListener, Server } from "@comqtt/comqtt";

// --- Your code. It is given its client, so that it does not care where the broker is. ---

class Thermostat {
  readonly #client: MqttClient;
  target = 20;

  constructor(client: MqttClient) {
    this.#client = client;
    client.on("connect", () => client.subscribe("heating/target", { qos: 1 }));
    client.on("message", (_topic, payload) => {
      const target = Number(payload.toString());
      if (target >= 5 && target <= 30) this.target = target;
      client.publish("heating/state", String(this.target), { qos: 1, retain: true });
    });
  }

  measured(temperature: number): void {
    this.#client.publish("heating/valve", temperature < this.target ? "open" : "shut");
  }
}

// --- Its tests. ---

let listener: MemoryListener;
let server: Server;
let client: MqttClient;
let thermostat: Thermostat;

beforeEach(async () => {
  listener = new MemoryListener();
  server = await serve();
  // MQTT.js takes a stream of the listener for a socket. It is asked for one again when it reconnects.
  client = new mqtt.MqttClient(() => listener.duplex(), { reconnectPeriod: 1, clientId: "thermostat" });
  client.on("error", () => {}); // While there is no broker.
  thermostat = new Thermostat(client);
  await connected();
});

afterEach(async () => {
  await client.endAsync(true);
  await server.close();
});

async function serve(): Promise<Server> {
  const server = new Server();
  await server.addHook(new AllowAll());
  await server.addListener(listener);
  await server.serve();
  return server;
}

function connected(): Promise<void> {
  return new Promise((resolve) => client.once("connect", () => resolve()));
}

/** The next message of a topic, on the broker's side. */
function next(topic: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const subscription = server.subscribe(topic, (message) => {
    subscription.unsubscribe();
    resolve(new TextDecoder().decode(message.payload));
  }, { retained: false });
  return promise;
}

/** Until the broker has the subscription of the thermostat. */
async function subscribed(): Promise<void> {
  while (server.stats.subscriptions === 0) await new Promise((done) => setTimeout(done, 1));
}

test("thermostat: opens the valve when it is too cold", async () => {
  const valve = next("heating/valve");
  thermostat.measured(17);
  assert.equal(await valve, "open");
});

test("thermostat: takes a new target and says so", async () => {
  await subscribed();
  const state = next("heating/state");
  await server.publish("heating/target", "23.5", { qos: 1 });
  assert.equal(await state, "23.5");
  assert.equal(thermostat.target, 23.5);
});

test("thermostat: does not take a target that boils the tenants", async () => {
  await subscribed();
  const state = next("heating/state");
  await server.publish("heating/target", "95", { qos: 1 });
  assert.equal(await state, "20");
});

test("thermostat: comes back when the broker does", async () => {
  const back = connected();
  await server.close();
  server = await serve();
  await back;
  const valve = next("heating/valve");
  thermostat.measured(25);
  assert.equal(await valve, "shut");
});

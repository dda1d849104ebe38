/**
 * Packets in the name of clients. A gateway speaks for a device that does not know MQTT: for the broker and everybody
 * else it is a client like any other, with its id, its subscriptions and its will. And a hook publishes in the name of
 * clients that are connected, so that what others see comes from them.
 *
 *     deno run -A examples/inject.ts
 *     mosquitto_sub -t '#' -v &
 *     mosquitto_pub -t meter/set -m 5
 */

import process from "node:process";
import { AllowAll, type Packet, Server, TcpListener } from "@comqtt/comqtt";

const server = new Server();
await server.addHook(new AllowAll());
// Whoever connects is announced, by a PUBLISH that is handled as if the client had sent it.
await server.addHook({
  id: "announce",
  onSessionEstablished(client) {
    if (!client.inline) void server.injectPacket(client.id, publish(`online/${client.id}`, "1")).catch(gone);
  },
});
const tcp = new TcpListener({ id: "tcp", address: process.argv[2] ?? "127.0.0.1:1883" });
await server.addListener(tcp);
await server.serve();

/** Stands for a device at the end of a cable. */
const meter = { value: 0 };

const device = await server.newClient({
  id: "meter",
  username: "gateway",
  will: { topic: "meter/state", payload: bytes("broken"), qos: 0, retain: true, properties: {} },
  // What the broker sends to the device. QoS 1 and 2 are acknowledged by themselves.
  async onPacket(packet) {
    if (packet.type !== 3) return;
    meter.value = Number(new TextDecoder().decode(packet.payload));
    await device.inject(publish("meter/value", String(meter.value), true));
  },
});

// Any packet can be injected; types have the numbers of the standard.
await device.inject({
  type: 8, // SUBSCRIBE
  packetId: 1,
  subscriptions: [{
    filter: "meter/set",
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  }],
  properties: {},
});
await device.inject(publish("meter/state", "ready", true));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    // As if the cable had been cut: its will is published. `device.close()` would be a proper good-bye.
    await device.abort();
    await server.close();
  });
}
console.log(`MQTT on ${tcp.address}`);

function publish(topic: string, payload: string, retain = false): Packet {
  // type 3 is PUBLISH
  return { type: 3, topic, payload: bytes(payload), qos: 0, retain, dup: false, packetId: 0, properties: {} };
}

function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** It had left before its packet was handled. */
function gone(): void {}

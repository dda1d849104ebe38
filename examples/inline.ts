/**
 * The program as a client of its own broker: it publishes and subscribes without a connection.
 *
 *     deno run -A examples/inline.ts
 *     mosquitto_sub -t 'greenhouse/#' -v &
 *     mosquitto_pub -t greenhouse/temperature -m 31
 *     mosquitto_pub -t greenhouse/temperature -m 19
 */

import process from "node:process";
import { AllowAll, Server, TcpListener } from "@comqtt/comqtt";

const server = new Server();
await server.addHook(new AllowAll());
const tcp = new TcpListener({ id: "tcp", address: process.argv[2] ?? "127.0.0.1:1883" });
await server.addListener(tcp);

// Published before `serve` it is there before anybody can connect. Retained: whoever subscribes later gets it, too.
await server.publish("greenhouse/limit", "30", { retain: true });
await server.serve();

const text = new TextDecoder();
let limit = 30;
let open = false;

// Retained messages come first. Anybody may set another limit.
server.subscribe("greenhouse/limit", (message) => {
  limit = Number(text.decode(message.payload));
});

// What is thrown here is logged and harms nobody. A promise that is returned holds back the next message.
server.subscribe("greenhouse/temperature", async (message) => {
  const hot = Number(text.decode(message.payload)) > limit;
  if (hot === open) return;
  open = hot;
  // QoS 1: subscribers that want it acknowledge it; those who are away get it later.
  await server.publish("greenhouse/window", open ? "open" : "shut", { qos: 1, retain: true });
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, async () => await server.close());
console.log(`MQTT on ${tcp.address}`);

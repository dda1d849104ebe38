/**
 * The smallest broker: MQTT over TCP, open to everyone on this machine.
 *
 *     deno run -A examples/tcp.ts         # or: bun examples/tcp.ts
 *     mosquitto_sub -t 'greenhouse/#' -v &
 *     mosquitto_pub -t greenhouse/temperature -m 21.5
 *
 * To let others in, listen on all addresses: give ":1883" as its argument.
 */

import process from "node:process";
import { AllowAll, Server, TcpListener } from "@comqtt/comqtt";

const server = new Server();

// Nobody may connect until a hook says so. This one says so to everyone; for users and rules see ledger_objects.ts.
await server.addHook(new AllowAll());

const tcp = new TcpListener({ id: "tcp", address: process.argv[2] ?? "127.0.0.1:1883" });
await server.addListener(tcp);
await server.serve();

// Clients are told, connections closed, and with nothing left to do the process ends.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, async () => await server.close());
console.log(`MQTT on ${tcp.address}`);

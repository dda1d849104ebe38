/**
 * Users and rules as objects: who may connect, and what each may publish and subscribe to.
 *
 *     ANNA_PASSWORD=secret deno run -A examples/ledger_objects.ts
 *     mosquitto_sub -u anna -P secret -t 'home/#' -v &
 *     mosquitto_pub -u sensor-1 -t home/kitchen/temperature -m 21.5
 *     mosquitto_pub -u sensor-1 -t home/kitchen/lamp -m on          # goes nowhere: not allowed
 */

import process from "node:process";
import { Server, TcpListener } from "@comqtt/comqtt";
import { hashPassword, Ledger } from "@comqtt/comqtt/hooks/auth/ledger";

const ledger = new Ledger({
  users: {
    anna: {
      // A hash, so that it may be stored. Plain text works, too.
      password: await hashPassword(process.env.ANNA_PASSWORD ?? "secret"),
      acl: { "home/#": "readwrite", "$SYS/#": "read" },
    },
  },
  // Who is no listed user: the first rule that matches decides. Sensors on this machine need no password.
  auth: [{ username: "sensor-*", remote: "127.0.0.1", allow: true }],
  // What they may do: the first filter that matches decides, and the last one forbids the rest.
  acl: [
    { username: "sensor-*", filters: { "home/+/temperature": "write", "home/+/target": "read" } },
    { filters: { "#": "deny", "$SYS/#": "deny" } },
  ],
});

const server = new Server();
await server.addHook(ledger);
const tcp = new TcpListener({ id: "tcp", address: process.argv[2] ?? "127.0.0.1:1883" });
await server.addListener(tcp);
await server.serve();

// Rules can be replaced at any time: ledger.replace({ ... }). Clients stay connected, the new rules count at once.

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, async () => await server.close());
console.log(`MQTT on ${tcp.address}`);

/** A broker with a hook that takes its time for some clients: `slow_hook.ts FOLDER`, that of the project to use. */

import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const HOOK_MS = 100;

const folder = process.argv[2] ?? "";
const { AllowAll, Server, TcpListener } = await import(
  pathToFileURL(join(folder, "mod.ts")).href
) as typeof import("../../mod.ts");
const { StatsListener } = await import(
  pathToFileURL(join(folder, "dashboard", "stats.ts")).href
) as typeof import("../../dashboard/stats.ts");

const server = new Server();
await server.addHook(new AllowAll());
await server.addHook({
  id: "slow",
  onPublish: (client) => client.id.startsWith("slow-hook") ? sleep(HOOK_MS).then(() => undefined) : undefined,
});
const listeners = [
  new TcpListener({ id: "tcp", address: "127.0.0.1:0" }),
  new StatsListener({ id: "http", address: "127.0.0.1:0" }),
];
for (const listener of listeners) await server.addListener(listener);
await server.serve();
for (const { id, address } of listeners) console.log(`  ${id} ${address}`);
console.log("The broker is ready");
process.once("SIGTERM", () => void server.close().then(() => process.exit(0)));

/**
 * A broker with a storage, in a process of its own: `broker.ts PORT STORAGE DATABASE`. Told SIGUSR2 it writes what
 * its heap holds, garbage collected first where the runtime can, into a file beside the database.
 */

import { renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { MemoryStorage } from "../../../hooks/storage/memory.ts";
import { SqliteStorage } from "../../../hooks/storage/sqlite.ts";
import { AllowAll, type Hook, type Log, Server, TcpListener } from "../../../mod.ts";

const [port = "0", storage = "none", database = ""] = process.argv.slice(2);
/** What happens to each client would be a thousand lines. */
const log: Log = (level, text) => {
  if (level !== "debug") console.error(`${level}: ${text}`);
};
const server = new Server({ sysTopicInterval: 0, log });
await server.addHook(new AllowAll());
const hook = storageHook();
if (hook !== null) await server.addHook(hook);
await server.addListener(new TcpListener({ id: "tcp", address: `127.0.0.1:${port}` }));
await server.serve();
process.once("SIGTERM", () => void server.close().finally(() => process.exit(0)));
process.on("SIGUSR2", () => {
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  const file = `${database}.heap`;
  writeFileSync(`${file}.new`, JSON.stringify({ heapUsed, external, arrayBuffers }));
  renameSync(`${file}.new`, file);
});

function storageHook(): Hook | null {
  switch (storage) {
    case "none":
      return null;
    case "memory":
      return new MemoryStorage();
    case "normal":
    case "full":
    case "off":
      return new SqliteStorage({ path: database, sync: storage });
  }
  throw new Error(`There is no storage "${storage}": none, memory, normal, full or off`);
}

/** With `--v8-flags=--expose-gc` on Deno; Bun can always. */
function collect(): void {
  const all = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  all.gc?.();
  all.Bun?.gc(true);
}

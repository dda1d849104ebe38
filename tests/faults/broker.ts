/** A broker with an SQLite storage in a process of its own: `broker.ts PATH SYNC PENDING-BYTES`. */

import process from "node:process";
import { SqliteStorage, type SqliteSync } from "../../hooks/storage/sqlite.ts";
import { AllowAll, Server, TcpListener } from "../../mod.ts";

const [path = "", sync = "normal", pendingBytes = ""] = process.argv.slice(2);
const server = new Server({ sysTopicInterval: 0, log: (level, text) => console.error(`${level}: ${text}`) });
const storage = {
  path,
  sync: sync as SqliteSync,
  ...(pendingBytes === "" ? {} : { pendingBytes: Number(pendingBytes) }),
};
// Whoever started it is gone, however that came: nobody else ends it.
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
try {
  await server.addHook(new AllowAll());
  await server.addHook(new SqliteStorage(storage));
  const tcp = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
  await server.addListener(tcp);
  await server.serve();
  console.log(`port ${tcp.address.split(":")[1]}`);
  process.once("SIGTERM", () => void server.close().then(() => process.exit(0)));
} catch (error) {
  console.error(`fatal: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

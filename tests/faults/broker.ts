/**
 * A broker with an SQLite storage in a process of its own: `broker.ts PATH SYNC PENDING-BYTES`; when PATH is an address
 * as `redis://…` with one in Redis. With `slow` behind that its disk takes its time, and a file beside the database says
 * how many bytes of the write-ahead file are on it.
 */

import { fstatSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers";
import { RedisStorage } from "../../hooks/storage/redis.ts";
import { SqliteStorage, type SqliteStorageOptions, type SqliteSync } from "../../hooks/storage/sqlite.ts";
import { SqliteDriver } from "../../hooks/storage/sqlite/work/driver.ts";
import { settingsOf } from "../../hooks/storage/sqlite/options.ts";
import { systemAccess, type WalAccess } from "../../hooks/storage/sqlite/wal/file.ts";
import { AllowAll, type Hook, Server, TcpListener } from "../../mod.ts";

const SLOW_MS = 5;
const slowDisk: WalAccess = {
  ...systemAccess,
  sync(descriptor, done): void {
    const { size } = fstatSync(descriptor);
    setTimeout(() =>
      systemAccess.sync(descriptor, (error) => {
        writeFileSync(`${path}-new`, String(size));
        renameSync(`${path}-new`, `${path}-synced`);
        done(error);
      }), SLOW_MS);
  },
};

function sqlite(options: SqliteStorageOptions): Hook {
  if (disk !== "slow") return new SqliteStorage(options);
  return { id: "storage", storage: new SqliteDriver(settingsOf(options), slowDisk) };
}

const [path = "", sync = "normal", pendingBytes = "", disk] = process.argv.slice(2);
const server = new Server({ sysTopicInterval: 0, log: (level, text) => console.error(`${level}: ${text}`) });
const storage = path.startsWith("redis:")
  // (Whoever died shall not keep the next one waiting for long.)
  ? new RedisStorage({ url: path, lockTime: 1000, timeout: 2000 })
  : sqlite({
    path,
    sync: sync as SqliteSync,
    ...(pendingBytes === "" ? {} : { pendingBytes: Number(pendingBytes) }),
  });
// Whoever started it is gone, however that came: nobody else ends it.
process.stdin.on("end", () => process.exit(0));
// What is on its way or waits, for who asks with a number on a line of its own.
process.stdin.on("data", (line: Uint8Array) => {
  const { inflight, queued } = server.stats;
  console.log(`open ${new TextDecoder().decode(line).trim()}: ${inflight + queued}`);
});
try {
  await server.addHook(new AllowAll());
  await server.addHook(storage);
  const tcp = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
  await server.addListener(tcp);
  await server.serve();
  console.log(`port ${tcp.address.split(":")[1]}`);
  process.once("SIGTERM", () => void server.close().then(() => process.exit(0)));
} catch (error) {
  console.error(`fatal: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

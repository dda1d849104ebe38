/** Fills a database through the driver, in a process of its own: `fill.ts DATABASE RETAINED SESSIONS`. */

import process from "node:process";
import { SqliteStorage } from "../../../hooks/storage/sqlite.ts";
import { NO_PROPERTIES } from "../../../src/packets/properties.ts";
import { TestHost } from "../../storage/host.ts";
import { session, subscription } from "../../storage/samples.ts";
import { loaded } from "../../storage/snapshot.ts";

const [path = "", retained = "0", sessions = "0"] = process.argv.slice(2);
const { storage } = new SqliteStorage({ path, sync: "off" });
await storage.open(new TestHost());
await loaded(storage);
const payload = new Uint8Array(16);
for (let i = 0; i < Number(retained); i++) {
  storage.putRetained({
    topic: `retained/${i % 1000}/${i}`,
    payload,
    qos: 1,
    retain: true,
    properties: NO_PROPERTIES,
    publisher: "publisher",
    expiresAt: Infinity,
  });
  commit(i);
}
for (let i = 0; i < Number(sessions); i++) {
  storage.putSession(session(`client-${i}`, { disconnectedAt: Date.now() }));
  storage.putSubscription(`client-${i}`, subscription(`client/${i}/#`));
  commit(i);
}
storage.commit();
await storage.close();

function commit(i: number): void {
  if (i % 1000 !== 999) return;
  storage.commit();
  storage.idle!();
}

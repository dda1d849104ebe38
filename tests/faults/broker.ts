/** A broker with an SQLite storage in a process of its own: `broker.ts FOLDER SYNC`. */

import process from "node:process";
import { SqliteStorage, type SqliteSync } from "../../hooks/storage/sqlite.ts";
import { AllowAll, Server, TcpListener } from "../../mod.ts";

const [folder = "", sync = "normal"] = process.argv.slice(2);
const server = new Server({ sysTopicInterval: 0, log: (level, text) => console.error(`${level}: ${text}`) });
await server.addHook(new AllowAll());
await server.addHook(new SqliteStorage({ path: `${folder}/comqtt.db`, sync: sync as SqliteSync }));
const tcp = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
await server.addListener(tcp);
await server.serve();
console.log(`port ${tcp.address.split(":")[1]}`);
process.once("SIGTERM", () => void server.close());

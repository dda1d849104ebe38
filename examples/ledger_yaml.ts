/**
 * Users and rules from a YAML file. After SIGHUP it is read again; a file with mistakes changes nothing.
 *
 *     deno run -A examples/ledger_yaml.ts 127.0.0.1:1883 examples/ledger_yaml.yml
 *     mosquitto_sub -u gardener -P tomatoes -t 'greenhouse/#' -v &
 *     mosquitto_pub -u sensor-1 -t greenhouse/temperature -m 21.5
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { Server, TcpListener } from "@comqtt/comqtt";
import { Ledger, LedgerError } from "@comqtt/comqtt/hooks/auth/ledger";

const [, , address = "127.0.0.1:1883", file = fileURLToPath(new URL("./ledger_yaml.yml", import.meta.url))] =
  process.argv;

const server = new Server();
const ledger = await Ledger.read(file).catch(giveUp);
await server.addHook(ledger);
const tcp = new TcpListener({ id: "tcp", address });
await server.addListener(tcp);
await server.serve();
process.on("SIGHUP", async () => {
  try {
    await ledger.reload();
    console.log("New rules");
  } catch (error) {
    console.error(String(error)); // The old rules still count.
  }
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, async () => await server.close());
console.log(`MQTT on ${tcp.address}, rules from ${file}`);

/** Says what is wrong with the file, with line and column. */
function giveUp(error: unknown): never {
  if (!(error instanceof LedgerError)) throw error;
  console.error(error.message);
  process.exit(1);
}

/**
 * The broker in a process of its own, over real sockets. It prints `{"port":…}` first, `{"fault":…}` for whatever
 * escapes, and answers each line it reads with `{"rest":…}`; at the end of its input it leaves.
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { listenTcp } from "../../src/runtime/tcp/tcp.ts";
import { fuzzBroker, remains } from "./broker.ts";
import { heapInUse } from "./heap.ts";

function say(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function fault(what: string, thrown: unknown): void {
  say({ fault: `${what}: ${thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)}` });
}

process.on("uncaughtException", (thrown) => fault("Uncaught", thrown));
process.on("unhandledRejection", (thrown) => fault("Rejected and not handled", thrown));

const broker = fuzzBroker(null, false, (text) => fault("Logged", text));
const acceptor = await listenTcp(
  { hostname: "127.0.0.1", port: 0, onError: (error) => fault("Out of a connection", error) },
  (stream) => broker.accept(stream, "fuzz"),
);
say({ port: Number(acceptor.address.split(":").at(-1)) });

for await (const _line of createInterface({ input: process.stdin })) {
  const heap = await heapInUse();
  say({ rest: { left: remains(broker), heap } });
}
await acceptor.close();
await broker.stop(100);
process.exit(0);

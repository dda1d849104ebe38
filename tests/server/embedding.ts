/** A program that embeds a server, closes it when told to, and has nothing else to do then. */

import net from "node:net";
import process from "node:process";
import { readFileSync } from "node:fs";
import secure from "node:tls";
import { StatsListener } from "../../dashboard/stats.ts";
import { AllowAll, HttpListener, Server, TcpListener, UnixListener, WebSocketListener } from "../../mod.ts";
import { HealthListener } from "../../src/listeners/health.ts";
import { MemoryListener } from "../../src/listeners/memory.ts";
import { SocketListener } from "../../src/listeners/socket.ts";
import { listening } from "../runtime/adopted.ts";

const tls = {
  cert: readFileSync(new URL("../fixtures/tls/server.crt", import.meta.url), "utf8"),
  key: readFileSync(new URL("../fixtures/tls/server.key", import.meta.url), "utf8"),
};
const address = "127.0.0.1:0";
const server = new Server();
server.addHook(new AllowAll());
await server.addListener(new TcpListener({ id: "tcp", address }));
await server.addListener(new TcpListener({ id: "tls", address, tls }));
await server.addListener(new WebSocketListener({ id: "ws", address }));
await server.addListener(new WebSocketListener({ id: "wss", address, tls }));
await server.addListener(new HttpListener({ id: "http", address, handler: () => new Response("hello") }));
await server.addListener(new UnixListener({ id: "unix", path: `/tmp/comqtt-${crypto.randomUUID()}` }));
await server.addListener(
  new HttpListener({ id: "https", address, tls, handler: () => new Response("hello") }),
);
await server.addListener(new HealthListener({ id: "health", address }));
await server.addListener(new StatsListener({ id: "stats", address, tls }));
await server.addListener(new SocketListener({ id: "net", source: await listening(net.createServer()) }));
await server.addListener(
  new SocketListener({ id: "secure", source: await listening(secure.createServer(tls)) }),
);
const deno =
  (globalThis as { Deno?: { listen(options: { port: number; hostname: string }): Deno.Listener } }).Deno;
if (deno !== undefined) {
  const source = deno.listen({ hostname: "127.0.0.1", port: 0 });
  await server.addListener(new SocketListener({ id: "deno", source }));
}
async function* never(): AsyncGenerator<net.Socket> {
  yield await new Promise<net.Socket>(() => {});
}
await server.addListener(new SocketListener({ id: "never", source: never() }));
const memory = new MemoryListener();
await server.addListener(memory);
const own = new SocketListener({ id: "own" });
await server.addListener(own);
await server.serve();
// Clients that say nothing and never read.
memory.connect().pause();
memory.duplex();
if (process.argv.includes("stalled")) {
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  own.accept({ readable: there.readable, writable: back.writable });
}
console.log(
  JSON.stringify(Object.fromEntries(server.listeners.map((listener) => [listener.id, listener.address]))),
);
process.stdin.once("data", async () => {
  process.stdin.destroy();
  await server.close();
  console.log("closed");
});

/** A program that embeds a server, closes it when told to, and has nothing else to do then. */

import process from "node:process";
import { readFileSync } from "node:fs";
import { AllowAll, HttpListener, Server, TcpListener, UnixListener, WebSocketListener } from "../../mod.ts";

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
await server.serve();
console.log(
  JSON.stringify(Object.fromEntries(server.listeners.map((listener) => [listener.id, listener.address]))),
);
process.stdin.once("data", async () => {
  process.stdin.destroy();
  await server.close();
  console.log("closed");
});

/**
 * A broker inside a Hono application: HTTP routes publish and read the last value of a topic, and browsers speak MQTT
 * over WebSocket beside it. All of it is one process, and one `close` ends it.
 *
 *     deno run -A examples/hono.ts
 *     curl -X PUT --data 21.5 http://127.0.0.1:8080/topics/greenhouse/temperature
 *     curl http://127.0.0.1:8080/topics/greenhouse/temperature
 *     curl 'http://127.0.0.1:8080/topics?filter=greenhouse/%23'
 *
 * HTTP and WebSocket have a port each. To the world they can be one: a reverse proxy hands on what asks for /mqtt to
 * the port of the WebSocket listener and everything else to that of the application.
 */

import process from "node:process";
import { Hono } from "hono";
import { AllowAll, HttpListener, type MessageInfo, Server, WebSocketListener } from "@comqtt/comqtt";

const [, , httpAddress = "127.0.0.1:8080", webSocketAddress = "127.0.0.1:1882"] = process.argv;

const server = new Server();
await server.addHook(new AllowAll());

const text = new TextDecoder();
const app = new Hono();

/** In a program with users, whoever may not do that is turned away before; hono/basic-auth for example. */
app.put("/topics/:topic{.+}", async (context) => {
  const payload = new Uint8Array(await context.req.arrayBuffer());
  try {
    // Access control is not asked: it is the program that publishes.
    const reason = await server.publish(context.req.param("topic"), payload, { qos: 1, retain: true });
    return context.json({ result: reason.text }, reason.code < 0x80 ? 200 : 403);
  } catch (error) {
    // A topic with wildcards, or one that is too long. The message says which.
    return context.json({ error: (error as Error).message }, 400);
  }
});

app.get("/topics/:topic{.+}", (context) => {
  const topic = context.req.param("topic");
  if (/[#+]/.test(topic)) {
    return context.json({ error: "A topic has no wildcards, see /topics?filter=" }, 400);
  }
  const [message] = server.retained(topic);
  if (message === undefined) return context.json({ error: "Nobody has published that" }, 404);
  return context.body(message.payload.slice().buffer, 200, { "content-type": contentType(message) });
});

app.get("/topics", (context) => {
  try {
    const messages = [...server.retained(context.req.query("filter") ?? "#")].slice(0, 1000);
    return context.json(
      Object.fromEntries(messages.map(({ topic, payload }) => [topic, text.decode(payload)])),
    );
  } catch (error) {
    return context.json({ error: (error as Error).message }, 400);
  }
});

app.get("/clients", (context) => context.json([...server.clients].map(({ id }) => id)));

// The listener brings what a server on the open network needs: limits of time, size and connections.
const http = new HttpListener({ id: "http", address: httpAddress, handler: (request) => app.fetch(request) });
const webSocket = new WebSocketListener({ id: "ws", address: webSocketAddress, path: "/mqtt" });
await server.addListener(http);
await server.addListener(webSocket);
await server.serve();

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, async () => await server.close());
console.log(`HTTP on http://${http.address}, MQTT on ws://${webSocket.address}/mqtt`);

/** Only what MQTT 5 publishers called plain text, JSON or an image: others could be run by a browser. */
function contentType({ properties }: MessageInfo): string {
  const type = properties.contentType ?? "";
  return ["text/plain", "application/json", "image/png", "image/jpeg"].includes(type)
    ? type
    : "application/octet-stream";
}

/**
 * MQTT over WebSocket, for browsers, beside plain TCP for everything else. Both meet in one broker.
 *
 *     deno run -A examples/websocket.ts
 *     mosquitto_pub -t greenhouse/temperature -m 21.5 -r
 *
 * In a page, with MQTT.js:
 *
 *     const client = await mqtt.connectAsync("ws://127.0.0.1:1882/mqtt");
 *     client.on("message", (topic, payload) => console.log(topic, payload.toString()));
 *     await client.subscribeAsync("greenhouse/#");
 */

import process from "node:process";
import { AllowAll, Server, TcpListener, WebSocketListener } from "@comqtt/comqtt";

const [, , webSocketAddress = "127.0.0.1:1882", tcpAddress = "127.0.0.1:1883"] = process.argv;

const server = new Server();
await server.addHook(new AllowAll());

// Any other path than this one is answered with 404. With `tls` it is wss://, see tls.ts.
const webSocket = new WebSocketListener({ id: "ws", address: webSocketAddress, path: "/mqtt" });
const tcp = new TcpListener({ id: "tcp", address: tcpAddress });
await server.addListener(webSocket);
await server.addListener(tcp);
await server.serve();

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, async () => await server.close());
console.log(`MQTT over WebSocket on ws://${webSocket.address}/mqtt, over TCP on ${tcp.address}`);

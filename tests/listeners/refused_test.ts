/** Who is turned away at the door: one line in the server's log that says why, for each transport. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import { test } from "node:test";
import tls from "node:tls";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import type { LogEvent, LogLevel } from "../../src/core/log.ts";
import { HealthListener } from "../../src/listeners/health.ts";
import type { Listener } from "../../src/listeners/listener.ts";
import { SocketListener } from "../../src/listeners/socket.ts";
import { TcpListener } from "../../src/listeners/tcp.ts";
import { WebSocketListener } from "../../src/listeners/websocket.ts";
import { Server } from "../../src/server/server.ts";
import { connectPacket, encoded } from "../harness/client.ts";
import { until } from "../harness/time.ts";

const pem = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), "utf8");
const own = { cert: pem("server.crt"), key: pem("server.key") };
const strict = { ...own, ca: pem("authority.crt"), requireClientCert: true };
const address = "127.0.0.1:0";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hello = encoded(connectPacket({ clientId: "c" }), 5);

interface Seen {
  readonly level: LogLevel;
  readonly text: string;
  readonly event: LogEvent;
}

/** What a server with that listener says when somebody does that to its port. */
async function seen(listener: Listener, act: (port: number) => void): Promise<Seen> {
  const lines: Seen[] = [];
  await using server = new Server({
    sysTopicInterval: 0,
    log: (level, text, event) => void (event !== undefined && lines.push({ level, text, event })),
  });
  server.addHook(new AllowAll());
  await server.addListener(listener);
  await server.serve();
  // (A server of the program may take its time to listen.)
  await until(() => /:[1-9]\d*$/.test(listener.address), "an address");
  act(Number(/:(\d+)$/.exec(listener.address)![1]));
  await until(() => lines.length > 0, "a line");
  assert.equal(lines.length, 1, lines.map(({ text }) => text).join("\n"));
  const [line] = lines;
  assert.equal(line!.event.listener, listener.id);
  assert.match(line!.event.address!, /^127\.0\.0\.1:[1-9]\d*$/);
  return line!;
}

/** Says something, without TLS. */
function says(what: Uint8Array): (port: number) => void {
  return (port) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(what));
    socket.on("error", () => {});
    socket.resume();
  };
}

function shakes(options: tls.ConnectionOptions): (port: number) => void {
  return (port) => {
    const socket = tls.connect({ port, host: "127.0.0.1", ...options }, () => socket.end());
    socket.on("error", () => {});
    socket.resume();
  };
}

const overTls: readonly [string, () => Listener][] = [
  ["tls", () => new TcpListener({ id: "tls", address, tls: own })],
  ["wss", () => new WebSocketListener({ id: "wss", address, tls: own })],
  ["https", () => new HealthListener({ id: "https", address, tls: own })],
  ["a server of the program", () => {
    const source = tls.createServer(own);
    source.listen(0, "127.0.0.1");
    return new SocketListener({ id: "own", source });
  }],
];

for (const [name, make] of overTls) {
  for (
    const [what, sent] of [["MQTT", hello], ["HTTP", bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]] as const
  ) {
    test(`refused at the door: plain ${what} on ${name}`, async () => {
      const { level, event } = await seen(make(), says(sent));
      assert.deepEqual([level, event.code], ["info", "plain-on-tls-port"]);
      assert.match(event.detail!, /switch TLS on$/);
      assert.ok(event.error!.length > 0);
    });
  }

  test(`refused at the door: who leaves during the handshake on ${name}`, async () => {
    const { level, event } = await seen(make(), (port) => {
      const socket = net.connect(port, "127.0.0.1", () => socket.end());
      socket.on("error", () => {});
    });
    assert.deepEqual([level, event.code], ["info", "tls-handshake-failed"]);
  });

  test(`refused at the door: who does not trust the certificate of ${name}`, async () => {
    const { event } = await seen(make(), shakes({ minVersion: "TLSv1.2" }));
    assert.equal(event.code, "tls-handshake-failed");
  });
}

test("refused at the door: a client without a certificate where one is needed", async () => {
  const { event } = await seen(
    new TcpListener({ id: "tls", address, tls: strict }),
    shakes({ rejectUnauthorized: false }),
  );
  assert.deepEqual([event.code, event.setting], ["client-certificate-refused", "tls.requireClientCert"]);
});

test("refused at the door: a client with the certificate of a stranger", async () => {
  const stranger = { cert: pem("stranger.crt"), key: pem("stranger.key") };
  const { event } = await seen(
    new TcpListener({ id: "tls", address, tls: strict }),
    shakes({ rejectUnauthorized: false, ...stranger }),
  );
  assert.match(`${event.code} ${event.detail}`, /^client-certificate-refused|its certificate may be none/);
});

const request = (lines: string): Uint8Array =>
  bytes(`GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${lines}\r\n`);
const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
const mqtt = "Sec-WebSocket-Protocol: mqtt\r\n";

for (
  const [what, sent, code, detail] of [
    ["plain MQTT", hello, "websocket-refused", /what came is plain MQTT$/],
    ["TLS", Uint8Array.from([0x16, 3, 1, 2, 0, 1]), "websocket-refused", /what came is TLS$/],
    ["a page is asked for", bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "websocket-refused", /^426 /],
    ["no subprotocol", request(key), "websocket-refused", /subprotocol mqtt must be offered$/],
    ["no key", request(mqtt), "websocket-refused", /^426 /],
    [
      "a head that does not end",
      bytes(`GET / HTTP/1.1\r\nx: ${"y".repeat(9000)}`),
      "websocket-refused",
      /^431 /,
    ],
  ] as const
) {
  test(`refused at the door: WebSocket, ${what}`, async () => {
    const { level, event } = await seen(new WebSocketListener({ id: "ws", address }), says(sent));
    assert.deepEqual([level, event.code], ["info", code]);
    assert.match(event.detail!, detail);
  });
}

/** A frame of a client; the mask is nothing. */
function frame(first: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.from([first, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
}

for (
  const [what, sent, level, expected] of [
    ["a text frame", frame(0x81, hello), "debug", { code: "websocket-malformed" }],
    ["a message that is too large", frame(0x82, new Uint8Array(100)), "info", {
      code: "websocket-message-too-large",
      setting: "maxMessageBytes",
      limit: 64,
    }],
  ] as const
) {
  test(`refused: WebSocket, ${what}`, async () => {
    const listener = new WebSocketListener({ id: "ws", address, maxMessageBytes: 64 });
    const line = await seen(listener, says(Uint8Array.from([...request(key + mqtt), ...sent])));
    assert.equal(line.level, level);
    const { code, setting, limit } = line.event;
    assert.deepEqual({ setting: undefined, limit: undefined, ...expected }, { code, setting, limit });
  });
}

for (
  const [what, sent, code] of [
    ["HTTP", bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "http-on-mqtt-port"],
    ["TLS", Uint8Array.from([0x16, 3, 1, 2, 0, 1, 0, 1]), "tls-on-mqtt-port"],
  ] as const
) {
  test(`refused: ${what} where plain MQTT is spoken`, async () => {
    const { level, event } = await seen(new TcpListener({ id: "tcp", address }), says(sent));
    assert.deepEqual([level, event.code], ["info", code]);
  });
}

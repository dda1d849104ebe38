/** A banned address at each kind of listener: nothing of it is read, and no handshake is made. */

import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { Bans } from "../../hooks/auth/bans.ts";
import {
  HttpListener,
  type Listener,
  type LogEvent,
  Server,
  TcpListener,
  WebSocketListener,
} from "../../mod.ts";
import { until } from "../harness/time.ts";

const file = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const tls = { cert: file("garden.crt"), key: file("garden.key") };
const address = "127.0.0.1:0";

const listeners: Readonly<Record<string, () => Listener>> = {
  tcp: () => new TcpListener({ id: "one", address }),
  "tcp with TLS": () => new TcpListener({ id: "one", address, tls }),
  websocket: () => new WebSocketListener({ id: "one", address }),
  "websocket with TLS": () => new WebSocketListener({ id: "one", address, tls }),
};

/** What came until the connection was closed. */
function said(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let all = "";
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("error", () => {});
    socket.on("data", (more: Uint8Array) => all += new TextDecoder().decode(more));
    socket.once("close", () => resolve(all));
  });
}

for (const [name, make] of Object.entries(listeners)) {
  test(`banned address: it is not heard at a listener for ${name}`, { timeout: 20_000 }, async () => {
    const bans = new Bans();
    const events: LogEvent[] = [];
    await using server = new Server({ log: (_level, _text, event) => void (event && events.push(event)) });
    server.addHook(bans);
    server.addHook(new AllowAll());
    await server.addListener(make());
    await server.addListener(
      new HttpListener({ id: "http", address, handler: () => new Response("figures") }),
    );
    await server.serve();
    const [port, http] = server.listeners.map((one) => Number(one.address.split(":").at(-1)));
    await bans.add({ kind: "address", value: "127.0.0.1" });
    assert.equal(await said(port!, ""), "");
    await until(() => server.stats.refused.banned === 1, "the counter");
    assert.deepEqual(
      events.filter(({ code }) => code === "address-refused").map(({ hook }) => hook),
      ["bans"],
    );
    // What is no way in for clients is not closed to its operator.
    assert.match(
      await said(http!, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"),
      /^HTTP\/1\.1 200/,
    );
    await bans.remove({ kind: "address", value: "127.0.0.1" });
    assert.equal(server.stats.handshakes, 0);
    assert.equal(server.stats.connections, 0);
  });
}

/** Opening handshakes of all listeners of a server, and whoever never finishes one. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StatsListener } from "../../dashboard/stats.ts";
import { AllowAll, Server, TcpListener, WebSocketListener } from "../../mod.ts";
import { until } from "../harness/mod.ts";
import { Client, connectTcp, connectTls } from "../runtime/client.ts";
import { fixture, serverPair } from "../runtime/transports.ts";
import { WebSocketClient } from "../runtime/websocket_client.ts";

const timeout = 20_000;
const address = "127.0.0.1:0";
const half = new TextEncoder().encode("GET /mqtt HTTP/1.1\r\nHost: x\r\n");

interface Figures {
  readonly handshakes: number;
  readonly refused: { readonly pending_handshakes: number; readonly handshake_timeout: number };
}

describe("handshakes of a server", () => {
  it(
    "half-open ones on every listener keep nobody out of any, are counted and logged",
    { timeout },
    async () => {
      const lines: string[] = [];
      const server = new Server({
        limits: { pendingHandshakes: 6 },
        log: (level, text) => void lines.push(`${level} ${text}`),
      });
      server.addHook(new AllowAll());
      const ws = new WebSocketListener({ id: "ws", address });
      const tls = new TcpListener({ id: "tls", address, tls: serverPair });
      const wss = new WebSocketListener({ id: "wss", address, tls: serverPair });
      const stats = new StatsListener({ id: "stats", address });
      const listeners = [ws, tls, wss, stats];
      for (const listener of listeners) await server.addListener(listener);
      await server.serve();
      const open: Client[] = [];
      try {
        for (let i = 0; i < 5; i++) {
          for (const listener of listeners) {
            const client = new Client(await connectTcp(listener.address));
            if (listener === ws || listener === stats) client.send(half);
            open.push(client);
          }
        }
        await until(() => server.stats.refused.pendingHandshakes === 14, "all but six to make room");
        assert.equal(server.stats.handshakes, 6);
        await until(
          () => open.filter(({ ended, closed }) => ended || closed).length === 14,
          "them to be closed",
        );

        const web = await WebSocketClient.open(await connectTcp(ws.address));
        assert.match(web.head, /^HTTP\/1.1 101 /);
        const secure = await connectTls(tls.address, { ca: fixture("authority.crt") });
        const secureWeb = await WebSocketClient.open(
          await connectTls(wss.address, { ca: fixture("authority.crt") }),
        );
        assert.match(secureWeb.head, /^HTTP\/1.1 101 /);
        const figures = await (await fetch(`http://${stats.address}/`)).json() as Figures;
        assert.ok(figures.refused.pending_handshakes >= 14);
        assert.equal(figures.refused.handshake_timeout, 0);
        const [count] = [...server.retained("$SYS/broker/handshakes/evicted")];
        assert.notEqual(count, undefined);
        for (const socket of [web.socket, secure, secureWeb.socket]) socket.destroy();
      } finally {
        for (const client of open) client.reset();
        await server.close();
      }
      const told = lines.filter((line) => line.includes("code=handshakes-exceeded"));
      assert.match(
        told[0]!,
        /^info Too many handshakes at a time: the oldest of the address that has the most made room/,
      );
      assert.match(
        told[0]!,
        /address="127\.0\.0\.1:\d+" listener="\w+" setting="limits\.pendingHandshakes" limit=6\)$/,
      );
      // One at once for each listener, the others together when the server was closed.
      assert.ok(told.length <= 2 * listeners.length, told.join("\n"));
      assert.match(told.at(-1)!, /: \d+ more in \d+ s, first .* last /);
    },
  );
});

/** The listener that shows the figures of the server it was added to. */

import assert from "node:assert/strict";
import plain from "node:http";
import { get } from "node:https";
import { describe, it } from "node:test";
import { statsApp, StatsListener } from "../../dashboard/stats.ts";
import { AllowAll, Server } from "../../mod.ts";
import { MemoryListener } from "../../src/listeners/memory.ts";
import { TestClient } from "../harness/client.ts";
import { portOf } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";

const timeout = 20_000;
const address = "127.0.0.1:0";

function body(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const ca = fixture("authority.crt");
    const to = {
      host: "127.0.0.1",
      port: portOf(address),
      servername: "localhost",
      ca,
      agent: false as const,
    };
    get(to, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => text += part);
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
}

describe("stats listener", () => {
  it("shows the figures of its own server", { timeout }, async () => {
    const servers: Server[] = [];
    const figures: number[] = [];
    for (const clients of [2, 0]) {
      const server = new Server({ sysTopicInterval: 0 });
      servers.push(server);
      server.addHook(new AllowAll());
      const memory = new MemoryListener();
      const stats = new StatsListener({ id: "stats", address });
      await server.addListener(memory);
      await server.addListener(stats);
      await server.serve();
      for (let i = 0; i < clients; i++) await new TestClient(memory.connect(), 5).connect();
      const response = await fetch(`http://${stats.address}/`);
      assert.equal(response.headers.get("content-type"), "application/json");
      const { clients_connected } = await response.json() as { clients_connected: number };
      figures.push(clients_connected);
      assert.equal((await fetch(`http://${stats.address}/healthcheck`)).status, 200);
      assert.equal((await fetch(`http://${stats.address}/other`)).status, 404);
    }
    for (const server of servers) await server.close();
    assert.deepEqual(figures, [2, 0]);
  });

  it("over TLS", { timeout }, async () => {
    const tls = { cert: fixture("server.crt"), key: fixture("server.key") };
    const stats = new StatsListener({ id: "stats", address, tls });
    await using server = new Server();
    await server.addListener(stats);
    await server.serve();
    assert.equal(stats.protocol, "https");
    const { version } = JSON.parse(await body(stats.address)) as { version: string };
    assert.equal(version, server.info().version);
  });

  it("a host is what the handler takes its figures from", async () => {
    const server = new Server();
    const response = await statsApp(server)(new Request("http://localhost/"));
    assert.equal((await response.json() as { clients_connected: number }).clients_connected, 0);
  });

  it(
    "at a loopback address refuses what asks by another Host, also when it has taken over",
    { timeout },
    async () => {
      await using server = new Server({ sysTopicInterval: 0, log: null });
      const stats = new StatsListener({ id: "stats", address, aliases: ["mosquitto"] });
      await server.addListener(stats);
      await server.serve();
      const ask = (host: string): Promise<number> => statusFor(portOf(stats.address), host);
      assert.equal(await ask("evil.example"), 421);
      assert.equal(await ask(`evil.example:${portOf(stats.address)}`), 421);
      assert.equal(await ask("localhost"), 200);
      const next = new StatsListener({ id: "stats", address: stats.address });
      assert.equal(await server.replaceListener(stats, next), "kept");
      assert.equal(await statusFor(portOf(next.address), "evil.example"), 421);
      assert.equal(await statusFor(portOf(next.address), "127.0.0.1"), 200);
    },
  );
});

function statusFor(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const to = { host: "127.0.0.1", port, path: "/metrics", headers: { host }, agent: false as const };
    plain.get(to, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on("error", reject);
  });
}

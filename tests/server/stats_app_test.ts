/** What the HTTP listener answers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { statsApp } from "../../dashboard/stats_app.ts";
import { Server, type StorageStatus } from "../../mod.ts";

/** comqtt's names, in its order. */
const names = [
  "version",
  "started",
  "time",
  "uptime",
  "bytes_received",
  "bytes_sent",
  "clients_connected",
  "clients_disconnected",
  "clients_maximum",
  "clients_total",
  "messages_received",
  "messages_sent",
  "messages_dropped",
  "retained",
  "inflight",
  "inflight_dropped",
  "subscriptions",
  "packets_received",
  "packets_sent",
  "memory_alloc",
  "threads",
];

const server = new Server();
const app = statsApp(server);

function ask(path: string, method = "GET"): Promise<Response> {
  return app(new Request(`http://localhost${path}`, { method }));
}

test("stats: the figures as JSON with tabs, comqtt's names first", async () => {
  const response = await ask("/");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  const text = await response.text();
  assert.match(text, /^\{\n\t"version": "\d+\.\d+\.\d+",\n\t"started": \d+,\n/);
  const figures = JSON.parse(text) as Record<string, unknown>;
  assert.deepEqual(Object.keys(figures), [
    ...names,
    "queued",
    "handshakes",
    "event_loop",
    "abuse",
    "dropped",
    "refused",
  ]);
  for (const name of names.slice(1)) assert.ok(Number.isInteger(figures[name]), name);
});

test("stats: each reason of a drop and of a refusal is a counter", async () => {
  const figures = await (await ask("/")).json() as Record<string, Record<string, number>>;
  assert.deepEqual(Object.keys(figures.dropped!), ["slow", "queue_full", "memory", "expired", "too_large"]);
  const kinds = Object.keys(figures.refused!);
  assert.equal(kinds.length, Object.keys(server.stats.refused).length);
  for (const kind of ["connect_timeout", "pending_handshakes", "packet_too_large", "keep_alive"]) {
    assert.ok(kinds.includes(kind), kind);
  }
});

test("stats: the figures are those of the moment", async () => {
  const stats = server.stats.refused;
  const before = await (await ask("/")).json() as { refused: { client_id: number } };
  stats.clientId++;
  const after = await (await ask("/")).json() as { refused: { client_id: number } };
  assert.equal(after.refused.client_id, before.refused.client_id + 1);
});

test("stats: the health check is 200 without a body", async () => {
  for (const method of ["GET", "HEAD"]) {
    const response = await ask("/healthcheck", method);
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "");
  }
});

for (const path of ["/", "/healthcheck"]) {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    test(`stats: ${method} ${path} is not allowed`, async () => {
      const response = await ask(path, method);
      assert.equal(response.status, 405);
      assert.equal(response.headers.get("allow"), "GET, HEAD");
      assert.equal(response.headers.get("content-type"), "application/json");
    });
  }
}

test("stats: the health check says what is wrong with the storage", async () => {
  const status = { name: "sqlite", promise: "kept", failing: null, quarantined: null };
  const check = (storage: StorageStatus | null): Promise<Response> =>
    statsApp({ stats: server.stats, info: () => server.info(), storage })(
      new Request("http://localhost/healthcheck"),
    );
  for (const storage of [null, status]) assert.equal(await (await check(storage)).text(), "");
  const degraded = await check({ ...status, quarantined: "x.damaged" });
  assert.equal(degraded.status, 200);
  assert.deepEqual(await degraded.json(), {
    status: "degraded",
    storage: { name: "sqlite", failing: null, quarantined: "x.damaged" },
  });
  const failing = await check({ ...status, failing: "no room" });
  assert.equal(failing.status, 503);
  assert.equal((await failing.json()).storage.failing, "no room");
});

test("stats: everything else is not found, as JSON", async () => {
  for (const path of ["/x", "/healthcheck/x", "/metrics", "//", "/%2e%2e/etc/passwd"]) {
    const response = await ask(path);
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), { error: "Not found" });
  }
});

/** What the HTTP listener answers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { statsApp } from "../../dashboard/stats_app.ts";
import { AllowAll, type Listener, MemoryListener, Server, type StorageStatus } from "../../mod.ts";
import { until } from "../harness/time.ts";

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

for (const path of ["/", "/healthcheck", "/healthz", "/readyz", "/metrics"]) {
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
  for (const path of ["/x", "/healthcheck/x", "/metrics/", "//", "/%2e%2e/etc/passwd"]) {
    const response = await ask(path);
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), { error: "Not found" });
  }
});

test("stats: ready once it serves, with all listeners open, as long as the storage can be written", async () => {
  const server = new Server({ sysTopicInterval: 0, log: null });
  const asked = async (storage: StorageStatus | null = null): Promise<[number, string]> => {
    const { stats, figures } = server;
    const source = { stats, figures, info: () => server.info(), storage };
    const response = await statsApp(source)(new Request("http://localhost/readyz"));
    return [response.status, await response.text()];
  };
  server.addHook(new AllowAll());
  await server.addListener(new MemoryListener({ id: "first" }));
  const before = await asked();
  assert.equal(before[0], 503);
  assert.deepEqual(JSON.parse(before[1]), { status: "not ready", serving: false, opening: ["first"] });
  await server.serve();
  assert.deepEqual(await asked(), [200, ""]);
  let open: () => void = () => {};
  const slow: Listener = {
    id: "slow",
    protocol: "slow",
    address: "slow",
    open: () => new Promise((resolve) => open = resolve),
    close: () => Promise.resolve(),
  };
  const opened = server.addListener(slow);
  await until(async () => (await asked())[0] === 503, "a listener that is being opened");
  assert.deepEqual(JSON.parse((await asked())[1]).opening, ["slow"]);
  open();
  await opened;
  assert.deepEqual(await asked(), [200, ""]);
  const status = { name: "sqlite", promise: "kept", failing: null, quarantined: "x.damaged" };
  assert.equal((await asked(status))[0], 200);
  const failing = await asked({ ...status, failing: "no room" });
  assert.equal(failing[0], 503);
  assert.deepEqual(JSON.parse(failing[1]).storage, { name: "sqlite", failing: "no room" });
  const closing = server.close();
  assert.equal((await asked())[0], 503);
  await closing;
  assert.equal((await asked())[0], 503);
});

test("stats: alive, whatever the storage does", async () => {
  const storage = { name: "sqlite", promise: "kept", failing: "no room", quarantined: null };
  const app = statsApp({ stats: server.stats, info: () => server.info(), storage });
  assert.equal((await app(new Request("http://localhost/healthz"))).status, 200);
});

const foreign = [
  "evil.example",
  "evil.example:8080",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "192.0.2.7",
  "[::2]",
];
const own = [
  "localhost",
  "localhost:9",
  "127.0.0.1:8080",
  "127.1.2.3",
  "[::1]:1",
  "LOCALHOST",
  "x.localhost",
  "localhost.",
];

for (const at of ["127.0.0.1:8080", "[::1]:8080", "localhost:8080"]) {
  test(`stats: at ${at} pages elsewhere read nothing under a name of their own`, async () => {
    const storage = { name: "sqlite", promise: "kept", failing: "no room", quarantined: "secret-path" };
    const source = { stats: server.stats, info: () => server.info(), storage };
    const guarded = statsApp(source, { at: () => at });
    const get = (host: string, path: string): Promise<Response> =>
      guarded(new Request(`http://${host}${path}`));
    for (const host of foreign) {
      for (const path of ["/", "/metrics", "/nowhere"]) {
        const response = await get(host, path);
        assert.equal(response.status, 421, `${host} ${path}`);
        assert.equal((await response.json() as { code: string }).code, "host-refused");
      }
      for (const [path, status] of [["/healthz", 200], ["/readyz", 503], ["/healthcheck", 503]] as const) {
        const response = await get(host, path);
        assert.deepEqual([response.status, await response.text()], [status, ""]);
      }
    }
    for (const host of own) assert.equal((await get(host, "/metrics")).status, 200, host);
  });
}

test("stats: at an address for all, and without one, every name is answered", async () => {
  for (const at of [":8080", "0.0.0.0:8080", "192.0.2.7:8080", undefined]) {
    const open = statsApp(server, at === undefined ? {} : { at: () => at });
    for (const host of [...foreign, ...own]) {
      assert.equal((await open(new Request(`http://${host}/metrics`))).status, 200);
    }
  }
});

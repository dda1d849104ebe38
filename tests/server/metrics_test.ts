/** `/metrics`: what Prometheus is told. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { CONTENT_TYPES, exposition, formOf } from "../../dashboard/metrics/exposition.ts";
import type { Metric, Moment } from "../../dashboard/metrics/metric.ts";
import { type MetricAliases, metricsWith } from "../../dashboard/metrics/table.ts";
import { statsApp } from "../../dashboard/stats.ts";
import { MemoryStorage } from "../../hooks/storage/memory.ts";
import { AllowAll, Server } from "../../mod.ts";
import { MemoryListener } from "../../src/listeners/memory.ts";
import { TestClient } from "../harness/client.ts";
import { needs } from "../harness/needs.ts";
import { until } from "../harness/time.ts";

const both: readonly MetricAliases[] = ["mosquitto", "emqx"];
const openmetrics = "application/openmetrics-text";
const promtool = needs("promtool", spawnSync("promtool", ["--version"]).status === 0);

async function metricsOf(
  server: Server,
  accept = "",
  aliases: readonly MetricAliases[] = both,
): Promise<string> {
  const response = await statsApp(server, { aliases })(
    new Request("http://localhost/metrics", { headers: { accept } }),
  );
  assert.equal(response.status, 200);
  return await response.text();
}

/** The value of each sample, by its name with its labels. Each may be there once. */
function samplesIn(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))) {
    const [, name, value] =
      /^([a-z][a-z0-9_]*(?:\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,le="[^"]+")?\})?) (\S+)$/.exec(line) ??
        assert.fail(line);
    assert.ok(!samples.has(name!), `${name} twice`);
    assert.ok(Number.isFinite(Number(value)), line);
    samples.set(name!, Number(value));
  }
  return samples;
}

test("metrics: each has a type, a text and no name twice; labels are none a stranger chooses", () => {
  const metrics = metricsWith(both);
  assert.equal(new Set(metrics.map(({ name }) => name)).size, metrics.length);
  const labels = ["version", "runtime", "state", "type", "reason", "qos", "listener", "result"];
  for (const { name, type, unit, help, label } of metrics) {
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.ok(!name.endsWith("_total") || type === "unknown", name);
    assert.ok(help.length > 2 && !help.endsWith("."), name);
    assert.ok(unit === undefined || name.endsWith(`_${unit}`), name);
    assert.ok(label === undefined || labels.includes(label), `${name}: ${label}`);
  }
});

test("metrics: they count what happens, by listener, reason and QoS", async () => {
  await using server = new Server({ sysTopicInterval: 0, log: null });
  server.addHook(new AllowAll());
  server.addHook(new MemoryStorage());
  const listener = new MemoryListener({ id: "memory" });
  await server.addListener(listener);
  await server.serve();
  const client = new TestClient(listener.connect(), 5);
  await client.connect({ clientId: "secret-name" });
  await client.subscribe("a", 1);
  await client.subscribe("$share/g/a", 1);
  const publisher = new TestClient(listener.connect(), 5);
  await publisher.connect();
  for (let i = 0; i < 64; i++) await publisher.published("a", "x", { qos: 1 });
  server.stats.refused.packetTooLarge++;
  const text = await metricsOf(server);
  const samples = samplesIn(text);
  const are = Object.entries({
    'comqtt_listener_connections{listener="memory"}': 2,
    'comqtt_listener_accepted_total{listener="memory"}': 2,
    'comqtt_refused_total{reason="packet_too_large"}': 1,
    comqtt_messages_received_total: 64,
    comqtt_messages_sent_total: 128,
    comqtt_subscriptions: 2,
    comqtt_shared_subscriptions: 1,
    comqtt_ready: 1,
    comqtt_storage_failing: 0,
    'comqtt_publish_duration_seconds_count{qos="1"}': 1,
    'comqtt_publish_duration_seconds_bucket{qos="1",le="+Inf"}': 1,
    'comqtt_publish_duration_seconds_count{qos="0"}': 0,
    messages_received: 64,
    broker_publish_messages_received: 64,
    broker_shared_subscriptions_count: 1,
    emqx_messages_received: 64,
    emqx_live_connections_count: 2,
  });
  for (const [name, value] of are) assert.equal(samples.get(name), value, name);
  assert.ok(samples.get('comqtt_publish_duration_seconds_sum{qos="1"}')! > 0);
  assert.ok(!text.includes("secret-name"));
  client.disconnect();
  await until(() => server.stats.connections === 1, "the end of a connection");
  assert.equal(samplesIn(await metricsOf(server)).get('comqtt_listener_connections{listener="memory"}'), 1);
});

test("metrics: names of others only when they are asked for, those of comqtt 2 always", async () => {
  const samples = samplesIn(await metricsOf(new Server({ log: null }), "", []));
  assert.ok(![...samples.keys()].some((name) => /^(?:broker|emqx)_/.test(name)));
  assert.equal(samples.get("threads"), 1);
  assert.equal(samples.get("comqtt_ready"), 0);
});

test("metrics: a histogram's buckets only grow, and the last one has all", async () => {
  const samples = samplesIn(await metricsOf(new Server({ log: null })));
  const buckets = [...samples].filter(([name]) => name.startsWith("comqtt_event_loop_late_seconds_bucket"));
  assert.ok(buckets.length > 10);
  assert.match(buckets.at(-1)![0], /le="\+Inf"/);
  for (let i = 1; i < buckets.length; i++) assert.ok(buckets[i]![1] >= buckets[i - 1]![1]);
  assert.equal(buckets.at(-1)![1], samples.get("comqtt_event_loop_late_seconds_count"));
});

test("metrics: OpenMetrics by Accept, with UNIT, names without _total, and an end", async () => {
  const text = await metricsOf(new Server({ log: null }), `${openmetrics};version=1.0.0,text/plain;q=0.5`);
  assert.ok(text.endsWith("\n# EOF\n"));
  assert.match(
    text,
    /^# TYPE comqtt_received_bytes counter\n# UNIT comqtt_received_bytes bytes\ncomqtt_received_bytes_total \d+$/m,
  );
  assert.match(text, /^# TYPE threads unknown$/m);
  assert.match(text, /le="1\.0"/);
  // What is said of a metric stands before it, once, and nothing else's between.
  let family = "";
  const seen = new Set<string>();
  for (const line of text.split("\n").slice(0, -2)) {
    const [, name] = /^# HELP (\S+) /.exec(line) ?? [];
    if (name !== undefined) {
      assert.ok(!seen.has(name), name);
      seen.add(family = name);
    } else assert.ok(line.replace(/^# (?:TYPE|UNIT) /, "").startsWith(family), `${line} in ${family}`);
  }
});

for (
  const [accept, form] of [
    ["", "prometheus"],
    ["*/*", "prometheus"],
    ["text/html", "prometheus"],
    [openmetrics, "openmetrics"],
    [`${openmetrics};version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`, "openmetrics"],
    [`${openmetrics};q=0.2,text/plain;q=0.9`, "prometheus"],
    [`${openmetrics};q=0`, "prometheus"],
    [`${openmetrics};q=nonsense`, "prometheus"],
    [",;;q=,", "prometheus"],
  ] as const
) {
  test(`metrics: Accept "${accept}" is answered as ${form}`, async () => {
    assert.equal(formOf(accept), form);
    const request = new Request("http://localhost/metrics", { headers: { accept } });
    const response = await statsApp(new Server({ log: null }))(request);
    assert.equal(response.headers.get("content-type"), CONTENT_TYPES[form]);
  });
}

test("metrics: the value of a label may be anything", () => {
  const odd: Metric = {
    name: "odd",
    type: "gauge",
    label: "listener",
    help: 'a\\b\nc"',
    read: () => [['x"y\\z\n', 1]],
  };
  assert.equal(
    exposition([odd], {} as Moment, "prometheus"),
    '# HELP odd a\\\\b\\nc"\n# TYPE odd gauge\nodd{listener="x\\"y\\\\z\\n"} 1\n',
  );
  assert.match(exposition([odd], {} as Moment, "openmetrics"), /^# HELP odd a\\\\b\\nc\\"\n/);
});

test("metrics: promtool has nothing to say against them", promtool, async () => {
  await using server = new Server({ sysTopicInterval: 0, log: null, limits: { memory: 1 << 30 } });
  server.addHook(new AllowAll());
  server.addHook(new MemoryStorage());
  const listener = new MemoryListener({ id: 'odd "name"' });
  await server.addListener(listener);
  await server.serve();
  await new TestClient(listener.connect(), 5).connect();
  for (const aliases of [[], both]) {
    const input = await metricsOf(server, "", aliases);
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
      input,
      encoding: "utf8",
    });
    assert.equal(`${stdout}${stderr}`, "");
    assert.equal(status, 0);
  }
});

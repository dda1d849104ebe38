/** As many messages as the broker takes. */
import { both, CPU, field, type Metric, scaled, THROUGHPUT, type Workload } from "../workload.ts";

function throughput(timesMosquitto: number): Metric {
  return {
    title: "throughput",
    unit: "messages/s",
    of: field(THROUGHPUT),
    target: both("ratio", "at least", timesMosquitto),
  };
}

const CPU_PER_MESSAGE: Metric = { title: "broker CPU per message", unit: "µs", of: field(CPU) };

/** A tenth of the messages goes first, unmeasured: no broker is judged on its first milliseconds. */
function counted(messages: number, scale: number): { messages: number; warmup: number } {
  const count = scaled(messages, scale, 10);
  return { messages: count, warmup: Math.ceil(count / 10) };
}

export const FLAT_OUT: readonly Workload[] = [
  {
    name: "pair-100",
    title: "100 clients, each to itself, QoS 0",
    payloads: "all",
    fresh: false,
    runs: (scale) => [{ mode: "pair", clients: 100, ...counted(10_000, scale) }],
    metrics: [throughput(25), { ...CPU_PER_MESSAGE, target: both("value", "at most", 0.3) }],
  },
  {
    name: "fanout-100",
    title: "1 → 100, QoS 0",
    payloads: "all",
    fresh: false,
    runs: (scale) => [{ mode: "fanout", clients: 100, ...counted(10_000, scale) }],
    metrics: [throughput(20), CPU_PER_MESSAGE],
  },
  {
    name: "fanout-1000",
    title: "1 → 1,000, QoS 0",
    payloads: "all",
    fresh: false,
    runs: (scale) => [{ mode: "fanout", clients: 1000, ...counted(1000, scale) }],
    metrics: [throughput(20), CPU_PER_MESSAGE],
  },
  {
    name: "fanin-100",
    title: "100 → 1, QoS 0",
    payloads: "all",
    fresh: false,
    runs: (scale) => [{ mode: "fanin", clients: 100, ...counted(10_000, scale) }],
    metrics: [throughput(20), CPU_PER_MESSAGE],
  },
  {
    name: "qos1-10",
    title: "10 clients, each to itself, QoS 1, window 100",
    payloads: "all",
    fresh: false,
    runs: (scale) => [{ mode: "pair", clients: 10, qos: 1, window: 100, ...counted(50_000, scale) }],
    metrics: [throughput(12), CPU_PER_MESSAGE],
  },
  {
    name: "qos2-10",
    title: "10 clients, each to itself, QoS 2, window 100",
    payloads: "all",
    fresh: false,
    runs: (scale) => [{ mode: "pair", clients: 10, qos: 2, window: 100, ...counted(30_000, scale) }],
    metrics: [throughput(12), CPU_PER_MESSAGE],
  },
];

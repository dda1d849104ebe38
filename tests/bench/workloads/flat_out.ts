/** As many messages as the broker takes. */
import type { LoadArgs } from "../load.ts";
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

function flatOut(name: string, title: string, timesMosquitto: number, runs: Workload["runs"]): Workload {
  const metrics = [throughput(timesMosquitto), CPU_PER_MESSAGE];
  return { name, title, payloads: "all", fresh: false, runs, metrics };
}

/** By time: what keeps mosquitto busy for seconds is over in a moment on a broker that is forty times as fast. */
function timed(scale: number, args: LoadArgs): LoadArgs[] {
  return [{ ...args, seconds: scaled(3, scale, 1) }];
}

// All brokers get messages that are not counted first (`warmup`): none is judged on its first milliseconds. Where the
// load lasts for a time, `ahead` bounds what is on its way at QoS 0. It is thousands of messages, so the broker is
// never idle; without it a slow one would have minutes of work in its sockets when the time is up.
export const FLAT_OUT: readonly Workload[] = [
  {
    ...flatOut("pair-100", "100 clients, each 10,000 messages to itself, QoS 0", 25, (scale) => {
      const messages = scaled(10_000, scale);
      return [{ mode: "pair", clients: 100, messages, warmup: messages / 10 }];
    }),
    metrics: [throughput(25), { ...CPU_PER_MESSAGE, target: both("value", "at most", 0.3) }],
  },
  flatOut(
    "fanout-100",
    "1 → 100, QoS 0",
    20,
    (scale) => timed(scale, { mode: "fanout", clients: 100, ahead: 500, warmup: 500 }),
  ),
  flatOut(
    "fanout-1000",
    "1 → 1,000, QoS 0",
    20,
    (scale) => timed(scale, { mode: "fanout", clients: 1000, ahead: 500, warmup: 100 }),
  ),
  flatOut(
    "fanin-100",
    "100 → 1, QoS 0",
    20,
    (scale) => timed(scale, { mode: "fanin", clients: 100, ahead: 100, warmup: 1000 }),
  ),
  flatOut(
    "qos1-10",
    "10 clients, each to itself, QoS 1, window 100",
    12,
    (scale) => timed(scale, { mode: "pair", clients: 10, qos: 1, window: 100, warmup: 2000 }),
  ),
  flatOut(
    "qos2-10",
    "10 clients, each to itself, QoS 2, window 100",
    12,
    (scale) => timed(scale, { mode: "pair", clients: 10, qos: 2, window: 100, warmup: 2000 }),
  ),
];

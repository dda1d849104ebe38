/** Very many connections, subscriptions and topics: what each of them costs, in memory and for the others. */
import { both, CPU, field, quotient, scaled, type Workload } from "../workload.ts";

const KB = 1024;
/** Longer than a garbage collector usually waits before it cleans up after a burst. */
const SETTLE_SECONDS = 3;

export const SCALE: readonly Workload[] = [
  {
    name: "connects-5000",
    title: "5,000 connects, each with one subscription",
    payloads: "smallest",
    fresh: true,
    runs: () => [{ mode: "idle", clients: 5000, settle: 0 }],
    metrics: [
      { title: "time for all", unit: "s", of: field("connect_seconds"), target: both("value", "at most", 3) },
    ],
  },
  {
    name: "idle-10000",
    title: "10,000 idle connections with one subscription",
    payloads: "smallest",
    fresh: true,
    runs: (scale) => [{
      mode: "idle",
      clients: scaled(10_000, scale, 5000),
      settle: SETTLE_SECONDS,
      hold: scaled(5, scale, 1),
    }],
    metrics: [
      {
        title: "memory per connection",
        unit: "bytes",
        of: field("bytes_per_connection"),
        target: { of: "value", bound: "at most", limit: { deno: 12 * KB, bun: 8 * KB } },
      },
    ],
  },
  {
    name: "beside-10000",
    title: "pair-100 beside 10,000 idle connections",
    payloads: "smallest",
    fresh: false,
    runs: (scale) => {
      const pair = {
        mode: "pair",
        clients: 100,
        messages: scaled(10_000, scale),
        warmup: scaled(1000, scale),
      };
      return [pair, { ...pair, beside: scaled(10_000, scale, 5000) }];
    },
    metrics: [
      // "Must not grow"; a quarter is what two runs of the same kind may differ by.
      {
        title: "broker CPU per message, against without them",
        unit: "times",
        of: quotient(CPU, 1, CPU, 0),
        target: both("value", "at most", 1.25),
      },
    ],
  },
  {
    name: "subs-1m",
    title: "1,000,000 subscriptions, half of them with wildcards",
    payloads: "smallest",
    fresh: true,
    runs: (scale) => [{
      mode: "subs",
      clients: 1000,
      subscriptions: scaled(1_000_000, scale),
      messages: scaled(200_000, scale),
      settle: SETTLE_SECONDS,
      limit: 300,
    }],
    metrics: [
      {
        title: "memory per subscription",
        unit: "bytes",
        of: field("bytes_per_subscription"),
        target: { of: "value", bound: "at most", limit: { deno: 400 } },
      },
      {
        title: "subscribes",
        unit: "per second",
        of: field("subscribes_per_second"),
        target: both("value", "at least", 100_000),
      },
      {
        title: "broker CPU per publish to one of them",
        unit: "µs",
        of: field("flat_out.broker_cpu_us_per_publish"),
        target: both("value", "at most", 5),
      },
      {
        title: "the same with 1,000 subscriptions",
        unit: "µs",
        of: field("flat_out_with_few.broker_cpu_us_per_publish"),
      },
      { title: "latency p99 at 2,000/s", unit: "µs", of: field("paced.latency_us.p99") },
    ],
  },
  {
    name: "topics-1m",
    title: "1,000,000 distinct topics published",
    payloads: "smallest",
    fresh: true,
    runs: (scale) => [{ mode: "topics", messages: scaled(1_000_000, scale), settle: SETTLE_SECONDS }],
    metrics: [
      {
        title: "memory at the end, against after two tenths",
        unit: "times",
        of: (reports) => field("broker_rss_kb_after")(reports) / field("broker_rss_kb_by_tenth.1")(reports),
        target: both("value", "at most", 1.1), // flat, but for what a garbage collector leaves lying
      },
      { title: "publishes", unit: "per second", of: field("publishes_per_second") },
      { title: "broker CPU per publish", unit: "µs", of: field("broker_cpu_us_per_publish") },
    ],
  },
];

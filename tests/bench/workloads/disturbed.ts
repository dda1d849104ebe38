/** Traffic beside something that disturbs it, against the same traffic alone. */
import type { LoadReport } from "../load.ts";
import { both, field, quotient, scaled, THROUGHPUT, type Workload } from "../workload.ts";

const CHURN = 10_000;

function tooFewOperations(reports: readonly LoadReport[]): string | undefined {
  const reached = field("churn_per_second", 1)(reports);
  return reached < CHURN * 0.95 ? `Only ${Math.round(reached)} of ${CHURN} subscribes a second` : undefined;
}

export const DISTURBED: readonly Workload[] = [
  {
    name: "churn-10000",
    title: "100 clients, each to itself, beside 10,000 subscribes and unsubscribes a second",
    payloads: "all",
    fresh: false,
    runs: (scale, payload) => {
      // By time, so that there is as much churn on a fast broker as on a slow one. The bound on what is on its way
      // keeps a slow broker from having minutes of work in its sockets when the time is up; a quarter of a megabyte
      // per client is less than any broker should drop.
      const ahead = payload > 256 ? 250 : 1000;
      const quiet = { clients: 100, seconds: scaled(4, scale, 1), ahead, warmup: 1000 };
      return [{ mode: "pair", ...quiet }, { mode: "churn", churn: CHURN, churners: 100, ...quiet }];
    },
    refuse: tooFewOperations,
    metrics: [
      {
        title: "throughput, against without",
        unit: "times",
        of: quotient(THROUGHPUT, 1, THROUGHPUT, 0),
        target: both("value", "at least", 0.5),
      },
      { title: "throughput", unit: "messages/s", of: field(THROUGHPUT, 1) },
      {
        title: "memory after, against before",
        unit: "times",
        of: quotient("broker_rss_kb_after", 1, "broker_rss_kb_before", 1),
      },
    ],
  },
  {
    name: "stall-64",
    title: "100 clients, each to itself, beside 64 readers that stopped reading",
    payloads: "all",
    fresh: false,
    runs: (scale) => {
      const quiet = { clients: 100, messages: scaled(10_000, scale), warmup: scaled(2000, scale) };
      return [{ mode: "pair", ...quiet }, { mode: "stall", readers: 64, ...quiet }];
    },
    metrics: [
      {
        title: "throughput, against without",
        unit: "times",
        of: quotient(THROUGHPUT, 1, THROUGHPUT, 0),
        target: both("value", "at least", 0.9),
      },
      { title: "throughput", unit: "messages/s", of: field(THROUGHPUT, 1) },
    ],
  },
];

/** One message at a time, as a quiet system sees them: latency, and what a wake-up costs. */
import type { LoadReport } from "../load.ts";
import { both, CPU, field, scaled, type Workload } from "../workload.ts";

const RATE = 20_000;

/** Latency at a lower rate than asked for would be a number about something else. */
function tooSlow(reports: readonly LoadReport[]): string | undefined {
  const reached = field("publishes_per_second")(reports);
  return reached < RATE * 0.98 ? `Only ${Math.round(reached)} of ${RATE} messages a second` : undefined;
}

function paced(clients: number): Workload {
  return {
    name: `paced-${clients}`,
    title: `${clients.toLocaleString("en")} clients, ${
      RATE.toLocaleString("en")
    } messages/s in all, one at a time`,
    payloads: "all",
    fresh: false,
    runs: (scale) => [{
      mode: "pair",
      clients,
      rate: RATE,
      warmup: Math.ceil(RATE / clients),
      seconds: scaled(5, scale, 2),
    }],
    refuse: tooSlow,
    metrics: [
      {
        title: "broker CPU per message",
        unit: "µs",
        of: field(CPU),
        target: { of: "ratio", bound: "at most", limit: { deno: 1.4, bun: 1.1 } },
      },
      { title: "latency p50", unit: "µs", of: field("latency_us.p50") },
      { title: "latency p99", unit: "µs", of: field("latency_us.p99"), target: both("ratio", "at most", 1) },
      { title: "latency p99.9", unit: "µs", of: field("latency_us.p99_9") },
    ],
  };
}

export const PACED: readonly Workload[] = [paced(100), paced(1000)];

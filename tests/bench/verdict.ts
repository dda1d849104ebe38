/** From samples to medians, ratios and verdicts. */
import type { BrokerName } from "./brokers.ts";
import type { Outcome, Row } from "./measure.ts";
import { DISTURBING } from "./quiet.ts";
import type { Metric, Target } from "./workload.ts";

/** One broker's cell in the line of one metric. */
export type Cell =
  | { readonly kind: "failed" }
  | { readonly kind: "skipped"; readonly reason: string }
  | {
    readonly kind: "measured";
    readonly median: number;
    readonly least: number;
    readonly most: number;
    /** Others used the machine during every repetition: do not trust it. */
    readonly disturbed: boolean;
    /** To mosquitto's median in the same run. */
    readonly ratio?: number;
    readonly reached?: boolean;
  };

export interface Line {
  readonly row: Row;
  readonly metric: Metric;
  readonly cells: ReadonlyMap<BrokerName, Cell>;
}

function median(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

function limitFor(target: Target | undefined, broker: BrokerName): number | undefined {
  return broker === "mosquitto" ? undefined : target?.limit[broker];
}

/** Whether the target is reached; `undefined` when there is none, or nothing to compare with. */
function judge(
  target: Target | undefined,
  broker: BrokerName,
  value: number,
  ratio: number | undefined,
): boolean | undefined {
  const limit = limitFor(target, broker);
  const compared = target?.of === "ratio" ? ratio : value;
  if (limit === undefined || compared === undefined) return undefined;
  return target?.bound === "at least" ? compared >= limit : compared <= limit;
}

function cellOf(
  outcome: Outcome,
  index: number,
  metric: Metric,
  broker: BrokerName,
  base: number | undefined,
): Cell {
  if (!outcome.ok) return outcome.skipped ? { kind: "skipped", reason: outcome.reason } : { kind: "failed" };
  const clean = outcome.samples.filter((sample) => sample.disturbance <= DISTURBING);
  const counted = clean.length > 0 ? clean : outcome.samples;
  const sorted = counted.map((sample) => sample.values[index] ?? NaN).sort((a, b) => a - b);
  const value = median(sorted);
  const ratio = broker === "mosquitto" || base === undefined || base === 0 ? undefined : value / base;
  const reached = judge(metric.target, broker, value, ratio);
  return {
    kind: "measured",
    median: value,
    least: sorted[0] ?? NaN,
    most: sorted.at(-1) ?? NaN,
    disturbed: clean.length === 0,
    ...(ratio === undefined ? {} : { ratio }),
    ...(reached === undefined ? {} : { reached }),
  };
}

/** One line for each metric of a row. */
export function linesOf(row: Row): Line[] {
  return row.workload.metrics.map((metric, index) => {
    const cells = new Map<BrokerName, Cell>();
    const reference = row.outcomes.get("mosquitto");
    const base = reference === undefined
      ? undefined
      : cellOf(reference, index, metric, "mosquitto", undefined);
    for (const [broker, outcome] of row.outcomes) {
      const value = base?.kind === "measured" ? base.median : undefined;
      cells.set(broker, cellOf(outcome, index, metric, broker, value));
    }
    return { row, metric, cells };
  });
}

/** Why brokers failed in a row, in words. */
export function failuresOf(row: Row): string[] {
  return [...row.outcomes].flatMap(([broker, outcome]) =>
    outcome.ok || outcome.skipped ? [] : [
      `${row.workload.name}, ${row.variant.payload} bytes, MQTT ${row.variant.protocol}, ${broker}: ${outcome.reason}`,
    ]
  );
}

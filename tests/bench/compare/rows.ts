/** What two builds are compared by. */

import type { LoadArgs } from "../load.ts";
import { CPU, THROUGHPUT } from "../workload.ts";

export interface CompareRow {
  readonly name: string;
  /** Null: nobody connects, and its memory is looked at. */
  readonly load: LoadArgs | null;
  /** With `--data`. */
  readonly kept?: boolean;
  /** A process of its own for every run. */
  readonly fresh?: boolean;
  /** More of it is better: messages a second. */
  readonly rate?: string;
  /** Less of it is better. */
  readonly cost: string;
  /** The medians of the cost are shown with it, in this unit. */
  readonly unit?: string;
}

const FLAT = { payload: 16, rate: THROUGHPUT, cost: CPU } as const;

function flat(name: string, load: LoadArgs): CompareRow {
  const { rate, cost, payload } = FLAT;
  return { name, load: { payload, ...load }, rate, cost };
}

/** `scale`: 1, or less for a quick look. */
export function compareRows(scale: number): readonly CompareRow[] {
  const seconds = Math.max(1, 2 * scale);
  return [
    flat("pair-100", { mode: "pair", clients: 100, messages: Math.max(1000, 40_000 * scale), warmup: 1000 }),
    flat("fanout-100", { mode: "fanout", clients: 100, ahead: 500, warmup: 500, seconds }),
    flat("fanout-1000", { mode: "fanout", clients: 1000, ahead: 500, warmup: 100, seconds }),
    flat("qos1-10", { mode: "pair", clients: 10, qos: 1, window: 100, warmup: 2000, seconds }),
    {
      ...flat("qos1-10-kept", {
        mode: "twin",
        clients: 10,
        qos: 1,
        window: 100,
        persistent: 1,
        warmup: 2000,
        seconds,
      }),
      kept: true,
    },
    {
      name: "paced-100",
      load: { mode: "pair", clients: 100, rate: 20_000, warmup: 200, payload: 16, seconds: seconds + 1 },
      cost: CPU,
    },
    {
      name: "connects-5000",
      load: { mode: "idle", clients: 5000, settle: 0 },
      fresh: true,
      cost: "connect_seconds",
    },
    { name: "idle-memory", load: null, cost: "resident_mb", unit: "MB" },
  ];
}

/** What a metric is: the tables of this folder are made of them; the answer of `/metrics` and docs/metrics.md of the tables. */

import type { Figures } from "../../src/core/figures/figures.ts";
import type { HistogramFigures } from "../../src/core/figures/histogram.ts";
import type { LatenessFigures } from "../../src/core/lateness.ts";
import type { MemoryFigures } from "../../src/core/overload.ts";
import type { Stats } from "../../src/core/stats.ts";
import type { SystemInfo } from "../../src/core/system_info.ts";
import type { StorageStatus } from "../../src/storage/storage.ts";

/** Everything of one moment. */
export interface Moment {
  readonly info: SystemInfo;
  readonly stats: Readonly<Stats>;
  readonly storage: StorageStatus | null;
  readonly lateness: LatenessFigures | null;
  readonly memory: MemoryFigures | null;
  readonly figures: Figures | null;
}

/** By the value of the metric's label. */
export type Labelled<T> = readonly (readonly [label: string, value: T])[];

interface Named {
  /** Without `_total`, which counters get. */
  readonly name: string;
  /** The last word of the name, where it is one of these. */
  readonly unit?: "bytes" | "seconds";
  /** One sentence, without a stop. */
  readonly help: string;
  /** The label whose values `read` gives; it is never a client id, or anything else a stranger chooses. */
  readonly label?: string;
}

/** `unknown`: it goes by a name of somebody else's, which does not say what it is. Null: there is none of it. */
export interface NumberMetric extends Named {
  readonly type: "counter" | "gauge" | "unknown";
  readonly read: (moment: Moment) => number | Labelled<number> | null;
}

export interface HistogramMetric extends Named {
  readonly type: "histogram";
  readonly read: (moment: Moment) => HistogramFigures | Labelled<HistogramFigures> | null;
}

export type Metric = NumberMetric | HistogramMetric;

/** `packetTooLarge` as `packet_too_large`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

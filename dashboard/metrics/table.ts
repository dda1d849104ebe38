/** All metrics there are. */

import { clients } from "./clients.ts";
import { comqtt2 } from "./comqtt_2.ts";
import { emqx } from "./emqx.ts";
import type { Metric } from "./metric.ts";
import { mosquitto } from "./mosquitto.ts";
import { process } from "./process.ts";
import { traffic } from "./traffic.ts";

/** Under our own names. */
export const OWN: readonly Metric[] = [...process, ...traffic, ...clients];

export { comqtt2 as COMQTT_2 };

/** Names of other brokers that may be asked for. */
export type MetricAliases = "mosquitto" | "emqx";

export const ALIASES: { readonly [K in MetricAliases]: readonly Metric[] } = { mosquitto, emqx };

/** Those that are shown: ours, those of comqtt 2, and what was asked for. */
export function metricsWith(aliases: readonly MetricAliases[]): readonly Metric[] {
  return [...OWN, ...comqtt2, ...[...new Set(aliases)].flatMap((name) => ALIASES[name])];
}

/** Figures for Prometheus. */

import type { MetricAliases } from "../../../dashboard/metrics/table.ts";
import { listOf, oneOf } from "../values.ts";
import { type Section, section, setting } from "./item.ts";

export interface MetricsValues {
  readonly aliases: readonly MetricAliases[];
}

export const metrics: Section<MetricsValues> = section(
  "Figures for Prometheus, at `/metrics` of HTTP listeners.",
  {
    aliases: setting(
      listOf(oneOf<MetricAliases>(["mosquitto", "emqx"])),
      "Under which names of others the figures are shown as well, for the boards there are: those that mosquitto-exporter makes " +
        "(`broker_…`), those of EMQX (`emqx_…`).",
      { otherwise: "none" },
    ),
  },
);

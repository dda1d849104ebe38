/**
 * Metrics as text, in the two forms that Prometheus reads: its own (version 0.0.4) and OpenMetrics 1.0.0. The older one has
 * no UNIT; as everything else behind a `#`, readers pass over it.
 */

import type { HistogramFigures } from "../../src/core/figures/histogram.ts";
import type { Metric, Moment } from "./metric.ts";

export type Form = "prometheus" | "openmetrics";

export const CONTENT_TYPES: { readonly [K in Form]: string } = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** What an `Accept` header asks for: OpenMetrics when it likes that at least as much as plain text. */
export function formOf(accept: string): Form {
  let openmetrics = 0;
  let plain = 0;
  for (const part of accept.split(",", 32)) {
    const [type = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const q = parameters.find((text) => text.startsWith("q="))?.slice(2);
    const weight = q === undefined ? 1 : Number(q);
    if (!(weight >= 0)) continue;
    if (type === "application/openmetrics-text") openmetrics = Math.max(openmetrics, weight);
    else if (type === "text/plain") plain = Math.max(plain, weight);
  }
  return openmetrics > 0 && openmetrics >= plain ? "openmetrics" : "prometheus";
}

/** The names of the samples of a metric without what belongs to a histogram's parts. */
export function sampleName({ name, type }: Metric): string {
  return type === "counter" ? `${name}_total` : name;
}

export function exposition(metrics: readonly Metric[], moment: Moment, form: Form): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    const samples = samplesOf(metric, moment, form);
    if (samples.length > 0) lines.push(...headOf(metric, form), ...samples);
  }
  if (form === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function headOf(metric: Metric, form: Form): string[] {
  const { type, unit, help } = metric;
  const name = form === "openmetrics" ? metric.name : sampleName(metric);
  const called = form === "prometheus" && type === "unknown" ? "untyped" : type;
  const text = help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
  return [
    `# HELP ${name} ${form === "openmetrics" ? text.replace(/"/g, '\\"') : text}`,
    `# TYPE ${name} ${called}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
  ];
}

function samplesOf(metric: Metric, moment: Moment, form: Form): string[] {
  const { label } = metric;
  if (metric.type === "histogram") {
    const read = metric.read(moment);
    if (read === null) return [];
    return "bounds" in read
      ? histogram(metric.name, "", read, form)
      : read.flatMap(([value, one]) => histogram(metric.name, labelled(label, value), one, form));
  }
  const read = metric.read(moment);
  if (read === null) return [];
  const name = sampleName(metric);
  if (typeof read === "number") return [`${name} ${read}`];
  return read.map(([value, number]) => `${name}{${labelled(label, value)}} ${number}`);
}

function labelled(label: string | undefined, value: string): string {
  const escaped = value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"');
  return `${label}="${escaped}"`;
}

function histogram(
  name: string,
  labels: string,
  { bounds, counts, sum }: HistogramFigures,
  form: Form,
): string[] {
  const more = labels === "" ? "" : `${labels},`;
  const own = labels === "" ? "" : `{${labels}}`;
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    return `${name}_bucket{${more}le="${boundText(bounds[index], form)}"} ${total}`;
  });
  return [...buckets, `${name}_sum${own} ${sum}`, `${name}_count${own} ${total}`];
}

/** (OpenMetrics wants to see that it is no whole number.) */
function boundText(bound: number | undefined, form: Form): string {
  if (bound === undefined) return "+Inf";
  return form === "openmetrics" && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

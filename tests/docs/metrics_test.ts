/** The page of metrics, and the board of Grafana: they name what there is. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { metricsPage } from "../../build/metrics_page.ts";
import { sampleName } from "../../dashboard/metrics/exposition.ts";
import { OWN } from "../../dashboard/metrics/table.ts";

function file(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

test("metrics page: docs/metrics.md is current; deno task docs:events writes it", () => {
  assert.equal(file("docs/metrics.md"), metricsPage());
});

/** What can be asked of the metrics of our own names, with the labels that each has. */
function series(): Map<string, string | undefined> {
  return new Map(
    OWN.flatMap((metric) =>
      metric.type === "histogram"
        ? ["_bucket", "_sum", "_count"].map((end) => [metric.name + end, metric.label] as const)
        : [[sampleName(metric), metric.label] as const]
    ),
  );
}

interface Board {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat?: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: unknown }[] };
}

test("Grafana: the board asks for metrics and labels that there are, and only for those", () => {
  const board = JSON.parse(file("config/grafana.json")) as Board;
  const known = series();
  const asked = new Set<string>();
  for (const { title, targets } of board.panels) {
    for (const { expr, legendFormat = "" } of targets) {
      const names = [...expr.matchAll(/\bcomqtt_\w+/g)].map(([name]) => name);
      assert.ok(names.length > 0, title);
      for (const name of names) {
        assert.ok(known.has(name), `${title}: ${name}`);
        asked.add(name);
      }
      const by = [...expr.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, labels]) => labels!.split(", "));
      const legend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
      const labels = names.flatMap((name) => [known.get(name), ...(name.endsWith("_bucket") ? ["le"] : [])]);
      for (const label of [...by, ...legend]) assert.ok(labels.includes(label), `${title}: ${label}`);
      for (const label of legend) assert.ok(by.includes(label), `${title}: ${label} is not kept`);
      assert.equal(expr.split("(").length, expr.split(")").length, title);
    }
  }
  assert.ok(asked.size > 25);
  for (const name of JSON.stringify(board.templating).match(/comqtt_\w+/g) ?? []) {
    assert.ok(known.has(name), name);
  }
});

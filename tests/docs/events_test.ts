/** The page of the log's events, and what the page of the log says of lines. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eventsPage } from "../../build/events_page.ts";
import { fileLayer } from "../../src/config/file.ts";
import { itemsOf } from "../../src/config/table/item.ts";
import { log } from "../../src/config/table/log.ts";
import { FIELD_ORDER } from "../../src/core/log/event_text.ts";
import { codeIn, tableUnder } from "./tables.ts";

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), "utf8");
}

test("events: docs/events.md is current; deno task docs:events writes it", () => {
  assert.equal(page("events"), eventsPage());
});

test("log page: its settings are some", () => {
  const [, text] = /^```yaml\n([^]*?)^```$/m.exec(page("log"))!;
  const { layer, problems } = fileLayer({ file: "log.md", text: text! });
  assert.deepEqual(problems, []);
  const names = Object.keys(layer.found.values.log);
  assert.deepEqual([...names, "times"].toSorted(), Object.keys(itemsOf(log)).toSorted());
});

test("log page: every field of a line stands there, in its order", () => {
  const listed = codeIn(/always in the same order: ([^]*?)\. What/.exec(page("log"))![1]!);
  assert.deepEqual(listed, [...FIELD_ORDER]);
  const fields = tableUnder(page("log"), "## JSON").map(([name]) => codeIn(name!));
  const known = ["time", "level", "code", "component", "message", ...FIELD_ORDER, "more", "moreSeconds"];
  const ends = ["first", "last"].flatMap((which) =>
    ["Time", "Client", "Address"].map((name) => which + name)
  );
  assert.deepEqual(fields.flat().toSorted(), [...known, ...ends].toSorted());
});

test("log page: its lines of JSON are some", () => {
  const lines = [...page("log").matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line));
  assert.ok(lines.length >= 2);
  for (const line of lines) assert.ok(line.code !== undefined && line.message !== undefined);
});

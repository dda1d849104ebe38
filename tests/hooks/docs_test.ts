/** docs/hooks.md says everything there is, and its example works. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { HOOK_EVENTS } from "../../src/hook/dispatcher.ts";
import { TestBroker } from "../harness/mod.ts";
import { census } from "./doc_example.ts";
import { HOOKS_PAGE } from "./documented.ts";
import { open } from "./fixtures.ts";

test("docs: every event has its row in a table", () => {
  for (const event of [...HOOK_EVENTS, "init"]) {
    assert.ok(HOOKS_PAGE.includes(`\n| \`${event}(`), `docs/hooks.md has no row for ${event}`);
  }
});

test("docs: there is no row for an event that does not exist", () => {
  const known = new Set<string>([...HOOK_EVENTS, "init"]);
  for (const line of HOOKS_PAGE.split("\n")) {
    if (!line.startsWith("| `")) continue;
    const name = line.slice(3, line.indexOf("`", 3));
    if (name.includes("(")) assert.ok(known.has(name.slice(0, name.indexOf("("))), name);
  }
});

test("docs: every method of the interface is an event the dispatcher knows", async () => {
  const source = await readFile(new URL("../../src/hook/hook.ts", import.meta.url), "utf8");
  const body = source.slice(source.indexOf("export interface Hook {"));
  const methods = body.split("\n").filter((line) => /^ {2}\w+\?\(/.test(line)).map((line) =>
    line.trim().split("?")[0]!
  );
  assert.deepEqual(methods.filter((name) => name !== "init").sort(), [...HOOK_EVENTS].sort());
});

test("docs: the example is the one that is compiled, and does what it says", async () => {
  const source = await readFile(new URL("doc_example.ts", import.meta.url), "utf8");
  const example = source.slice(source.indexOf("// #region example\n") + 19, source.indexOf("// #endregion"));
  const shown = HOOKS_PAGE.split("```ts\n")[1]!.split("```")[0]!;
  assert.equal(shown, example.replace("../../mod.ts", "@comqtt/comqtt"));
  await using t = new TestBroker({ hooks: [open, census] });
  const client = await t.connected(5, { clientId: "c" });
  await client.subscribe("#");
  client.publish("private/a", "x");
  client.publish("public/a", "x");
  const message = await client.message();
  assert.deepEqual([message.topic, message.properties.userProperties], ["public/a", [["by", "c"]]]);
});

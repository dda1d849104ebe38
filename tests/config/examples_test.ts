/** The configuration files in `config/`: each starts the program. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { defaultAbuseLimits } from "../../hooks/auth/abuse.ts";
import { defaultCapabilities, defaultLimits } from "../../src/core/options.ts";
import { defaultListeners } from "../../src/config/configuration.ts";
import { fileLayer } from "../../src/config/file.ts";
import { defaultsOf } from "../../src/config/table/item.ts";
import { log as logTable } from "../../src/config/table/log.ts";

const folder = new URL("../../config/", import.meta.url);
// ledger.yml has rules, not a configuration.
const examples = readdirSync(folder).filter((name) => name.endsWith(".yml") && name !== "ledger.yml");

for (const name of examples) {
  test(`examples: nothing is wrong with ${name}`, () => {
    const { problems } = fileLayer({ file: name, text: readFileSync(new URL(name, folder), "utf8") });
    assert.deepEqual(problems, []);
  });
}

test("examples: comqtt.yml says what the defaults are, all of them", () => {
  const { layer } = fileLayer({
    file: "comqtt.yml",
    text: readFileSync(new URL("comqtt.yml", folder), "utf8"),
  });
  const { log, ...values } = layer.found.values;
  assert.deepEqual(log, defaultsOf(logTable));
  assert.deepEqual(values, {
    capabilities: defaultCapabilities,
    limits: defaultLimits,
    abuse: defaultAbuseLimits,
    storage: {},
    metrics: {},
    queueFull: "drop-oldest",
    sysTopicInterval: 1,
    restoreCounters: false,
    watch: false,
    tls: {},
  });
  const places = (listeners: typeof layer.listeners): unknown =>
    [...listeners.values()].flat().map(({ protocol, id, address }) => ({ protocol, id, address }));
  assert.deepEqual(places(layer.listeners), places(defaultListeners));
});

/** examples/ledger_yaml.ts and its rules */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Device } from "./device.ts";
import { anyPort, Example } from "./example.ts";

const rules = readFileSync(new URL("../../examples/ledger_yaml.yml", import.meta.url), "utf8");

test("examples: ledger_yaml.ts takes its rules from the file beside it", async () => {
  await using example = await Example.start("ledger_yaml");
  const url = `mqtt://127.0.0.1:${example.ports[0]}`;
  await assert.rejects(Device.connect(url, { username: "gardener", password: "potatoes" }));
  await using gardener = await Device.connect(url, { username: "gardener", password: "tomatoes" });
  await gardener.client.subscribeAsync("greenhouse/#");
  await using sensor = await Device.connect(url, { username: "sensor-1" });
  await sensor.client.publishAsync("greenhouse/temperature", "21.5");
  await gardener.gets("greenhouse/temperature 21.5");
  await example.stop();
  assert.equal(example.errors, "");
});

test("examples: ledger_yaml.ts reads the file again, and one with mistakes changes nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "comqtt-"));
  const file = join(folder, "rules.yml");
  try {
    writeFileSync(file, rules);
    await using example = await Example.start("ledger_yaml", { args: [anyPort, file] });
    const url = `mqtt://127.0.0.1:${example.ports[0]}`;
    writeFileSync(file, "acl:\n  - filters:\n      'a/#/b': read\n");
    example.signal("SIGHUP");
    await example.says(/rules\.yml:3:7.*\n/, "errors");
    await using sensor = await Device.connect(url, { username: "sensor-1" });
    assert.equal(sensor.client.connected, true);
    writeFileSync(file, rules.replace("allow: true", "allow: false"));
    example.signal("SIGHUP");
    await example.says(/^New rules$/m);
    await assert.rejects(Device.connect(url, { username: "sensor-2" }));
    await example.stop("SIGTERM");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("examples: ledger_yaml.ts says what is wrong and does not start", async () => {
  await using example = await Example.start("ledger_yaml", { args: [anyPort, "/nowhere.yml"], ends: true });
  assert.equal(await example.end(), 1);
  assert.match(example.errors, /^[^\n]*\/nowhere\.yml[^\n]*\n$/);
});

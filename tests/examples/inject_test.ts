/** examples/inject.ts */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Device } from "./device.ts";
import { Example } from "./example.ts";

test("examples: inject.ts speaks for a device, down to its will", async () => {
  await using example = await Example.start("inject");
  const url = `mqtt://127.0.0.1:${example.ports[0]}`;
  await using device = await Device.connect(url, { clientId: "watcher" });
  await device.client.subscribeAsync("#");
  await device.gets("meter/state ready");
  await device.client.publishAsync("meter/set", "5", { qos: 1 });
  await device.gets("meter/value 5");
  await using other = await Device.connect(url, { clientId: "newcomer" });
  await device.gets("online/newcomer 1");
  assert.equal(other.client.connected, true);
  example.signal("SIGINT");
  await device.gets("meter/state broken");
  assert.equal(await example.end(), 0);
  assert.equal(example.errors, "");
});

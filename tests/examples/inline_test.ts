/** examples/inline.ts */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Device } from "./device.ts";
import { Example } from "./example.ts";

test("examples: inline.ts opens the window when it is hot, and shuts it", async () => {
  await using example = await Example.start("inline");
  await using device = await Device.connect(`mqtt://127.0.0.1:${example.ports[0]}`);
  await device.client.subscribeAsync("greenhouse/#", { qos: 1 });
  await device.gets("greenhouse/limit 30");
  for (const [temperature, window] of [["31", "open"], ["29", "shut"]]) {
    await device.client.publishAsync("greenhouse/temperature", temperature!);
    await device.gets(`greenhouse/window ${window}`);
  }
  device.got.length = 0;
  await device.client.publishAsync("greenhouse/limit", "15", { retain: true });
  await device.client.publishAsync("greenhouse/temperature", "20");
  await device.gets("greenhouse/window open");
  await example.stop();
  assert.equal(example.errors, "");
});

/** examples/ledger_objects.ts */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Device } from "./device.ts";
import { Example } from "./example.ts";

test("examples: ledger_objects.ts decides who may do what", async () => {
  await using example = await Example.start("ledger_objects", { variables: { ANNA_PASSWORD: "blue" } });
  const url = `mqtt://127.0.0.1:${example.ports[0]}`;
  for (
    const options of [{}, { username: "anna", password: "secret" }, { username: "bob", password: "blue" }]
  ) {
    await assert.rejects(Device.connect(url, options), JSON.stringify(options));
  }
  await using anna = await Device.connect(url, { username: "anna", password: "blue" });
  await anna.client.subscribeAsync("home/#");
  await using sensor = await Device.connect(url, { username: "sensor-1" });
  await sensor.client.publishAsync("home/kitchen/lamp", "on", { qos: 1 });
  await sensor.client.publishAsync("home/kitchen/temperature", "21.5", { qos: 1 });
  await anna.gets("home/kitchen/temperature 21.5");
  assert.deepEqual(anna.got, ["home/kitchen/temperature 21.5"]);
  await assert.rejects(sensor.client.subscribeAsync("home/#"));
  await example.stop();
  assert.equal(example.errors, "");
});

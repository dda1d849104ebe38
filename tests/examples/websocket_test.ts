/** examples/websocket.ts */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Device } from "./device.ts";
import { anyPort, Example } from "./example.ts";

test("examples: websocket.ts brings browsers and everything else together", async () => {
  await using example = await Example.start("websocket", { args: [anyPort, anyPort] });
  const [webSocket, tcp] = example.ports;
  const elsewhere = await fetch(`http://127.0.0.1:${webSocket}/other`);
  assert.equal(elsewhere.status, 404, await elsewhere.text());
  await using page = await Device.connect(`ws://127.0.0.1:${webSocket}/mqtt`);
  await page.client.subscribeAsync("greenhouse/#");
  await using sensor = await Device.connect(`mqtt://127.0.0.1:${tcp}`);
  await sensor.client.publishAsync("greenhouse/temperature", "21.5");
  await page.gets("greenhouse/temperature 21.5");
  await example.stop();
  assert.equal(example.errors, "");
});

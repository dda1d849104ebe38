/** examples/hono.ts */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Device } from "./device.ts";
import { anyPort, Example } from "./example.ts";

test("examples: hono.ts serves HTTP and MQTT of one broker", async () => {
  await using example = await Example.start("hono", { args: [anyPort, anyPort] });
  const [http, webSocket] = example.ports;
  const base = `http://127.0.0.1:${http}`;
  await using page = await Device.connect(`ws://127.0.0.1:${webSocket}/mqtt`, {
    clientId: "page",
    protocolVersion: 5,
  });
  await page.client.subscribeAsync("greenhouse/#");

  const put = await fetch(`${base}/topics/greenhouse/temperature`, { method: "PUT", body: "21.5" });
  assert.deepEqual([put.status, await put.json()], [200, { result: "Success" }]);
  await page.gets("greenhouse/temperature 21.5");

  const properties = { contentType: "application/json" };
  await page.client.publishAsync("greenhouse/state", '{"ok":true}', { qos: 1, retain: true, properties });
  const state = await fetch(`${base}/topics/greenhouse/state`);
  assert.equal(state.headers.get("content-type"), "application/json");
  assert.deepEqual(await state.json(), { ok: true });
  const evil = { contentType: "text/html" };
  await page.client.publishAsync("page", "<script>", { qos: 1, retain: true, properties: evil });
  const html = await fetch(`${base}/topics/page`);
  assert.deepEqual([html.headers.get("content-type"), await html.text()], [
    "application/octet-stream",
    "<script>",
  ]);

  const all = await fetch(`${base}/topics?filter=${encodeURIComponent("greenhouse/+")}`);
  assert.deepEqual(await all.json(), { "greenhouse/temperature": "21.5", "greenhouse/state": '{"ok":true}' });
  assert.deepEqual(await (await fetch(`${base}/clients`)).json(), ["page"]);

  const statuses: number[] = [];
  for (
    const [method, path] of [["GET", "/topics/nothing"], ["PUT", "/topics/a/%23"], [
      "GET",
      "/topics?filter=a%23",
    ]]
  ) {
    const answer = await fetch(`${base}${path}`, { method: method! });
    statuses.push(answer.status);
    await answer.body?.cancel();
  }
  assert.deepEqual(statuses, [404, 400, 400]);
  await example.stop();
  assert.equal(example.errors, "");
});

/** examples/custom_hook.ts */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Device } from "./device.ts";
import { Example } from "./example.ts";

test("examples: custom_hook.ts decides, changes and refuses", async () => {
  await using example = await Example.start("custom_hook");
  const url = `mqtt://127.0.0.1:${example.ports[0]}`;
  await assert.rejects(Device.connect(url, { username: "boiler", password: "token-of-lamp" }));
  {
    await using boiler = await Device.connect(url, {
      ...{ username: "boiler", password: "token-of-boiler", protocolVersion: 5 },
    });
    const { client } = boiler;
    await client.subscribeAsync("devices/boiler/#");
    const received = new Promise<unknown>((resolve) =>
      client.once("message", (_topic, _payload, { properties }) => resolve(properties?.userProperties))
    );
    await client.publishAsync("devices/boiler/heat", "61", {
      properties: { userProperties: { unit: "celsius" } },
    });
    const { unit, received: time } = await received as { unit: string; received: string };
    assert.equal(unit, "celsius");
    assert.ok(Math.abs(Date.now() - Date.parse(time)) < 60_000, time);
    // 0x97: quota exceeded
    const code = 0x97;
    await assert.rejects(client.publishAsync("devices/boiler/log", "x".repeat(1025), { qos: 1 }), { code });
    await assert.rejects(client.publishAsync("devices/lamp/heat", "61", { qos: 1 }), { code: 0x87 });
    await client.endAsync();
  }
  await example.says(
    /^info ".*boiler has gone: it said good-bye \(code=hook-says hook=\\"devices\\"\)"$/m,
    "errors",
  );
  await example.stop();
});

/** MQTT 5.0 section 3.1.2.5: wills that are refused, withdrawn or let lie. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { connectPacket, TestBroker } from "../../harness/mod.ts";
import { refused } from "./raw.ts";
import { will } from "./will.ts";

test("will: what is wrong with it is said in CONNACK", async () => {
  await using t = new TestBroker({ limits: { topicLevels: 3 } });
  const wills = [
    [will("", "x"), 0x90],
    [will("w/#", "x"), 0x90],
    [will("w/+/x", "x"), 0x90],
    [will("a/b/c/d", "x"), 0x90],
    [will("$SYS/x", "x"), 0x90],
    [
      { ...will("w", ""), payload: Uint8Array.of(0xff), properties: { payloadFormatIndicator: 1 as const } },
      0x99,
    ],
  ] as const;
  for (const [wrong, code] of wills) {
    const client = t.client();
    client.send(connectPacket({ will: wrong }));
    await refused(client, code);
  }
  const binary = {
    ...will("w", ""),
    payload: Uint8Array.of(0xff),
    properties: { payloadFormatIndicator: 0 as const },
  };
  await t.connected(5, { will: binary });
});

test("will: a hook may take the right to it away while the client is connected", async () => {
  let allowed = true;
  const hook = {
    id: "h",
    onAclCheck: (_: unknown, action: string) => action === "will" && !allowed ? "deny" as const : undefined,
  };
  await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
  const watcher = await t.connected();
  await watcher.subscribe("w/#");
  const [first, second] = [
    await t.connected(5, { will: will("w/1", "x") }),
    await t.connected(5, { will: will("w/2", "x") }),
  ];
  first.reset();
  assert.equal((await watcher.message()).topic, "w/1");
  allowed = false;
  second.reset();
  await watcher.silent();
});

test("will: a server that stops publishes those due now, and not those that wait", async () => {
  await using t = new TestBroker();
  const published: string[] = [];
  t.broker.addHook({ id: "h", onWillSent: (clientId) => void published.push(clientId) });
  await t.connected(5, { clientId: "now", will: will("w", "x") });
  const properties = { sessionExpiryInterval: 60 };
  await t.connected(5, { clientId: "later", will: will("w", "x", { willDelayInterval: 5 }), properties });
  await t.broker.stop(1000);
  assert.deepEqual(published, ["now"]);
});

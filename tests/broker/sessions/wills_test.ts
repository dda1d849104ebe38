/** Wills: when they are due, with what, and which are not published. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import type { ConnectPacket, Will } from "../../../src/packets/types.ts";
import { TestBroker, type TestClient } from "../../harness/mod.ts";

function willing(will: Partial<Will>, connect: Partial<ConnectPacket> = {}): Partial<ConnectPacket> {
  const payload = new TextEncoder().encode("gone");
  return {
    clientId: "c",
    will: { topic: "w", payload, qos: 1, retain: false, properties: {}, ...will },
    ...connect,
  };
}

async function watcher(t: TestBroker): Promise<TestClient> {
  const client = await t.connected(5);
  await client.subscribe("#", 2);
  return client;
}

test("will: DISCONNECT 0x04 and every error code publish it, 0x00 does not", async () => {
  await using t = new TestBroker();
  const watch = await watcher(t);
  for (const [code, published] of [[0x04, true], [0x80, true], [0x00, false]] as const) {
    const client = await t.connected(5, willing({}));
    client.disconnect(code);
    await client.gone();
    if (published) assert.equal((await watch.message()).text, "gone");
    await watch.silent();
  }
});

test("will: all its properties arrive, the delay is not one of them", async () => {
  await using t = new TestBroker();
  const watch = await watcher(t);
  const properties = {
    payloadFormatIndicator: 1,
    contentType: "text/plain",
    responseTopic: "answers",
    correlationData: Uint8Array.of(1, 2),
    userProperties: [["b", "2"], ["a", "1"], ["b", "2"]] as [string, string][],
  } as const;
  const client = await t.connected(
    5,
    willing({ properties: { ...properties, willDelayInterval: 0, messageExpiryInterval: 9 } }),
  );
  await client.lose();
  assert.deepEqual((await watch.message()).properties, { ...properties, messageExpiryInterval: 9 });
});

test("will: its message expiry begins when it is published, not when it was deposited", async () => {
  await using t = new TestBroker();
  const away = await t.connected(5, {
    clientId: "away",
    cleanStart: false,
    properties: { sessionExpiryInterval: 1000 },
  });
  await away.subscribe("w", 1);
  away.disconnect();
  const client = await t.connected(5, willing({ properties: { messageExpiryInterval: 10 } }));
  await t.advance(100);
  await client.lose();
  await t.advance(4);
  const back = await t.connected(5, { clientId: "away", cleanStart: false });
  assert.equal((await back.message()).properties.messageExpiryInterval, 6);
});

test("will: a delay longer than the session does not outlive it", async () => {
  await using t = new TestBroker();
  const watch = await watcher(t);
  // Without a session expiry the session ends at once, and the will is due.
  const none = await t.connected(5, willing({ properties: { willDelayInterval: 100 } }));
  await none.lose();
  assert.equal((await watch.message()).text, "gone");
  const short = await t.connected(
    5,
    willing({ properties: { willDelayInterval: 100 } }, {
      properties: { sessionExpiryInterval: 3 },
    }),
  );
  await short.lose();
  await t.advance(2.5);
  await watch.silent();
  await t.advance(1);
  assert.equal((await watch.message()).text, "gone");
  await t.advance(200);
  await watch.silent();
});

test("will: a delay is kept, and a client that is back in time is spared", async () => {
  await using t = new TestBroker();
  const watch = await watcher(t);
  const options = willing({ properties: { willDelayInterval: 5 } }, {
    cleanStart: false,
    properties: { sessionExpiryInterval: 100 },
  });
  await (await t.connected(5, options)).lose();
  await t.advance(4.5);
  const back = await t.connected(5, options);
  await t.advance(50);
  await watch.silent();
  await back.lose();
  await t.advance(4.5);
  await watch.silent();
  await t.advance(1);
  assert.equal((await watch.message()).text, "gone");
});

test("will: a client that was back in time and says good-bye properly is spared for good", async () => {
  await using t = new TestBroker();
  const watch = await watcher(t);
  const stay = { cleanStart: false, properties: { sessionExpiryInterval: 100 } };
  await (await t.connected(5, willing({ properties: { willDelayInterval: 5 } }, stay))).lose();
  await t.advance(2);
  const back = await t.connected(5, { clientId: "c", ...stay });
  back.disconnect();
  await back.gone();
  await t.advance(200);
  await watch.silent();
});

test("will: a delayed one is on time also after an earlier, longer absence", async () => {
  await using t = new TestBroker();
  const watch = await watcher(t);
  const stay = { cleanStart: false, properties: { sessionExpiryInterval: 100_000 } };
  const first = await t.connected(5, { clientId: "c", ...stay });
  first.disconnect();
  await first.gone();
  const second = await t.connected(5, willing({ properties: { willDelayInterval: 2 } }, stay));
  await second.lose();
  await t.advance(1.5);
  await watch.silent();
  await t.advance(1);
  assert.equal((await watch.message()).text, "gone");
});

test("will: a clean start ends the session, so a delayed will is published and not lost", async () => {
  await using t = new TestBroker();
  const watch = await watcher(t);
  const options = willing({ properties: { willDelayInterval: 50 } }, {
    properties: { sessionExpiryInterval: 100 },
  });
  await (await t.connected(5, options)).lose();
  await t.advance(1);
  await watch.silent();
  await t.connected(5, { clientId: "c", cleanStart: true });
  assert.equal((await watch.message()).text, "gone");
  await t.advance(200);
  await watch.silent();
});

test("will: a topic with wildcards, or one of the server's, is refused at CONNECT", async () => {
  await using t = new TestBroker();
  for (const [topic, code] of [["a/#", 0x90], ["", 0x90], ["$SYS/broker/version", 0x90]] as const) {
    const client = t.client(5);
    assert.equal((await client.connect(willing({ topic }))).reasonCode, code, topic);
    await client.gone();
  }
});

test("will: without the right to publish there it is refused at CONNECT", async () => {
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action, topic) => action === "will" && topic === "secret" ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [acl] });
  for (const [version, code] of [[4, 5], [5, 0x87]] as const) {
    const client = t.client(version);
    assert.equal((await client.connect(willing({ topic: "secret" }))).reasonCode, code);
    await client.gone();
  }
  assert.equal(t.broker.sessions.size, 0);
});

test("will: one whose right was taken away meanwhile is not published", async () => {
  let allowed = true;
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action) => action === "will" && !allowed ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [acl] });
  const watch = await watcher(t);
  const client = await t.connected(5, willing({}));
  allowed = false;
  await client.lose();
  await watch.silent();
});

test("will: one for a client that was not let in is never published", async () => {
  await using t = new TestBroker({
    hooks: [{
      id: "door",
      onConnectAuthenticate: (c) => c.id === "c" ? "deny" : "allow",
      onAclCheck: () => "allow",
    }],
  });
  const watch = await watcher(t);
  const client = t.client(5);
  assert.equal((await client.connect(willing({ retain: true }))).reasonCode, 0x86);
  await client.gone();
  await watch.silent();
  assert.equal(t.broker.retained.size, 0);
});

test("will: a delayed one whose client object is long gone is retained", async () => {
  await using t = new TestBroker();
  const client = await t.connected(
    5,
    willing({ retain: true, properties: { willDelayInterval: 5 } }, {
      properties: { sessionExpiryInterval: 100 },
    }),
  );
  await client.lose();
  await t.advance(6);
  const late = await watcher(t);
  const message = await late.message();
  assert.deepEqual([message.text, message.retain], ["gone", true]);
});

test("will: QoS or retain beyond what the server offers is refused at CONNECT", async () => {
  await using t = new TestBroker({ capabilities: { maximumQos: 0, retainAvailable: false } });
  for (const [will, code] of [[{ qos: 1 }, 0x9b], [{ qos: 0, retain: true }, 0x9a]] as const) {
    const client = t.client(5);
    assert.equal((await client.connect(willing(will))).reasonCode, code);
    await client.gone();
  }
});

test("will: malformed will properties leave nothing behind", async () => {
  await using t = new TestBroker();
  for (
    const properties of [{ payloadFormatIndicator: 1 as const, contentType: "x" }, { responseTopic: "a/#" }]
  ) {
    const payload = Uint8Array.of(0xff, 0xfe);
    const client = t.client(5);
    const ack = await client.connect(willing({ payload, properties }));
    assert.ok(ack.reasonCode >= 0x80);
    await client.gone();
  }
  assert.equal(t.broker.sessions.size, 0);
});

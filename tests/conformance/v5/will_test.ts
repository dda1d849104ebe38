/** MQTT 5.0 sections 3.1.2.5, 3.1.3.2 and 3.14.4: wills, when they are published. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { raw } from "./raw.ts";
import { will } from "./will.ts";

/** Somebody who hears every will. */
async function watching(t: TestBroker): Promise<TestClient> {
  const watcher = await t.connected();
  await watcher.subscribe("w/#", 2);
  return watcher;
}

conforms(
  5,
  ["MQTT-3.1.2-7", "MQTT-3.1.2-8"],
  "will: it is published when the connection ends in any way but DISCONNECT 0x00",
  async () => {
    await using t = new TestBroker();
    const watcher = await watching(t);
    const ways: Record<string, (client: TestClient) => unknown> = {
      closed: (client) => client.close(),
      broken: (client) => client.reset(),
      malformed: (client) => client.sendBytes(raw(0x00)),
      wrong: (client) => client.sendBytes(raw(0x20, "00 00 00")),
      silent: () => t.advance(100),
      "with will": (client) => client.disconnect(0x04),
      "with an error": (client) => client.disconnect(0x80),
      "taken over": () => t.connected(5, { clientId: "c", cleanStart: true }),
    };
    for (const [way, end] of Object.entries(ways)) {
      const client = await t.connected(5, { clientId: "c", keepAlive: 60, will: will("w/c", way) });
      await watcher.silent();
      await end(client);
      assert.equal((await watcher.message()).text, way);
    }
    await watcher.silent();
  },
);

conforms(
  5,
  ["MQTT-3.14.4-3", "MQTT-3.1.2-8", "MQTT-3.1.2-10"],
  "will: DISCONNECT 0x00 throws it away, with or without a delay",
  async () => {
    await using t = new TestBroker();
    const watcher = await watching(t);
    for (const bytes of [raw(0xe0), raw(0xe0, "00"), raw(0xe0, "00 00")]) {
      for (const willDelayInterval of [0, 5]) {
        const client = await t.connected(5, {
          clientId: "c",
          will: will("w/c", "never", { willDelayInterval }),
          properties: { sessionExpiryInterval: 60 },
        });
        client.sendBytes(bytes);
        await client.gone();
        await t.advance(100);
        await watcher.silent();
      }
    }
  },
);

conforms(
  5,
  ["MQTT-3.1.2-8", "MQTT-3.1.2-10"],
  "will: it waits for its delay, and is published once",
  async () => {
    await using t = new TestBroker();
    const watcher = await watching(t);
    const client = await t.connected(5, {
      clientId: "c",
      will: will("w/c", "late", { willDelayInterval: 10 }),
      properties: { sessionExpiryInterval: 60 },
    });
    client.reset();
    await client.gone();
    await t.advance(9);
    await watcher.silent();
    await t.advance(2);
    assert.equal((await watcher.message()).text, "late");
    // Neither the end of the session nor another connection brings it again.
    await t.advance(100);
    const again = await t.connected(5, { clientId: "c" });
    again.reset();
    await watcher.silent();
  },
);

conforms(5, ["MQTT-3.1.2-8"], "will: the end of the session comes before the delay is over", async () => {
  await using t = new TestBroker();
  const watcher = await watching(t);
  for (const [expiry, delay] of [[5, 100], [5, 0xffffffff], [0, 100]] as const) {
    const client = await t.connected(5, {
      clientId: "c",
      will: will("w/c", `${expiry} ${delay}`, { willDelayInterval: delay }),
      properties: { sessionExpiryInterval: expiry },
    });
    client.reset();
    await client.gone();
    if (expiry > 0) {
      await t.advance(expiry - 1);
      await watcher.silent();
      await t.advance(2);
    }
    assert.equal((await watcher.message()).text, `${expiry} ${delay}`);
  }
  // A new session with Clean Start ends the old one as well.
  const client = await t.connected(5, {
    clientId: "c",
    will: will("w/c", "cleaned", { willDelayInterval: 100 }),
    properties: { sessionExpiryInterval: 200 },
  });
  client.reset();
  await client.gone();
  await watcher.silent();
  await t.connected(5, { clientId: "c", cleanStart: true });
  assert.equal((await watcher.message()).text, "cleaned");
});

conforms(
  5,
  ["MQTT-3.1.3-9"],
  "will: coming back to the session within the delay keeps it unsent",
  async () => {
    await using t = new TestBroker();
    const watcher = await watching(t);
    const options = (text: string) => ({
      clientId: "c",
      cleanStart: false,
      will: will("w/c", text, { willDelayInterval: 10 }),
      properties: { sessionExpiryInterval: 60 },
    });
    const first = await t.connected(5, options("first"));
    first.reset();
    await first.gone();
    await t.advance(9);
    const second = await t.connected(5, options("second"));
    await t.advance(30);
    await watcher.silent();
    // Being taken over is the same: the connection is lost and the client is back.
    const third = await t.connected(5, options("third"));
    await second.refusedWith(0x8e);
    await t.advance(30);
    await watcher.silent();
    third.reset();
    await third.gone();
    await t.advance(11);
    assert.equal((await watcher.message()).text, "third");
    // What was averted stays so, when the next connection ends well and when the session does.
    const fourth = await t.connected(5, options("fourth"));
    fourth.reset();
    await fourth.gone();
    const { will: _, ...plain } = options("fifth");
    const fifth = await t.connected(5, plain);
    fifth.disconnect();
    await fifth.gone();
    await t.advance(100);
    await watcher.silent();
    assert.equal(t.broker.sessions.get("c"), undefined);
  },
);

conforms(
  5,
  ["MQTT-3.1.2-14", "MQTT-3.1.2-15"],
  "will: it is retained exactly if Will Retain says so",
  async () => {
    await using t = new TestBroker();
    const watcher = await watching(t);
    for (const retain of [false, true]) {
      const topic = `w/${retain}`;
      const client = await t.connected(5, { will: will(topic, "x", {}, { retain }) });
      client.reset();
      // To subscriptions that were there it goes as any message.
      assert.equal((await watcher.message()).retain, false);
      const late = await t.connected();
      await late.subscribe(topic);
      if (retain) assert.equal((await late.message()).retain, true);
      else await late.silent();
    }
    assert.equal(t.broker.retained.size, 1);
  },
);

conforms(
  5,
  ["MQTT-3.1.3-10"],
  "will: all its properties come through, the user properties in order",
  async () => {
    await using t = new TestBroker();
    const watcher = await watching(t);
    const userProperties: [string, string][] = [["z", "1"], ["a", "2"], ["z", "3"], ["", ""], ["a", "2"]];
    const properties = {
      payloadFormatIndicator: 1,
      messageExpiryInterval: 30,
      contentType: "text/plain",
      responseTopic: "w/answer",
      correlationData: Uint8Array.of(0, 255),
      userProperties,
    } as const;
    for (const qos of [0, 1, 2] as const) {
      const client = await t.connected(5, {
        will: will("w/c", "ünï", { ...properties, willDelayInterval: 3 }, { qos }),
        properties: { sessionExpiryInterval: 60 },
      });
      client.reset();
      await client.gone();
      await t.advance(4);
      const message = await watcher.message();
      assert.deepEqual(message.properties, properties);
      assert.equal(message.text, "ünï");
      assert.equal(message.qos, qos);
    }
  },
);

test("will: its message expiry begins when it is published, and is counted down from there", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, {
    will: will("w/c", "x", { willDelayInterval: 10, messageExpiryInterval: 5 }, { retain: true }),
    properties: { sessionExpiryInterval: 60 },
  });
  client.reset();
  await client.gone();
  await t.advance(11);
  const early = await t.connected();
  await early.subscribe("w/c");
  assert.ok([4, 5].includes((await early.message()).properties.messageExpiryInterval!));
  await t.advance(6);
  const late = await t.connected();
  await late.subscribe("w/c");
  await late.silent();
});

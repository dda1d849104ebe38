/** Nothing that only MQTT 5 has ever reaches a 3.x client: no DISCONNECT, no reason code, no property. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { connect, packet, u16 } from "./raw.ts";

/** Checks every packet a server sent to a 3.x client down to its last byte. */
function checkBytes(bytes: readonly number[], where: string): void {
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!;
    let length = 0;
    let body = at + 1;
    for (let shift = 0;; shift += 7) {
      const byte = bytes[body++]!;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    const end = body + length;
    const what = `${where}: ${bytes.slice(at, end)}`;
    assert.ok(end <= bytes.length, what);
    switch (first >> 4) {
      case 2:
        assert.deepEqual([first, length], [0x20, 2], what);
        assert.ok(bytes[body]! <= 1 && bytes[body + 1]! <= 5, what);
        break;
      case 3: {
        assert.ok((first & 6) < 6, what);
        const topic = (bytes[body]! << 8) | bytes[body + 1]!;
        // Every payload in these tests is "payload": nothing stands between the header and it.
        const head = 2 + topic + ((first & 6) > 0 ? 2 : 0);
        assert.equal(String.fromCharCode(...bytes.slice(body + head, end)), "payload", what);
        break;
      }
      case 4:
      case 5:
      case 6:
      case 7:
      case 11:
        assert.deepEqual([first & 15, length], [first >> 4 === 6 ? 2 : 0, 2], what);
        break;
      case 9:
        assert.ok(bytes.slice(body + 2, end).every((code) => code <= 2 || code === 0x80), what);
        break;
      case 13:
        assert.deepEqual([first, length], [0xd0, 0], what);
        break;
      default:
        assert.fail(what);
    }
    at = end;
  }
}

const forbidden: Hook = {
  id: "forbidden",
  onConnect: (client) => {
    if (client.username.startsWith("reason:")) {
      return Reasons[client.username.slice(7) as keyof typeof Reasons];
    }
  },
  onConnectAuthenticate: (client) => client.username === "wrong" ? "deny" : "allow",
  onAclCheck: (_client, _action, topic) => topic.startsWith("no") ? "deny" : "allow",
  onPublish: (_client, packet) => packet.topic === "refused" ? { refuse: Reasons.quotaExceeded } : undefined,
};

type Act = (t: TestBroker, client: TestClient) => void | Promise<void>;

/** What an MQTT 5 client would be told a reason or more for. */
const situations: Readonly<Record<string, Act>> = {
  "publish not allowed": (_t, c) =>
    c.sendBytes([...packet(0x32, "no", u16(1)), ...packet(0x34, "no", u16(2))]),
  "publish refused by a hook": (_t, c) =>
    c.sendBytes([...packet(0x32, "refused", u16(1)), ...packet(0x34, "refused", u16(2))]),
  "publish to nobody": (_t, c) => c.sendBytes([...packet(0x32, "x", u16(1)), ...packet(0x34, "x", u16(2))]),
  "publish to the server's topics": (_t, c) => c.sendBytes(packet(0x32, "$SYS/x", u16(1))),
  "publish above the maximum QoS": (_t, c) => c.sendBytes(packet(0x34, "q", u16(1))),
  "publish with wildcards": (_t, c) => c.sendBytes(packet(0x30, "a/#")),
  "publish too deep": (_t, c) => c.sendBytes(packet(0x30, "/".repeat(200))),
  "packet too large": (_t, c) => c.sendBytes(packet(0x30, "a", new Array(9000).fill(0))),
  "malformed packet": (_t, c) => c.sendBytes(packet(0x36, "a")),
  "second CONNECT": (_t, c) => c.sendBytes(connect()),
  "packet a server sends": (_t, c) => c.sendBytes(packet(0x20, 0, 0)),
  "AUTH": (_t, c) => c.sendBytes(packet(0xf0, 0x19, 0)),
  "subscribe to what is not allowed": (_t, c) => c.sendBytes(packet(0x82, u16(1), "no", 2, "a", 1)),
  "subscribe to no filter at all": (_t, c) => c.sendBytes(packet(0x82, u16(1), "a#", 0)),
  "subscribe to a broken share": (_t, c) => c.sendBytes(packet(0x82, u16(1), "$share//a", 0)),
  "too many subscriptions": (_t, c) =>
    c.sendBytes(packet(0x82, u16(1), ...Array.from({ length: 9 }, (_, i) => [0, 2, 0x66, 0x30 + i, 0]))),
  "unsubscribe from nothing": (_t, c) => c.sendBytes(packet(0xa2, u16(1), "never", "a#")),
  "unknown acknowledgements": (_t, c) =>
    c.sendBytes([
      ...packet(0x50, u16(9)),
      ...packet(0x62, u16(9)),
      ...packet(0x70, u16(9)),
      ...packet(0x40, u16(9)),
    ]),
  "keep-alive": (t) => t.advance(1000),
  "take-over": async (t) => void await t.client(5).connect({ clientId: "old" }),
  "session ended elsewhere": async (t) =>
    void await t.client(4).connect({ clientId: "old", cleanStart: true }),
  "shutdown": (t) => t.broker.stop(0),
  "retained store full": (_t, c) =>
    c.sendBytes([...packet(0x33, "r1", u16(1), [1]), ...packet(0x33, "r2", u16(2), [1])]),
  "messages with every property": async (t, c) => {
    c.sendBytes(packet(0x82, u16(1), "five", 2));
    const five = await t.connected(5);
    const properties = {
      payloadFormatIndicator: 1 as const,
      messageExpiryInterval: 100,
      contentType: "t",
      responseTopic: "r",
      correlationData: Uint8Array.of(1),
      userProperties: [["a", "b"]] as [string, string][],
      topicAlias: 3,
    };
    for (const qos of [0, 1, 2] as const) five.publish("five", "payload", { qos, retain: true, properties });
    await settle();
    c.sendBytes(packet(0x82, u16(2), "five", 1));
  },
};

for (const version of [3, 4] as const) {
  for (const [name, act] of Object.entries(situations)) {
    test(`nothing of MQTT 5: version ${version}, ${name}`, async () => {
      await using t = new TestBroker({
        hooks: [forbidden],
        capabilities: { maximumQos: 2, maximumMessageExpiryInterval: 50 },
        limits: { packetSize: 4096, subscriptions: 5, retained: 1 },
      });
      const client = t.client(version);
      const bytes: number[] = [];
      client.tap = (more): void => {
        bytes.push(...more);
      };
      await client.connect({ clientId: "old", cleanStart: false, keepAlive: 10 });
      await act(t, client);
      await settle();
      assert.ok(bytes.length >= 4);
      checkBytes(bytes, name);
    });
  }

  test(`nothing of MQTT 5: version ${version}, every reason for refusing a CONNECT`, async () => {
    await using t = new TestBroker({ hooks: [forbidden], limits: { clientIdLength: 30, sessions: 1 } });
    const keeper = t.client(version);
    await keeper.connect({ clientId: "keeper" });
    const attempts: [string, Parameters<TestClient["connect"]>[0]][] = [
      ["wrong password", { clientId: "c", username: "wrong" }],
      ["no client id", { clientId: "", cleanStart: false }],
      ["long client id", { clientId: "x".repeat(31) }],
      ["too many sessions", { clientId: "c" }],
      ["will to the server", {
        clientId: "c",
        will: { topic: "$SYS/a", payload: Uint8Array.of(1), qos: 0, retain: false, properties: {} },
      }],
      ["will not allowed", {
        clientId: "c",
        will: { topic: "no", payload: Uint8Array.of(1), qos: 0, retain: false, properties: {} },
      }],
      ["will with wildcards", {
        clientId: "c",
        will: { topic: "#", payload: Uint8Array.of(1), qos: 0, retain: false, properties: {} },
      }],
    ];
    for (const name of Object.keys(Reasons)) {
      attempts.push([name, { clientId: "c", username: `reason:${name}` }]);
    }
    for (const [name, options] of attempts) {
      const client = t.client(version);
      const bytes: number[] = [];
      client.tap = (more): void => {
        bytes.push(...more);
      };
      await client.connect(options).catch(() => {});
      await settle();
      assert.equal(client.closed, true, name);
      checkBytes(bytes, name);
      assert.notEqual(bytes[3], 0, name);
    }
  });
}

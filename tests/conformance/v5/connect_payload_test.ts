/** MQTT 5.0 section 3.1.3, the payload of CONNECT: which fields there are, in which order. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import type { ConnectPacket } from "../../../src/packets/types.ts";
import { connectPacket, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { connectFails, rawConnect, refused } from "./raw.ts";

/** A broker that keeps the CONNECT packets it accepted. */
function witness(): { t: TestBroker; seen: ConnectPacket[] } {
  const seen: ConnectPacket[] = [];
  const hook: Hook = { id: "witness", onSessionEstablish: (_, packet) => void seen.push(packet) };
  return { t: new TestBroker({ hooks: [hook, new AllowAll()] }), seen };
}

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : new TextDecoder().decode(bytes);

conforms(
  5,
  ["MQTT-3.1.3-1", "MQTT-3.1.2-9", "MQTT-3.1.2-17", "MQTT-3.1.2-19"],
  "connect payload: client id, will properties, will topic, will payload, user name, password, in this order",
  async () => {
    const { t: broker, seen } = witness();
    await using t = broker;
    const client = t.client();
    client.sendBytes(rawConnect("c6", "00", `"one" 05 18 00000007 "two" "three" "four" "five"`));
    assert.equal((await client.expect(2)).reasonCode, 0);
    const { clientId, will, username, password } = seen[0]!;
    assert.deepEqual(
      [clientId, will!.properties, will!.topic, text(will!.payload), username, text(password)],
      [
        ...["one", { willDelayInterval: 7 }, "two", "three", "four", "five"],
      ],
    );
  },
);

conforms(5, ["MQTT-3.1.3-3"], "connect payload: it always has a client identifier, be it empty", async () => {
  const { t: broker, seen } = witness();
  await using t = broker;
  await connectFails(t, rawConnect("02", "00", ""), 0x81);
  await connectFails(t, rawConnect("02", "00", "00"), 0x81);
  const empty = t.client();
  empty.sendBytes(rawConnect("82", "00", `"" "user"`));
  assert.equal((await empty.expect(2)).reasonCode, 0);
  const full = t.client();
  full.sendBytes(rawConnect("82", "00", `"id" "user"`));
  assert.equal((await full.expect(2)).reasonCode, 0);
  assert.deepEqual(seen.map((packet) => packet.username), ["user", "user"]);
  assert.equal(seen[1]!.clientId, "id");
});

conforms(5, ["MQTT-3.1.2-9"], "connect payload: a will that lacks a part is malformed", async () => {
  await using t = new TestBroker();
  await connectFails(t, rawConnect("06", "00", `"c"`), 0x81);
  await connectFails(t, rawConnect("06", "00", `"c" 00`), 0x81);
  await connectFails(t, rawConnect("06", "00", `"c" 00 "w"`), 0x81);
  await connectFails(t, rawConnect("06", "00", `"c" "w" "x"`), 0x81);
  await connectFails(t, rawConnect("02", "00", `"c" 00 "w" "x"`), 0x81);
});

conforms(
  5,
  ["MQTT-3.1.2-16", "MQTT-3.1.2-17"],
  "connect payload: a user name exactly with its flag",
  async () => {
    const { t: broker, seen } = witness();
    await using t = broker;
    await connectFails(t, rawConnect("02", "00", `"c" "user"`), 0x81);
    await connectFails(t, rawConnect("82", "00", `"c"`), 0x81);
    for (const [flags, payload] of [["02", `"c"`], ["82", `"c" "user"`], ["82", `"c" ""`]] as const) {
      const client = t.client();
      client.sendBytes(rawConnect(flags, "00", payload));
      assert.equal((await client.expect(2)).reasonCode, 0);
    }
    assert.deepEqual(seen.map((packet) => packet.username), [null, "user", ""]);
  },
);

conforms(
  5,
  ["MQTT-3.1.2-18", "MQTT-3.1.2-19"],
  "connect payload: a password exactly with its flag, and without a user name too",
  async () => {
    const { t: broker, seen } = witness();
    await using t = broker;
    await connectFails(t, rawConnect("82", "00", `"c" "user" "pass"`), 0x81);
    await connectFails(t, rawConnect("c2", "00", `"c" "user"`), 0x81);
    await connectFails(t, rawConnect("42", "00", `"c"`), 0x81);
    for (
      const [flags, payload] of [["c2", `"c" "user" "pass"`], ["42", `"c" "pass"`], [
        "82",
        `"c" "u"`,
      ]] as const
    ) {
      const client = t.client();
      client.sendBytes(rawConnect(flags, "00", payload));
      assert.equal((await client.expect(2)).reasonCode, 0);
    }
    assert.deepEqual(seen.map((packet) => text(packet.password)), ["pass", "pass", null]);
    assert.equal(seen[1]!.username, null);
  },
);

conforms(
  5,
  ["MQTT-3.1.3-5"],
  "connect payload: client identifiers of 1 to 23 letters and digits are accepted",
  async () => {
    await using t = new TestBroker();
    const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const ids = [...letters, ...[0, 13, 26, 39].map((at) => letters.slice(at, at + 23)), "a".repeat(23)];
    for (const clientId of ids) {
      const ack = await t.client().connect({ clientId });
      assert.equal(ack.reasonCode, 0);
      assert.equal(ack.properties.assignedClientIdentifier, undefined);
    }
    assert.deepEqual([...t.broker.sessions.all()].map((session) => session.clientId), ids);
  },
);

conforms(
  5,
  ["MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.2.2-16"],
  "connect payload: a client without an identifier is given its own, and told",
  async () => {
    await using t = new TestBroker();
    const ids = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const ack = await t.client().connect({ clientId: "", properties: { sessionExpiryInterval: 100 } });
      assert.equal(ack.reasonCode, 0);
      assert.equal(ack.sessionPresent, false);
      ids.add(ack.properties.assignedClientIdentifier!);
    }
    assert.equal(ids.size, 50);
    assert.deepEqual([...t.broker.sessions.all()].map((session) => session.clientId), [...ids]);
  },
);

conforms(
  5,
  ["MQTT-3.1.3-7"],
  "connect payload: with an assigned identifier a client comes back to its session",
  async () => {
    await using t = new TestBroker();
    const first = t.client();
    const ack = await first.connect({ cleanStart: false, properties: { sessionExpiryInterval: 100 } });
    const clientId = ack.properties.assignedClientIdentifier!;
    await first.subscribe("a", 1);
    first.close();
    const publisher = await t.connected();
    await publisher.published("a", "kept", { qos: 1 });
    const second = t.client();
    const again = await second.connect({ clientId, cleanStart: false });
    assert.equal(again.sessionPresent, true);
    assert.equal(again.properties.assignedClientIdentifier, undefined);
    assert.equal((await second.message()).text, "kept");
  },
);

conforms(
  5,
  ["MQTT-3.1.3-8"],
  "connect payload: a client identifier that is too long ends with 0x85",
  async () => {
    await using t = new TestBroker({ limits: { clientIdLength: 23 } });
    const long = t.client();
    long.send(connectPacket({ clientId: "a".repeat(24) }));
    await refused(long, 0x85);
    const wide = t.client();
    wide.send(connectPacket({ clientId: "é".repeat(12) }));
    await refused(wide, 0x85);
    assert.equal(t.broker.sessions.size, 0);
    await t.connected(5, { clientId: "a".repeat(23) });
  },
);

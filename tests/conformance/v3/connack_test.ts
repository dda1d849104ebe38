/** MQTT 3.1.1 sections 3.1.4 and 3.2: what a CONNECT is answered with. */

import assert from "node:assert/strict";
import type { Hook, Opinion } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { connect, packet, record, u16 } from "./raw.ts";

conforms(
  3,
  ["MQTT-3.2.2-1", "MQTT-3.2.2-2", "MQTT-3.2.2-3", "MQTT-3.1.4-3", "MQTT-3.1.4-4"],
  "connack: Session Present tells whether the server holds a session and may use it",
  async () => {
    await using t = new TestBroker();
    const steps: readonly (readonly [clean: boolean, present: boolean])[] = [
      [true, false],
      [true, false],
      [false, false],
      [false, true],
      [false, true],
      [true, false],
      [false, false],
    ];
    for (const [clean, present] of steps) {
      const client = t.client(4);
      const { bytes } = record(client);
      client.sendBytes(connect({ flags: clean ? 2 : 0 }));
      await client.expect(2);
      assert.deepEqual(bytes, [0x20, 2, present ? 1 : 0, 0]);
      client.disconnect();
      await client.gone();
    }
  },
);

conforms(
  3,
  ["MQTT-3.2.0-1", "MQTT-4.4.0-1"],
  "connack: it comes before everything the session has waiting",
  async () => {
    await using t = new TestBroker();
    const options = { clientId: "c", cleanStart: false } as const;
    const before = await t.connected(4, options);
    await before.subscribe("a", 2);
    const publisher = await t.connected(4);
    await publisher.published("a", "inflight", { qos: 2 });
    await before.expect(3);
    before.reset();
    await publisher.published("a", "queued", { qos: 2 });
    const after = t.client(4);
    // Requests in the same bytes as CONNECT do not overtake it either.
    after.sendBytes([...connect({ flags: 0 }), ...packet(0xc0), ...packet(0x82, u16(9), "b", 0)]);
    const order = [];
    for (let i = 0; i < 5; i++) order.push((await after.next()).type);
    assert.equal(order[0], 2);
    assert.deepEqual(order.slice(1).sort((a, b) => a - b), [3, 3, 9, 13]);
  },
);

conforms(
  3,
  ["MQTT-3.2.0-1"],
  "connack: it comes first also when authentication takes its time",
  async () => {
    let decide: (opinion: Opinion) => void = () => {};
    const slow: Hook = {
      id: "slow",
      onConnectAuthenticate: () => new Promise((resolve) => decide = resolve),
      onAclCheck: () => "allow",
    };
    await using t = new TestBroker({ hooks: [slow] });
    const client = t.client(4);
    client.sendBytes([
      ...connect(),
      ...packet(0xc0),
      ...packet(0x82, u16(9), "b", 0),
      ...packet(0x30, "b", [7]),
    ]);
    await client.silent();
    assert.equal(t.broker.sessions.size, 0);
    decide("allow");
    assert.deepEqual([await client.next(), await client.next(), await client.next()].map((p) => p.type), [
      2,
      13,
      9,
    ]);
    assert.equal((await client.message()).topic, "b");
  },
);

conforms(
  3,
  ["MQTT-3.2.2-4", "MQTT-3.2.2-5", "MQTT-3.1.4-5"],
  "connack: a refusal has Session Present 0, even for a session that exists, and ends the connection",
  async () => {
    let opinion: Opinion = "allow";
    const door: Hook = { id: "door", onConnectAuthenticate: () => opinion, onAclCheck: () => "allow" };
    await using t = new TestBroker({ hooks: [door] });
    const owner = await t.connected(4, { clientId: "c", cleanStart: false });
    await owner.subscribe("a", 1);
    opinion = "deny";
    for (const flags of [0, 2]) {
      const client = t.client(4);
      const { bytes } = record(client);
      client.sendBytes(connect({ flags }));
      await client.expect(2);
      await client.gone();
      assert.deepEqual(bytes, [0x20, 2, 0, 4]);
    }
    // The refused ones had no effect on the session, nor on who uses it.
    opinion = "allow";
    const publisher = await t.connected(4);
    await publisher.published("a", "still here", { qos: 1 });
    assert.equal((await owner.message()).text, "still here");
  },
);

conforms(
  3,
  ["MQTT-3.2.2-6", "MQTT-3.2.2-5"],
  "connack: each refusal has the return code that fits it, or none and just the end",
  async () => {
    const codes: readonly (readonly [reason: keyof typeof Reasons, returnCode: number | null])[] = [
      ["unsupportedProtocolVersion", 1],
      ["clientIdentifierNotValid", 2],
      ["serverUnavailable", 3],
      ["serverBusy", 3],
      ["quotaExceeded", 3],
      ["connectionRateExceeded", 3],
      ["unspecifiedError", 3],
      ["badUserNameOrPassword", 4],
      ["notAuthorized", 5],
      ["banned", 5],
      ["topicNameInvalid", null],
      ["malformedPacket", null],
      ["protocolError", null],
      ["packetTooLarge", null],
      ["qosNotSupported", null],
      ["retainNotSupported", null],
      ["payloadFormatInvalid", null],
    ];
    for (const [name, returnCode] of codes) {
      const hook: Hook = { id: "refuse", onConnect: () => Reasons[name] };
      await using t = new TestBroker({ hooks: [hook] });
      const client = t.client(4);
      const { bytes } = record(client);
      client.sendBytes(connect());
      if (returnCode !== null) await client.expect(2);
      await client.gone();
      assert.deepEqual(bytes, returnCode === null ? [] : [0x20, 2, 0, returnCode], name);
    }
  },
);

conforms(
  3,
  ["MQTT-3.1.4-2", "MQTT-3.1.4-4"],
  "connack: a client id that is connected passes to the newcomer, the old connection ends",
  async () => {
    await using t = new TestBroker();
    for (const oldClean of [true, false]) {
      for (const newClean of [true, false]) {
        const clientId = `c-${oldClean}-${newClean}`;
        const watcher = await t.connected(4);
        await watcher.subscribe(clientId);
        const old = await t.connected(4, {
          clientId,
          cleanStart: oldClean,
          will: { topic: clientId, payload: Uint8Array.of(87), qos: 0, retain: false, properties: {} },
        });
        const fresh = t.client(4);
        const ack = await fresh.connect({ clientId, cleanStart: newClean });
        assert.equal(ack.reasonCode, 0);
        assert.equal(ack.sessionPresent, !oldClean && !newClean);
        await old.gone();
        // The old connection ended without DISCONNECT.
        assert.equal((await watcher.message()).text, "W");
        await fresh.ping();
        assert.equal([...t.broker.connections].filter((c) => c.client?.id === clientId).length, 1);
      }
    }
  },
);

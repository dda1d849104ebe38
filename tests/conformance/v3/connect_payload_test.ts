/** MQTT 3.1.1 section 3.1.3: client identifier, will, user name and password in CONNECT. */

import assert from "node:assert/strict";
import type { Client, Credentials, Hook, Opinion } from "../../../src/hook/hook.ts";
import type { ConnectPacket } from "../../../src/packets/types.ts";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { connect, field, illFormed, record } from "./raw.ts";

/** Lets everyone in and remembers what they said. */
class Memory implements Hook {
  readonly id = "memory";
  readonly packets: ConnectPacket[] = [];
  readonly credentials: Credentials[] = [];
  onConnect(_client: Client, packet: ConnectPacket): void {
    this.packets.push(packet);
  }
  onConnectAuthenticate(_client: Client, credentials: Credentials): Opinion {
    this.credentials.push(credentials);
    return "allow";
  }
  onAclCheck(): Opinion {
    return "allow";
  }
}

conforms(
  3,
  ["MQTT-3.1.3-1", "MQTT-3.1.2-9", "MQTT-3.1.2-19", "MQTT-3.1.2-21"],
  "connect payload: the fields are taken in the order of the standard",
  async () => {
    const memory = new Memory();
    await using t = new TestBroker({ hooks: [memory] });
    const client = t.client(4);
    client.sendBytes(connect({ flags: 0xee, payload: ["1", "2", "3", "4", "5"] }));
    assert.equal((await client.expect(2)).reasonCode, 0);
    const { clientId, will, username, password } = memory.packets[0]!;
    const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes!);
    assert.deepEqual([clientId, will?.topic, text(will?.payload), username, text(password)], [
      "1",
      "2",
      "3",
      "4",
      "5",
    ]);
    assert.deepEqual([will?.qos, will?.retain], [1, true]);
    assert.equal(memory.credentials[0]!.username, "4");
    assert.equal(text(memory.credentials[0]!.password), "5");
  },
);

conforms(
  3,
  ["MQTT-3.1.2-18", "MQTT-3.1.2-20"],
  "connect payload: without their flags there is neither user name nor password",
  async () => {
    const memory = new Memory();
    await using t = new TestBroker({ hooks: [memory] });
    await t.connected(4);
    await t.connected(4, { username: "name" });
    assert.deepEqual(memory.credentials, [
      { username: null, password: null },
      { username: "name", password: null },
    ]);
  },
);

conforms(
  3,
  ["MQTT-3.1.3-4", "MQTT-3.1.3-10", "MQTT-3.1.3-11", "MQTT-1.5.3-1"],
  "connect payload: a string that is not UTF-8 closes the connection without CONNACK",
  async () => {
    await using t = new TestBroker();
    for (const [what, bytes] of [...illFormed, ["U+0000", [0x61, 0, 0x62]] as const]) {
      const bad = field(bytes);
      for (
        const [name, packet] of [
          ["protocol name", connect({ name: bad })],
          ["client id", connect({ payload: [bad] })],
          ["will topic", connect({ flags: 0x06, payload: ["c", bad, "m"] })],
          ["user name", connect({ flags: 0x82, payload: ["c", bad] })],
        ] as const
      ) {
        const client = t.client(4);
        client.sendBytes(packet);
        if (name === "protocol name") { while (!client.closed) await client.next().catch(() => {}); }
        else {
          await client.gone();
          assert.equal(client.bytesReceived, 0, `${what} in the ${name}`);
        }
      }
      // Will message and password are bytes.
      const free = t.client(4);
      free.sendBytes(connect({ flags: 0xc6, payload: ["c", "t", bad, "n", bad] }));
      assert.equal((await free.expect(2)).reasonCode, 0, what);
    }
  },
);

conforms(
  3,
  ["MQTT-3.1.3-5"],
  "connect payload: letters and digits, 1 to 23 bytes, make a client id",
  async () => {
    await using t = new TestBroker({ limits: { clientIdLength: 23 } });
    const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const ids = [
      ...alphabet,
      ...Array.from({ length: 23 }, (_, i) => alphabet.slice(i, i * 2 + 1)),
      alphabet.slice(-23),
    ];
    for (const clientId of ids) {
      if (clientId.length > 23) continue;
      const client = t.client(4);
      assert.equal((await client.connect({ clientId })).reasonCode, 0, clientId);
      assert.notEqual(t.broker.sessions.get(clientId), undefined, clientId);
      client.disconnect();
    }
    const longest = t.client(4);
    assert.equal((await longest.connect({ clientId: alphabet.slice(-23) })).reasonCode, 0);
  },
);

conforms(
  3,
  ["MQTT-3.1.3-6", "MQTT-3.1.3-7"],
  "connect payload: each client without an id gets its own, and a session like any other",
  async () => {
    await using t = new TestBroker();
    const first = t.client(4);
    const second = t.client(4);
    for (const client of [first, second]) {
      client.sendBytes(connect({ payload: [""] }));
      assert.equal((await client.expect(2)).reasonCode, 0);
      await client.subscribe("a", 1);
    }
    const ids = [...t.broker.sessions.all()].map((session) => session.clientId);
    assert.equal(new Set(ids).size, 2);
    assert.ok(ids.every((id) => id.length > 0));
    const publisher = await t.connected(4, { clientId: "publisher" });
    await publisher.published("a", "x", { qos: 1 });
    publisher.disconnect();
    assert.equal((await first.message()).text, "x");
    assert.equal((await second.message()).text, "x");
    first.disconnect();
    second.disconnect();
    await first.gone();
    await second.gone();
    assert.equal(t.broker.sessions.size, 0);
  },
);

conforms(
  3,
  ["MQTT-3.1.3-8", "MQTT-3.1.3-7", "MQTT-3.2.2-4", "MQTT-3.2.2-5"],
  "connect payload: an empty client id without CleanSession gets return code 2 and the end",
  async () => {
    await using t = new TestBroker();
    const client = t.client(4);
    const { bytes } = record(client);
    client.sendBytes(connect({ flags: 0, payload: [""] }));
    assert.equal((await client.expect(2)).reasonCode, 2);
    await client.gone();
    assert.deepEqual(bytes, [0x20, 2, 0, 2]);
    assert.equal(t.broker.sessions.size, 0);
  },
);

conforms(
  3,
  ["MQTT-3.1.3-9", "MQTT-3.2.2-4", "MQTT-3.2.2-5"],
  "connect payload: a client id that is too long gets return code 2 and the end",
  async () => {
    await using t = new TestBroker({ limits: { clientIdLength: 30 } });
    assert.equal((await t.client(4).connect({ clientId: "x".repeat(30) })).reasonCode, 0);
    const client = t.client(4);
    const { bytes } = record(client);
    assert.equal((await client.connect({ clientId: "x".repeat(31) })).reasonCode, 2);
    await client.gone();
    assert.deepEqual(bytes, [0x20, 2, 0, 2]);
  },
);

conforms(
  3,
  ["MQTT-3.1.3-2", "MQTT-3.1.4-2"],
  "connect payload: a session belongs to its client id, compared byte by byte",
  async () => {
    await using t = new TestBroker();
    const ids = ["id", "ID", "id ", "\u00e9", "e\u0301"];
    for (const clientId of ids) {
      const client = await t.connected(4, { clientId, cleanStart: false });
      await client.subscribe(`to/${clientId}`, 1);
    }
    assert.equal(t.broker.connections.size, ids.length);
    const publisher = await t.connected(4);
    const owners = ids.map(() => t.client(4));
    for (const [i, clientId] of ids.entries()) {
      assert.equal((await owners[i]!.connect({ clientId, cleanStart: false })).sessionPresent, true);
    }
    for (const clientId of ids) await publisher.published(`to/${clientId}`, clientId, { qos: 1 });
    for (const [i, clientId] of ids.entries()) {
      assert.equal((await owners[i]!.message()).text, clientId);
      await owners[i]!.silent();
    }
  },
);

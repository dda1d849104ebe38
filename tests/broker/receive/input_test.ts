/** Bytes from strangers: whoever sends them has the trouble, and nobody else. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "../../../src/packets/encode.ts";
import type { Packet } from "../../../src/packets/types.ts";
import { Writer } from "../../../src/packets/wire.ts";
import { connect, field, illFormed, packet, u16 } from "../../conformance/v3/raw.ts";
import { heapInUse } from "../../fuzz/heap.ts";
import { publishPacket, settle, TestBroker, until } from "../../harness/mod.ts";

test("input: a topic that is not UTF-8 disconnects its sender and nobody else", async () => {
  await using t = new TestBroker();
  const neighbours = [];
  for (const version of [3, 4, 5] as const) {
    const neighbour = await t.connected(version);
    await neighbour.subscribe("#");
    neighbours.push(neighbour);
  }
  for (const [, bytes] of [...illFormed, ["U+0000", [0]] as const]) {
    for (const version of [4, 5] as const) {
      const client = await t.connected(version);
      client.sendBytes(packet(0x30, field(bytes), version === 5 ? [0] : []));
      await client.refusedWith(0x81);
    }
  }
  for (const neighbour of neighbours) {
    await neighbour.silent();
    await neighbour.ping();
  }
});

test("input: packets only a server sends end the connection of a client that sends them", async () => {
  await using t = new TestBroker();
  for (const version of [4, 5] as const) {
    const bodies = [
      packet(0x20, version === 5 ? [0, 0, 0] : [0, 0]),
      packet(0x90, u16(1), version === 5 ? [0, 0] : [0]),
      packet(0xb0, u16(1), version === 5 ? [0, 0] : []),
      packet(0xd0),
    ];
    for (const bytes of bodies) {
      const client = await t.connected(version);
      client.sendBytes(bytes);
      await client.refusedWith(0x82);
      const unknown = t.client(version);
      unknown.sendBytes(bytes);
      await unknown.gone();
    }
  }
});

test("input: garbage from a hundred strangers disturbs nobody", async () => {
  await using t = new TestBroker();
  const neighbour = await t.connected(5);
  await neighbour.subscribe("n", 1);
  let seed = 99;
  for (let i = 0; i < 100; i++) {
    const client = t.client(5);
    client.tap = (): void => {};
    if (i % 2 === 0) client.sendBytes(connect({ payload: [`s${i}`] }));
    client.version = i % 2 === 0 ? 4 : 5;
    const bytes = Uint8Array.from({ length: 300 }, () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed >>> 24;
    });
    client.sendBytes(bytes);
    await settle();
  }
  await (await t.connected(4)).published("n", "fine", { qos: 1 });
  assert.equal((await neighbour.message()).text, "fine");
});

function chunk(packets: readonly Packet[]): Uint8Array {
  const writer = new Writer();
  for (const packet of packets) encode(writer, packet, 5);
  return writer.view();
}

test("input: a few bytes that are left of a long chunk do not hold on to it", async () => {
  await using t = new TestBroker();
  const packets = Array.from({ length: 260 }, () => publishPacket("a/b", new Uint8Array(1000)));
  const bytes = chunk(packets).slice(0, -900);
  const come = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await t.connected();
      const { input } = [...t.broker.connections].at(-1)!;
      input.waitForSlice();
      input.data(bytes.slice(), bytes.length);
      await until(() => !input.held, "its slice");
    }
  };
  await come(20);
  const before = await heapInUse();
  await come(200);
  const each = (await heapInUse() - before) / 200;
  assert.ok(each < 20_000, `${each.toFixed(0)} bytes are left of each`);
});

test("input: a connection whose packet fails while it goes on ends, and does not hang", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  const [connection] = t.broker.connections;
  const { distributor } = t.broker;
  const { distribute } = distributor;
  distributor.distribute = (): never => {
    distributor.distribute = distribute;
    throw new Error("broken");
  };
  connection!.input.waitForSlice();
  const bytes = chunk([publishPacket("a", "x", { qos: 1, packetId: 1 })]);
  connection!.input.data(bytes, bytes.length);
  await until(() => client.closed, "its end");
  assert.equal(t.complaints.filter((line) => line.includes("broken")).length, 2);
});

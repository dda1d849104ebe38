/** Payloads that share memory. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PayloadSlabs } from "../../../src/broker/recovery/payload_slabs.ts";
import { Message } from "../../../src/session/message.ts";

function filled(length: number, value: number): Message {
  const payload = new Uint8Array(length).fill(value);
  return new Message("a", "a", payload, 0, length, 1, true, "", true);
}

test("payload slabs: every payload stays what it was, small ones share a buffer", () => {
  const slabs = new PayloadSlabs();
  const lengths = [0, 1, 16, 1000, 1024, 1025, 70_000];
  const taken: { message: Message; length: number; value: number }[] = [];
  for (let i = 0; i < 300; i++) {
    const length = lengths[i % lengths.length];
    taken.push({ message: slabs.take(filled(length, i & 255)), length, value: i & 255 });
  }
  for (const { message, length, value } of taken) {
    assert.equal(message.payloadLength, length);
    assert.deepEqual(message.payload, new Uint8Array(length).fill(value));
  }
  const buffers = new Set(taken.filter(({ length }) => length <= 1024).map(({ message }) => message.bytes));
  assert.ok(buffers.size < 10, String(buffers.size));
  // Who keeps one for years on its own has no part in the others.
  const [first] = taken.slice(1);
  first.message.keepLong();
  assert.equal(first.message.bytes.length, 1);
});

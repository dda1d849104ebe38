import assert from "node:assert/strict";
import { test } from "node:test";
import { Message } from "../../src/session/message.ts";

/** Of which the payload lies in the middle of a chunk. */
function inChunk(payload: readonly number[]): { message: Message; chunk: Uint8Array } {
  const chunk = Uint8Array.from([0xEE, ...payload, 0xEE]);
  const message = new Message("t", "t", chunk, 1, 1 + payload.length, 1, false, "publisher", false);
  return { message, chunk };
}

for (const length of [0, 1, 16, 32, 33, 100, 128, 129, 1000]) {
  const payload = Array.from({ length }, (_, i) => i & 255);

  test(`message: ${length} bytes stay as they were when the chunk is overwritten`, () => {
    for (const keep of ["keep", "keepLong", "own"] as const) {
      const { message, chunk } = inChunk(payload);
      message[keep]();
      chunk.fill(0xFF);
      assert.deepEqual([...message.payload], payload);
      assert.equal(message.payloadLength, length);
    }
  });

  test(`message: ${length} bytes that are kept for years hold on to nothing else`, () => {
    for (const before of ["keep", "none"] as const) {
      const { message, chunk } = inChunk(payload);
      if (before === "keep") message.keep();
      message.keepLong();
      chunk.fill(0xFF);
      assert.deepEqual([...message.payload], payload);
      assert.equal(message.bytes.buffer.byteLength, length);
      const { bytes } = message;
      message.keepLong();
      message.keep();
      assert.equal(message.bytes, bytes);
    }
  });
}

test("message: many small ones that are kept share memory, and each has its own bytes", () => {
  const messages = Array.from({ length: 500 }, (_, i) => {
    const { message, chunk } = inChunk([i & 255, i >> 8, 1, 2]);
    message.keep();
    chunk.fill(0xFF);
    return message;
  });
  for (const [i, message] of messages.entries()) assert.deepEqual([...message.view], [i & 255, i >> 8, 1, 2]);
  assert.ok(new Set(messages.map(({ bytes }) => bytes.buffer)).size < 10);
});

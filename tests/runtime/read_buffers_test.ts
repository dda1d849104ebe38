/** Memory for pending reads. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bigSize, ReadBuffers, smallSize } from "../../src/runtime/read_buffers.ts";

describe("read buffers", () => {
  it("small views share a slab, never overlap and come back", () => {
    const buffers = new ReadBuffers();
    const views = Array.from({ length: 200 }, () => buffers.takeSmall());
    const slabs = new Map<ArrayBufferLike, Set<number>>();
    for (const { buffer, byteOffset, length } of views) {
      assert.equal(length, smallSize);
      const offsets = slabs.get(buffer) ?? new Set();
      slabs.set(buffer, offsets.add(byteOffset));
    }
    assert.equal(slabs.size, 2);
    assert.equal([...slabs.values()].reduce((sum, { size }) => sum + size, 0), views.length);
    buffers.returnSmall(views[0]!);
    assert.equal(buffers.takeSmall(), views[0]);
  });

  it("big buffers are bounded and used again", () => {
    const buffers = new ReadBuffers();
    const taken: Uint8Array[] = [];
    for (let big = buffers.takeBig(); big !== null; big = buffers.takeBig()) taken.push(big);
    assert.ok(taken.length * bigSize <= 16 * 1024 * 1024);
    buffers.returnBig(taken[0]!);
    assert.equal(buffers.takeBig(), taken[0]);
    assert.equal(buffers.takeBig(), null);
  });

  it("a big buffer is kept while reads fill it, and given back when memory is short", () => {
    const buffers = new ReadBuffers();
    const taken: (Uint8Array | null)[] = [buffers.takeBig()];
    assert.deepEqual([smallSize - 1, smallSize, bigSize].map((n) => buffers.keepBig(n)), [false, true, true]);
    while (buffers.keepBig(smallSize)) taken.push(buffers.takeBig());
    assert.ok(taken.length > 100);
    assert.equal(buffers.keepBig(bigSize), true);
  });
});

/** The queue of a session. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Queue } from "../../src/core/queue.ts";

test("queue: what comes first goes first", () => {
  const queue = new Queue<number>();
  assert.equal(queue.shift(), undefined);
  assert.equal(queue.peek(), undefined);
  for (let i = 0; i < 5; i++) queue.push(i);
  assert.equal(queue.peek(), 0);
  assert.deepEqual([...queue], [0, 1, 2, 3, 4]);
  assert.deepEqual([queue.shift(), queue.shift()], [0, 1]);
  queue.push(5);
  assert.deepEqual([...queue], [2, 3, 4, 5]);
  assert.equal(queue.length, 4);
  queue.clear();
  assert.deepEqual([queue.length, queue.shift(), queue.peek()], [0, undefined, undefined]);
});

test("queue: agrees with an array, also past the lengths at which it tidies up", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 900 }) }) },
    { weight: 3, arbitrary: fc.record({ shift: fc.integer({ min: 1, max: 900 }) }) },
    { weight: 1, arbitrary: fc.record({ clear: fc.constant(true) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
      const queue = new Queue<number>();
      let model: number[] = [];
      let next = 0;
      for (const s of steps) {
        if ("push" in s) {
          for (let i = 0; i < s.push; i++) {
            queue.push(next);
            model.push(next++);
          }
        } else if ("shift" in s) {
          const gone = model.splice(0, s.shift);
          for (const n of gone) assert.equal(queue.shift(), n);
          if (gone.length < s.shift) assert.equal(queue.shift(), undefined);
        } else {
          queue.clear();
          model = [];
        }
        assert.equal(queue.length, model.length);
        assert.equal(queue.peek(), model[0]);
      }
      assert.deepEqual([...queue], model);
    }),
    { numRuns: 200 },
  );
});

test("queue: a step costs the same in a long one as in a short one", () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 200_000; i++) queue.push(i);
  const started = performance.now();
  for (let i = 0; i < 400_000; i++) {
    assert.equal(queue.shift(), i);
    queue.push(i + 200_000);
  }
  // Moving 200,000 items on each step would take minutes.
  assert.ok(performance.now() - started < 5000);
});

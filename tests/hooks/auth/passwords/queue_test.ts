/** So many at a time, so many waiting, none for too long. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkQueue } from "../../../../hooks/auth/passwords/queue.ts";
import { settle } from "../../../harness/mod.ts";

/** Work that ends when it is told to. */
function jobs(): {
  start: (name: string) => () => Promise<string>;
  end: (name: string) => void;
  running: string[];
} {
  const open = new Map<string, () => void>();
  const running: string[] = [];
  return {
    running,
    start: (name) => () => {
      running.push(name);
      return new Promise((resolve) => open.set(name, () => resolve(name)));
    },
    end: (name) => open.get(name)!(),
  };
}

test("work queue: what does not run waits in order, and what may not wait is turned away", async () => {
  const { start, end, running } = jobs();
  const queue = new WorkQueue({ running: 2, waiting: 2, patience: 1000 }, () => 0);
  const results = ["a", "b", "c", "d", "e"].map((name) => queue.run(start(name)));
  assert.equal(await results[4], null);
  assert.deepEqual(running, ["a", "b"]);
  end("b");
  assert.equal(await results[1], "b");
  await settle();
  assert.deepEqual(running, ["a", "b", "c"]);
  end("a");
  end("c");
  await settle();
  end("d");
  assert.deepEqual(await Promise.all(results), ["a", "b", "c", "d", null]);
  const next = queue.run(start("f"));
  await settle();
  end("f");
  assert.equal(await next, "f");
});

test("work queue: what has waited for too long is turned away unbegun", async () => {
  const { start, end, running } = jobs();
  let now = 0;
  const queue = new WorkQueue({ running: 1, waiting: 3, patience: 1000 }, () => now);
  const first = queue.run(start("a"));
  const late = queue.run(start("b"));
  await settle();
  now = 500;
  const intime = queue.run(start("c"));
  now = 1200;
  end("a");
  assert.equal(await first, "a");
  assert.equal(await late, null);
  await settle();
  assert.deepEqual(running, ["a", "c"]);
  end("c");
  assert.equal(await intime, "c");
});

test("work queue: work that fails gives its place back", async () => {
  const queue = new WorkQueue({ running: 1, waiting: 1, patience: 1000 });
  for (let i = 0; i < 3; i++) {
    await assert.rejects(queue.run(() => Promise.reject(new Error("broken"))), /broken/);
  }
  assert.equal(await queue.run(() => Promise.resolve(1)), 1);
});

test("work queue: who has waited for too long is told while others still run", async () => {
  const { start, end, running } = jobs();
  const queue = new WorkQueue({ running: 1, waiting: 9, patience: 5 });
  const first = queue.run(start("a"));
  const late = [queue.run(start("b")), queue.run(start("c"))];
  assert.deepEqual(await Promise.all(late), [null, null]);
  assert.deepEqual([queue.running, queue.waiting], [1, 0]);
  end("a");
  assert.equal(await first, "a");
  assert.deepEqual(running, ["a"]);
  assert.deepEqual([queue.running, queue.waiting], [0, 0]);
});

test("work queue: those who wait take turns by where they come from", async () => {
  const { start, end, running } = jobs();
  const queue = new WorkQueue({ running: 1, waiting: 10, patience: 1000 }, () => 0);
  const from = (place: string, name: string): Promise<string | null> => queue.run(start(name), place);
  void from("flood", "f1");
  for (const name of ["f2", "f3", "f4", "f5"]) void from("flood", name);
  void from("a", "a1");
  void from("a", "a2");
  void from("b", "b1");
  for (let i = 0; i < 7; i++) {
    end(running.at(-1)!);
    await settle();
  }
  assert.deepEqual(running, ["f1", "f2", "a1", "b1", "f3", "a2", "f4", "f5"]);
});

test("work queue: when it is full, the last of those who have the most makes room for who has fewer", async () => {
  const { start, end, running } = jobs();
  const queue = new WorkQueue({ running: 1, waiting: 4, patience: 1000 }, () => 0);
  const flood = ["f0", "f1", "f2", "f3", "f4", "f5"].map((name) => queue.run(start(name), "flood"));
  // Who has the most himself gets no further place.
  assert.equal(await flood[5], null);
  const others = ["a1", "a2", "a3"].map((name) => queue.run(start(name), "a"));
  assert.deepEqual([await flood[4], await flood[3], await others[2]], [null, null, null]);
  assert.equal(queue.waiting, 4);
  for (let i = 0; i < 5; i++) {
    end(running.at(-1)!);
    await settle();
  }
  assert.deepEqual(running, ["f0", "f1", "a1", "f2", "a2"]);
  assert.deepEqual([queue.waiting, queue.running], [0, 0]);
});

test("work queue: who has waited for too long is turned away wherever he comes from", async () => {
  const { start, end } = jobs();
  let now = 0;
  const queue = new WorkQueue({ running: 1, waiting: 10, patience: 1000 }, () => now);
  const first = queue.run(start("f0"), "flood");
  const late = [queue.run(start("f1"), "flood"), queue.run(start("a1"), "a")];
  now = 900;
  const inTime = queue.run(start("f2"), "flood");
  now = 1100;
  end("f0");
  await first;
  assert.deepEqual(await Promise.all(late), [null, null]);
  await settle();
  end("f2");
  assert.equal(await inTime, "f2");
});

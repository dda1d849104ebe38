/** So many at a time, so many waiting, none for too long. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Slots } from "../../../../hooks/auth/ledger/slots.ts";
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

test("slots: what does not run waits in order, and what may not wait is turned away", async () => {
  const { start, end, running } = jobs();
  const slots = new Slots({ running: 2, waiting: 2, patience: 1000 }, () => 0);
  const results = ["a", "b", "c", "d", "e"].map((name) => slots.run(start(name)));
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
  const next = slots.run(start("f"));
  await settle();
  end("f");
  assert.equal(await next, "f");
});

test("slots: what has waited for too long is turned away unbegun", async () => {
  const { start, end, running } = jobs();
  let now = 0;
  const slots = new Slots({ running: 1, waiting: 3, patience: 1000 }, () => now);
  const first = slots.run(start("a"));
  const late = slots.run(start("b"));
  await settle();
  now = 500;
  const intime = slots.run(start("c"));
  now = 1200;
  end("a");
  assert.equal(await first, "a");
  assert.equal(await late, null);
  await settle();
  assert.deepEqual(running, ["a", "c"]);
  end("c");
  assert.equal(await intime, "c");
});

test("slots: work that fails gives its place back", async () => {
  const slots = new Slots({ running: 1, waiting: 1, patience: 1000 });
  for (let i = 0; i < 3; i++) {
    await assert.rejects(slots.run(() => Promise.reject(new Error("broken"))), /broken/);
  }
  assert.equal(await slots.run(() => Promise.resolve(1)), 1);
});

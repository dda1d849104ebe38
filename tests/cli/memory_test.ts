/** The program gives memory back after a burst, once, and when it has time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReturn } from "../../src/cli/memory.ts";
import { giveMemoryBack } from "../../src/runtime/memory.ts";
import { memoryUse } from "../../src/runtime/process.ts";

const MB = 1 << 20;

class Watch {
  bytes = 60 * MB;
  seconds = 0;
  returned = 0;
  /** What it falls to. */
  used = 60 * MB;
  resident = (): number => this.bytes;
  cpu = (): number => this.seconds;
  giveBack = (): Promise<void> => {
    this.returned++;
    this.bytes = this.used;
    return Promise.resolve();
  };
}

test("memory: after a burst it is given back, once", async () => {
  const watch = new Watch();
  const look = memoryReturn(watch, 10_000);
  watch.bytes = 400 * MB;
  watch.used = 70 * MB;
  assert.equal(await look(), true);
  assert.equal(await look(), false);
  assert.equal(watch.returned, 1);
});

test("memory: what is in use is asked for more and more rarely, and given back when it no longer is", async () => {
  const watch = new Watch();
  const look = memoryReturn(watch, 10_000);
  watch.bytes = watch.used = 400 * MB;
  const tries: number[] = [];
  for (let i = 0; i < 200; i++) if (await look()) tries.push(i);
  assert.deepEqual(tries.slice(0, 5), [0, 2, 6, 14, 30]);
  assert.ok(tries.length < 12, String(tries));
  watch.used = 70 * MB;
  for (let i = 0; i < 40; i++) await look();
  assert.equal(watch.bytes, 70 * MB);
});

test("memory: while there is much to do it waits", async () => {
  const watch = new Watch();
  const look = memoryReturn(watch, 10_000);
  await look();
  watch.bytes = 400 * MB;
  for (let i = 0; i < 5; i++) {
    watch.seconds += 9;
    assert.equal(await look(), false);
  }
  watch.seconds += 0.1;
  assert.equal(await look(), true);
});

test("memory: a little more is not worth a pause", async () => {
  const watch = new Watch();
  const look = memoryReturn(watch, 10_000);
  watch.bytes = 80 * MB;
  assert.equal(await look(), false);
});

test("memory: what nobody uses any more is given back on this runtime", async () => {
  await giveMemoryBack();
  const before = memoryUse().resident;
  await fill();
  const filled = memoryUse().resident;
  await giveMemoryBack();
  const after = memoryUse().resident;
  const said = [before, filled, after].map((bytes) => `${Math.round(bytes / MB)} MB`).join(" → ");
  assert.ok(filled - before > 100 * MB, said);
  assert.ok(after - before < (filled - before) / 2, said);
});

/** Much memory in small pieces, which is nobody's when it returns. */
async function fill(): Promise<void> {
  const pieces = Array.from({ length: 20_000 }, () => new Uint8Array(10_000).fill(1));
  await new Promise((done) => setTimeout(done, 1));
  assert.equal(pieces.length, 20_000);
}

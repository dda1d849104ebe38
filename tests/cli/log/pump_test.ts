/** Lines on their way to an output that is slow, full or gone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Lost, Pump, type Target } from "../../../src/cli/log/pump.ts";
import { until } from "../../harness/time.ts";

/** An output whose mood can be changed. */
class Output implements Target {
  text = "";
  writes = 0;
  failure: string | null = null;
  /** Bytes it takes at a time. */
  takes = Infinity;
  #held: Promise<void> | null = null;
  #release: () => void = () => {};

  async write(batch: Uint8Array, from: number): Promise<number> {
    this.writes++;
    await this.#held;
    if (this.failure !== null) throw Object.assign(new Error(this.failure), { code: this.failure });
    const end = Math.min(batch.length, from + this.takes);
    this.text += new TextDecoder().decode(batch.subarray(from, end));
    return end;
  }

  writeSync(batch: Uint8Array, from: number): void {
    this.text += new TextDecoder().decode(batch.subarray(from));
  }

  hold(): void {
    this.#held = new Promise((resolve) => this.#release = resolve);
  }

  release(): void {
    this.#held = null;
    this.#release();
  }
}

interface Bench {
  readonly output: Output;
  readonly pump: Pump;
  readonly lost: Lost[];
  readonly stuck: string[];
}

function bench(): Bench {
  const output = new Output();
  const lost: Lost[] = [];
  const stuck: string[] = [];
  const pump = new Pump(output, {
    monotonic: () => 0,
    lostLine: (one) => {
      lost.push(one);
      return `lost ${one.lines}\n`;
    },
    stuck: (why) => stuck.push(why),
  });
  return { output, pump, lost, stuck };
}

test("pump: lines of a turn are one write, in order", async () => {
  const { output, pump } = bench();
  for (let i = 0; i < 1000; i++) pump.push(`${i}\n`);
  assert.equal(output.writes, 0);
  await pump.flush(5000);
  assert.equal(output.writes, 1);
  assert.equal(output.text, Array.from({ length: 1000 }, (_, i) => `${i}\n`).join(""));
});

test("pump: an output that takes a few bytes at a time gets all of them", async () => {
  const { output, pump } = bench();
  output.takes = 7;
  const all = Array.from({ length: 3000 }, (_, i) => `line ${i} é😀\n`);
  const bytes = new Uint8Array(200_000);
  let length = 0;
  output.write = (batch, from): Promise<number> => {
    const end = Math.min(batch.length, from + 7);
    bytes.set(batch.subarray(from, end), length);
    length += end - from;
    return Promise.resolve(end);
  };
  for (const line of all) pump.push(line);
  await pump.flush(5000);
  assert.equal(new TextDecoder().decode(bytes.subarray(0, length)), all.join(""));
});

test("pump: while nothing is taken a megabyte waits, the rest is counted, and said behind what waited", async () => {
  const { output, pump, lost, stuck } = bench();
  output.hold();
  const line = `${"x".repeat(999)}\n`;
  for (let i = 0; i < 5000; i++) pump.push(line);
  await until(() => output.writes === 1, "the first write");
  assert.deepEqual(stuck, ["it did not take lines fast enough"]);
  output.release();
  await pump.flush(5000);
  const kept = output.text.split(line).length - 1;
  assert.ok(kept > 900 && kept < 1200, `${kept}`);
  assert.deepEqual(lost.map(({ lines }) => lines), [5000 - kept]);
  assert.ok(output.text.endsWith(`${line}lost ${5000 - kept}\n`));
  pump.push("after\n");
  await pump.flush(5000);
  assert.ok(output.text.endsWith("\nafter\n"));
});

test("pump: what was lost is said before the next line that fits", async () => {
  const { output, pump } = bench();
  output.hold();
  const line = `${"x".repeat(65_000)}\n`;
  for (let i = 0; i < 40; i++) pump.push(line);
  await until(() => output.writes === 1, "the first write");
  output.takes = 100;
  output.release();
  await until(() => output.text.length > 300, "some bytes");
  pump.push("next\n");
  output.takes = Infinity;
  await pump.flush(5000);
  assert.match(output.text, /x\nlost \d+\nnext\n$/);
});

test("pump: an output that fails is tried again, nothing is lost or doubled, and it is said once", async () => {
  const { output, pump, lost, stuck } = bench();
  output.failure = "ENOSPC";
  pump.push("1\n");
  await pump.flush(5000);
  for (let i = 2; i < 10; i++) pump.push(`${i}\n`);
  await pump.flush(5000);
  assert.deepEqual([output.text, stuck], ["", ["no space is left on the device"]]);
  output.failure = null;
  await until(() => output.text.endsWith("9\n"), "the next try");
  assert.equal(output.text, "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  assert.deepEqual(lost, []);
  output.failure = "EPIPE";
  pump.push("10\n");
  await until(() => stuck.length === 2, "the next complaint");
  assert.equal(stuck[1], "nobody reads it any more");
});

test("pump: waiting for an output that takes nothing ends", async () => {
  const { output, pump } = bench();
  output.hold();
  pump.push("1\n");
  await pump.flush(30);
  assert.equal(output.text, "");
  output.release();
});

test("pump: last words are written at once", () => {
  const { output, pump } = bench();
  pump.push("1\n");
  pump.push("2\n");
  pump.lastWords();
  assert.equal(output.text, "1\n2\n");
});

/** The load generator must notice every way in which a broker can be wrong: its numbers are worth nothing otherwise. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { Mistake } from "./fake_broker.ts";
import { LoadFailure } from "./load.ts";
import { changed, compileBeforeTests, loadAgainst, needed, PAYLOAD } from "./load_harness.ts";

compileBeforeTests();

test("a broker without mistakes passes, and everything is counted", needed, async () => {
  const report = await loadAgainst((packet) => [packet]);
  assert.equal(report.number("published"), 1000);
  assert.equal(report.number("received"), 1000);
  assert.throws(() => report.number("no.such.value"), LoadFailure);
});

test("persistent sessions are ended at the end", needed, async () => {
  const flags: number[] = [];
  const ids: string[] = [];
  const control = (packet: Uint8Array): void => {
    if (packet[0] !== 0x10) return;
    flags.push(packet[9] ?? NaN);
    ids.push(Buffer.from(packet.subarray(14)).toString());
  };
  await loadAgainst((packet) => [packet], { persistent: 1 }, { control });
  assert.deepEqual(flags, [0, 2]);
  assert.equal(ids.length, 2);
  assert.equal(ids[1], ids[0]);
});

/** Delivers one message after the next one. */
function swapping(): Mistake {
  let held: Uint8Array | undefined;
  return (packet, n) => {
    if (n === 500) {
      held = packet.slice();
      return [];
    }
    return n === 501 && held !== undefined ? [packet, held] : [packet];
  };
}

const mistakes: readonly { what: string; mistake: Mistake; failure: RegExp }[] = [
  {
    what: "a lost message in the middle",
    mistake: (packet, n) => n === 500 ? [] : [packet],
    failure: /No progress for 1 s: 999 of 1000 deliveries/,
  },
  {
    what: "a lost message at the end",
    mistake: (packet, n) => n === 999 ? [] : [packet],
    failure: /No progress for 1 s: 999 of 1000 deliveries/,
  },
  {
    what: "a message delivered twice",
    mistake: (packet, n) => n === 999 ? [packet, packet] : [packet],
    failure: /Order was broken: 0 gaps, 0 of them reordered, 1 duplicates/,
  },
  {
    what: "two messages in the wrong order",
    mistake: swapping(),
    failure: /Order was broken: 1 gaps, 1 of them reordered, 0 duplicates/,
  },
  {
    what: "a changed sequence number",
    mistake: (packet, n) => [n === 500 ? changed(packet, PAYLOAD - 8) : packet],
    failure: /A payload arrived that is not the one that was sent/,
  },
  {
    what: "a changed end of a payload",
    mistake: (packet, n) => [n === 500 ? changed(packet, 1) : packet],
    failure: /A payload arrived that is not the one that was sent/,
  },
  {
    what: "a wrong topic",
    mistake: (packet, n) => [n === 500 ? changed(packet, PAYLOAD + 1) : packet],
    failure: /received a message of bench\/00000\/t on the topic bench\/00000\/u/,
  },
  {
    what: "a payload cut short",
    mistake: (packet, n) => {
      if (n !== 500) return [packet];
      const short = packet.slice(0, -1);
      short[1] = short.length - 2;
      return [short];
    },
    failure: /A payload of 39 bytes arrived, 40 were sent/,
  },
];

for (const { what, mistake, failure } of mistakes) {
  test(`it notices ${what}`, needed, async () => {
    await assert.rejects(loadAgainst(mistake), (error) => {
      assert.ok(error instanceof LoadFailure);
      assert.match(error.message, failure);
      return true;
    });
  });
}

/** The fuzzer, as far as it goes in a test run; `deno task fuzz` goes much further. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { anySeed, Random } from "../properties/random.ts";
import { Finding, Fuzzer } from "./fuzzer.ts";
import { MemoryTarget } from "./memory_target.ts";
import { replayText, scriptsOf } from "./replay.ts";

const PACKETS = 5000;

async function fuzz(seed: number, thinking: boolean): Promise<Fuzzer> {
  const target = new MemoryTarget(thinking);
  const fuzzer = new Fuzzer(target, new Random(seed));
  try {
    await fuzzer.begin();
    await fuzzer.run(PACKETS);
    await fuzzer.end();
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    throw new Error(`Seed ${seed}: ${error.message}\n--replay ${error.replay}`, { cause: error });
  }
  await target.close();
  return fuzzer;
}

test(`fuzz: ${PACKETS} packets of a known seed hurt nobody`, async () => {
  const { outcomes } = await fuzz(1, false);
  // It does reach what it is there for.
  for (
    const outcome of [
      "talk: answered",
      "spoilt: DISCONNECT 0x81",
      "spoilt: answered",
      "talk: DISCONNECT 0x8e",
    ]
  ) {
    assert.ok((outcomes.get(outcome) ?? 0) > 0, `${outcome} did not happen: ${[...outcomes].join(" ")}`);
  }
});

for (const thinking of [false, true]) {
  const where = thinking ? "a broker with hooks" : "a plain broker";
  test(`fuzz: ${PACKETS} packets nobody has sent before to ${where} hurt nobody`, async () => {
    await fuzz(anySeed(), thinking);
  });
}

test("fuzz: what was sent can be written down and sent again", () => {
  const sent = [[new Uint8Array([0x10, 0xff]), new Uint8Array([0])], [new Uint8Array([0xc0, 0])]];
  const text = replayText(sent);
  assert.equal(text, "10ff.00_c000");
  assert.deepEqual(scriptsOf(text).map((s) => s.chunks), sent);
  assert.throws(() => scriptsOf("10zz"), /expected hex digits/);
});

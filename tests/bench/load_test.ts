/** The load generator must notice every way in which a broker can be wrong: its numbers are worth nothing otherwise. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { compileLoad } from "./compile.ts";
import { type Mistake, startFakeBroker } from "./fake_broker.ts";
import { type LoadArgs, LoadFailure, type LoadReport, runLoad } from "./load.ts";
import { firstLine } from "./process.ts";

const able = process.platform === "linux" &&
  await firstLine(process.env["CC"] ?? "cc", ["--version"]) !== undefined;
const skip = able ? false : "needs Linux and a C compiler";

const PAYLOAD = 40; // long enough for its last bytes to be checked as well
let folder: string;
let program: string;

before(async () => {
  if (!able) return;
  folder = mkdtempSync(join(tmpdir(), "comqtt-load-"));
  program = await compileLoad(folder);
});

after(() => {
  if (able) rmSync(folder, { recursive: true, force: true });
});

async function loadAgainst(
  mistake: Mistake,
  more: LoadArgs = {},
  connected: (packet: Uint8Array) => void = (): void => {},
): Promise<LoadReport> {
  const { server, port } = await startFakeBroker(mistake, connected);
  try {
    return await runLoad(program, {
      port,
      clients: 1,
      messages: 1000,
      payload: PAYLOAD,
      patience: 1,
      limit: 20,
      ...more,
    }, []);
  } finally {
    server.close();
  }
}

/** A copy with one byte changed, counted from the end. */
function changed(packet: Uint8Array, fromEnd: number): Uint8Array {
  const copy = packet.slice();
  copy[copy.length - fromEnd] = (copy[copy.length - fromEnd] ?? 0) ^ 1;
  return copy;
}

test("a broker without mistakes passes, and everything is counted", { skip }, async () => {
  const report = await loadAgainst((packet) => [packet]);
  assert.equal(report.number("published"), 1000);
  assert.equal(report.number("received"), 1000);
  assert.throws(() => report.number("no.such.value"), LoadFailure);
});

test("persistent sessions are ended at the end", { skip }, async () => {
  const flags: number[] = [];
  const ids: string[] = [];
  await loadAgainst((packet) => [packet], { persistent: 1 }, (packet) => {
    flags.push(packet[9] ?? NaN);
    ids.push(Buffer.from(packet.subarray(14)).toString());
  });
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
  test(`it notices ${what}`, { skip }, async () => {
    await assert.rejects(loadAgainst(mistake), (error) => {
      assert.ok(error instanceof LoadFailure);
      assert.match(error.message, failure);
      return true;
    });
  });
}

/**
 * `deno task fuzz`, or `bun tests/fuzz/fuzz.ts`: throws random, mutated and truncated packets and sequences of
 * packets at a running broker, most of them in memory, some over sockets to a process of its own. Whatever escapes,
 * hangs, disturbs two other clients or stays behind is a finding: exit code 1, with the seed and the bytes.
 */

import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Random } from "../properties/random.ts";
import { Finding, Fuzzer } from "./fuzzer.ts";
import { MemoryTarget } from "./memory_target.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { scriptsOf } from "./replay.ts";
import { type Part, summary } from "./summary.ts";
import { SocketTarget } from "./socket_target.ts";
import type { Target } from "./target.ts";

/** What of them is sent before memory is measured for the first time. */
const WARM_UP = 0.1;
/** By how much memory may have grown at the end: buffers and tables of bounded size fill up slowly. */
const GROWTH = 24 << 20;
/** Characters of a replay that are printed. */
const PRINTED = 4000;

/** One part of the run: a broker, and so many packets. */
async function fuzz(name: string, target: Target, random: Random, packets: number): Promise<Part> {
  const started = performance.now();
  const fuzzers: Fuzzer[] = [];
  const heaps: number[] = [];
  for (const share of [WARM_UP, 1 - WARM_UP]) {
    const fuzzer = new Fuzzer(target, random);
    fuzzers.push(fuzzer);
    await fuzzer.begin();
    await fuzzer.run(Math.ceil(packets * share));
    heaps.push((await fuzzer.end()).heap);
  }
  const [before, after] = heaps as [number, number];
  if (after - before > GROWTH) {
    throw new Finding(
      `Memory in use has grown from ${before} to ${after} bytes; ${GROWTH} more are allowed`,
      [],
    );
  }
  return { name, fuzzers, heaps: [before, after], seconds: (performance.now() - started) / 1000 };
}

/** Sends again what was found. */
async function replay(name: string, target: Target, random: Random, text: string): Promise<Part> {
  const started = performance.now();
  const fuzzer = new Fuzzer(target, random);
  await fuzzer.begin();
  await fuzzer.round(scriptsOf(text));
  const { heap } = await fuzzer.end();
  return { name, fuzzers: [fuzzer], heaps: [heap, heap], seconds: (performance.now() - started) / 1000 };
}

interface Place {
  readonly name: string;
  /** What of all packets goes there. */
  readonly share: number;
  open(): Target | Promise<Target>;
}

const PLACES: readonly Place[] = [
  { name: "in memory", share: 0.6, open: () => new MemoryTarget(false) },
  { name: "in memory, with hooks", share: 0.3, open: () => new MemoryTarget(true) },
  { name: "over sockets", share: 0.1, open: () => SocketTarget.start() },
];

async function run(options: Options): Promise<void> {
  const { packets, seed } = options;
  console.log(`Seed ${seed}, ${options.replay === null ? `${packets} packets` : "replay"}`);
  // (In memory the broker is in this process.)
  const current: { faults: string[] } = { faults: [] };
  process.on(
    "uncaughtException",
    (error) => current.faults.push(`Uncaught: ${error.stack ?? error.message}`),
  );
  process.on(
    "unhandledRejection",
    (reason) => current.faults.push(`Rejected, not handled: ${String(reason)}`),
  );
  for (const [i, { name, share, open }] of PLACES.entries()) {
    const target = await open();
    current.faults = target.faults;
    const random = new Random(seed + i);
    const part = options.replay === null
      ? await fuzz(name, target, random, Math.round(packets * share))
      : await replay(name, target, random, options.replay);
    console.log(summary(part));
    await target.close();
  }
  console.log(`Nothing found with seed ${seed}`);
}

/** What fits on a line is printed, the rest goes into a file. */
function argument(text: string, seed: number): string {
  if (text.length <= PRINTED) return text;
  const path = join(tmpdir(), `comqtt-fuzz-${seed}.hex`);
  writeFileSync(path, text);
  return `@${path}`;
}

async function main(): Promise<number> {
  let options: Options | "help";
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  try {
    await run(options);
    return 0;
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    console.error(`FOUND: ${error.message}`);
    console.error(`The same again: --packets ${options.packets} --seed ${options.seed}`);
    if (error.replay !== "") {
      console.error(`What was sent last: --replay ${argument(error.replay, options.seed)}`);
    }
    return 1;
  }
}

process.exit(await main());

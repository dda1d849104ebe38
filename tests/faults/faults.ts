/**
 * `deno task faults`, or `bun tests/faults/faults.ts`: kills brokers at random moments while clients publish and
 * subscribe, and looks whether what they were promised is kept. A violation is printed with the seed of its round, and
 * the exit code is 1.
 */

import process from "node:process";
import { round } from "./load/round.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";

/** Of one database and its clients. */
const KILLS = 5;
/** What is shown of a broker's log, in characters. */
const SHOWN = 3000;

async function run({ moments, seed, sync, runtime, storage, disturb }: Options): Promise<boolean> {
  const started = performance.now();
  let messages = 0;
  let violations = 0;
  const seeds: number[] = [];
  for (let done = 0; done < moments; done += KILLS) {
    const at = (seed + done / KILLS) >>> 0;
    const kills = Math.min(KILLS, moments - done);
    const before = performance.now();
    const result = await round({ seed: at, kills, sync, runtime, storage, disturb });
    messages += result.messages;
    violations += result.violations.length;
    const well = result.violations.length === 0 ? "ok" : `${result.violations.length} VIOLATIONS`;
    const seconds = ((performance.now() - before) / 1000).toFixed(1);
    console.log(`seed ${at}: killed ${kills} times, ${result.messages} messages, ${seconds} s, ${well}`);
    if (result.violations.length === 0) continue;
    seeds.push(at);
    for (const text of result.violations) console.log(`  ${text}`);
    console.log(`The broker said:\n${result.log.slice(-SHOWN)}`);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${moments} moments, ${messages} messages, ${violations} violations${
      seeds.length > 0 ? ` (seeds ${seeds.join(", ")})` : ""
    }, ${storage}${disturb ? ", disturbed" : ""}, sync ${sync}, broker on ${runtime}, ${seconds} s`,
  );
  return violations === 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") console.log(USAGE);
  else process.exitCode = await run(options) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** `deno task bench:hooks`: what hooks cost, as a ratio to the same broker without them in the same run. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findProgram } from "../brokers.ts";
import { compileLoad } from "../compile.ts";
import { runLoad } from "../load.ts";
import { killAll } from "../process.ts";
import { type RunningBroker, startBroker } from "../server.ts";
import { CPU, THROUGHPUT } from "../workload.ts";

interface Variant {
  readonly name: string;
  readonly title: string;
  /** Of the throughput without hooks. */
  readonly least?: number;
}

const VARIANTS: readonly Variant[] = [
  { name: "bare", title: "everyone allowed" },
  { name: "rules", title: "and a ledger of 100 rules, an idle hook on every event", least: 0.8 },
  { name: "publish", title: "and a hook on onPublish that changes nothing", least: 0.6 },
  { name: "counting", title: "and a ledger of 100 rules, a hook that counts every event" },
];

const { values } = parseArgs({
  options: {
    runtime: { type: "string", default: "both" },
    repeat: { type: "string", default: "5" },
    messages: { type: "string", default: "10000" },
    strict: { type: "boolean", default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), "comqtt-bench-"));
process.on("exit", () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
const load = await compileLoad(folder);
const main = fileURLToPath(new URL("./broker.ts", import.meta.url));
let missed = 0;
for (
  const runtime of values.runtime === "both" ? ["deno", "bun"] as const : [values.runtime as "deno" | "bun"]
) {
  missed += await compare(runtime);
}
process.exit(values.strict && missed > 0 ? 1 : 0);

/** Prints a line for each variant; how many targets were missed. */
async function compare(runtime: "deno" | "bun"): Promise<number> {
  const running = new Map<Variant, RunningBroker>();
  let ours = "";
  for (const variant of VARIANTS) {
    const broker = await findProgram(runtime, main, (port) => [variant.name, String(port)]);
    if (broker === undefined) throw new Error(`${runtime} is not installed`);
    ours = `${broker.title} ${broker.version}`;
    running.set(variant, await startBroker(broker, folder));
  }
  const rates = new Map<Variant, number[]>(VARIANTS.map((variant) => [variant, []]));
  const costs = new Map<Variant, number[]>(VARIANTS.map((variant) => [variant, []]));
  for (let i = 0; i < Number(values.repeat); i++) {
    for (const [variant, { port, pid }] of running) {
      const messages = Number(values.messages);
      const args = { port, pid, mode: "pair", clients: 100, messages, warmup: messages, payload: 16 };
      const report = await runLoad(load, args, []);
      rates.get(variant)!.push(report.number(THROUGHPUT));
      costs.get(variant)!.push(report.number(CPU));
    }
  }
  for (const broker of running.values()) await broker.stop();
  const bare = median(rates.get(VARIANTS[0]!)!);
  let count = 0;
  console.log(`${ours}, 100 clients to themselves, QoS 0, 16 bytes`);
  for (const variant of VARIANTS) {
    const rate = median(rates.get(variant)!);
    const ratio = rate / bare;
    const reached = variant.least === undefined ? "" : ratio >= variant.least ? "reached" : "NOT REACHED";
    if (reached === "NOT REACHED") count++;
    console.log([
      `  ${(rate / 1e6).toFixed(2).padStart(6)} M/s`,
      `${ratio.toFixed(2)}x`,
      `${median(costs.get(variant)!).toFixed(3)} us CPU`,
      variant.least === undefined ? "" : `at least ${variant.least}x: ${reached}`,
      variant.title,
    ].join("  "));
  }
  return count;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

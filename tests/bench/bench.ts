/** `deno task bench`: this broker and mosquitto, under the same load in the same run. See the README beside it. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Broker, findMosquitto, findOurs } from "./brokers.ts";
import { compileLoad, hasOpenssl } from "./compile.ts";
import { type Bench, measure, type Row } from "./measure.ts";
import { type Options, readOptions, UsageError } from "./options.ts";
import { killAll } from "./process.ts";
import { asText, type Results, summary, writeJson, writeMarkdown } from "./report.ts";
import type { Variant, Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads/mod.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

function note(text: string): void {
  console.error(text);
}

function chooseWorkloads(only: readonly string[]): readonly Workload[] {
  const chosen = WORKLOADS.filter(({ name }) =>
    only.length === 0 || only.some((start) => name.startsWith(start))
  );
  if (chosen.length > 0) return chosen;
  throw new UsageError(`No workload is called ${only.join(" or ")}: see --list`);
}

async function chooseBrokers(options: Options): Promise<Broker[]> {
  const brokers: Broker[] = [];
  const mosquitto = await findMosquitto();
  if (mosquitto !== undefined) brokers.push(mosquitto);
  else note("mosquitto is not installed: there will be no ratios (Debian: apt-get install mosquitto)");
  if (options.onlyMosquitto) return brokers;
  const main = options.main ?? MAIN;
  if (!existsSync(main)) throw new UsageError(`${main} does not exist: give --main or --only-mosquitto`);
  for (const runtime of options.runtimes) {
    const ours = await findOurs(runtime, main, options.extraArgs);
    if (ours === undefined) throw new UsageError(`${runtime} is not installed: give --runtime`);
    brokers.push(ours);
  }
  return brokers;
}

function variantsOf(workload: Workload, options: Options): Variant[] {
  const payloads = workload.payloads === "all" ? options.payloads : options.payloads.slice(0, 1);
  return payloads.flatMap((payload) => options.protocols.map((protocol) => ({ payload, protocol })));
}

/** Runs everything; `save` sees the rows so far after each of them, so that an interrupted run is not lost. */
async function runAll(
  bench: Bench,
  brokers: readonly Broker[],
  workloads: readonly Workload[],
  options: Options,
  save: (rows: readonly Row[]) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const workload of workloads) {
    note(`${workload.name}: ${workload.title}`);
    for (const variant of variantsOf(workload, options)) {
      note(`  MQTT ${variant.protocol}${workload.payloads === "all" ? `, ${variant.payload} bytes` : ""}`);
      rows.push(await measure(bench, brokers, workload, variant));
      save(rows);
    }
  }
  return rows;
}

function save(results: Results): void {
  if (results.options.json !== undefined) writeJson(results.options.json, results);
  if (results.options.markdown !== undefined) writeMarkdown(results.options.markdown, results);
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) return 0;
  const workloads = chooseWorkloads(options.only);
  if (options.list) {
    for (const { name, title } of workloads) console.log(`${name.padEnd(16)}${title}`);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "comqtt-bench-"));
  process.on("exit", () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

  const brokers = await chooseBrokers(options);
  const load = await compileLoad(folder);
  const tls = await hasOpenssl(folder);
  const { repeat, loadArgs, wait } = options;
  const bench: Bench = { load, tls, loadArgs, folder, repeat, wait, scale: options.quick ? 0.1 : 1, note };
  const command = ["deno task bench", ...args].join(" ");
  const results = (rows: readonly Row[]): Results => ({ rows, brokers, options, command });
  const rows = await runAll(bench, brokers, workloads, options, (rows) => save(results(rows)));
  console.log(asText(results(rows)));
  const { failed, missed } = summary(results(rows));
  return failed > 0 || (options.strict && missed > 0) ? 1 : 0;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(error instanceof UsageError ? 2 : 1);
}

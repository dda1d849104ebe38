/**
 * `deno task bench:compare COMMIT [OTHER]`: this checkout, or another commit, against an earlier one, in alternating pairs in one run. A ratio is
 * the median over the pairs; "none below" means at least 0.95 times the throughput, or at most 1.05 times the CPU.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { compileLoad } from "../compile.ts";
import { type LoadReport, runLoad } from "../load.ts";
import { killAll } from "../process.ts";
import { type RunningBroker, startBroker } from "../server.ts";
import { median } from "../storage/contest.ts";
import { table } from "../storage/text.ts";
import { type Build, buildIn, checkedOut, ROOT } from "./builds.ts";
import { idleMemory } from "./idle.ts";
import { type CompareRow, compareRows } from "./rows.ts";

const LEAST_RATE = 0.95;
const MOST_COST = 1.05;

const USAGE =
  `Compares this checkout, or OTHER, with an earlier commit: deno task bench:compare COMMIT [OTHER] [options]

  --only NAME        only rows that begin so (may be given several times)
  --runtime NAME     deno, bun or both (both)
  --pairs N          alternating pairs of which the median counts (9)
  --quick            a tenth of the messages
  --strict           exit with code 1 when a row is below
`;

interface Pair {
  readonly before: LoadReport;
  readonly after: LoadReport;
}

class Side {
  readonly #build: Build;
  readonly #row: CompareRow;
  readonly #folder: string;
  #running: RunningBroker | null = null;

  constructor(build: Build, row: CompareRow, folder: string) {
    this.#build = build;
    this.#row = row;
    this.#folder = folder;
  }

  async run(load: string): Promise<LoadReport> {
    const { kept = false, fresh = false, load: args } = this.#row;
    if (args === null) return await idleMemory(this.#build.broker, this.#folder);
    this.#running ??= await startBroker(kept ? this.#build.kept : this.#build.broker, this.#folder);
    const { port, pid } = this.#running;
    const report = await runLoad(load, { ...args, port, pid, version: 4 }, []);
    if (fresh) await this.stop();
    return report;
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = null;
  }
}

async function pairsOf(
  row: CompareRow,
  [before, after]: readonly [Build, Build],
  { load, folder, pairs }: { readonly load: string; readonly folder: string; readonly pairs: number },
): Promise<Pair[]> {
  const sides = [new Side(before, row, folder), new Side(after, row, folder)] as const;
  const found: Pair[] = [];
  try {
    for (let i = 0; i < pairs; i++) {
      // (Who comes first takes turns as well.)
      const first = await sides[i % 2]!.run(load);
      const second = await sides[1 - i % 2]!.run(load);
      found.push(i % 2 === 0 ? { before: first, after: second } : { before: second, after: first });
    }
  } finally {
    for (const side of sides) await side.stop();
  }
  return found;
}

function ratioOf(pairs: readonly Pair[], path: string | undefined): number {
  if (path === undefined) return NaN;
  return median(pairs.map(({ before, after }) => after.number(path) / before.number(path)));
}

function cells(name: string, row: CompareRow, pairs: readonly Pair[]): { cells: string[]; below: boolean } {
  const rate = ratioOf(pairs, row.rate);
  const cost = ratioOf(pairs, row.cost);
  const below = !(rate >= LEAST_RATE) && !(cost <= MOST_COST);
  const shown = (ratio: number): string => Number.isNaN(ratio) ? "" : `${ratio.toFixed(3)}×`;
  const line = [
    row.name,
    name,
    shown(rate),
    `${shown(cost)}${medians(row, pairs)}`,
    below ? "BELOW" : "kept",
  ];
  return { cells: line, below };
}

function medians({ cost, unit }: CompareRow, pairs: readonly Pair[]): string {
  if (unit === undefined) return "";
  const of = (side: keyof Pair): string => median(pairs.map((pair) => pair[side].number(cost))).toFixed(1);
  return ` (${of("before")} to ${of("after")} ${unit})`;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: "string", multiple: true, default: [] },
      runtime: { type: "string", default: "both" },
      pairs: { type: "string", default: "9" },
      quick: { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [commit, other] = positionals;
  if (values.help || commit === undefined) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "comqtt-compare-"));
  process.on("exit", () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
  const setting = { folder, load: await compileLoad(folder), pairs: Number(values.pairs) };
  const place = checkedOut(commit, folder);
  const now = other === undefined ? ROOT : checkedOut(other, folder);
  const runtimes = values.runtime === "both" ? ["deno", "bun"] as const : [values.runtime as "deno" | "bun"];
  const rows = compareRows(values.quick ? 0.1 : 1)
    .filter(({ name }) => values.only.length === 0 || values.only.some((start) => name.startsWith(start)));
  const lines = [["work", "runtime", "messages a second", "CPU a message, time or memory", ""]];
  let failed = false;
  for (const row of rows) {
    for (const runtime of runtimes) {
      const builds = [
        await buildIn(runtime, place, commit),
        await buildIn(runtime, now, other ?? "now"),
      ] as const;
      const { cells: line, below } = cells(runtime, row, await pairsOf(row, builds, setting));
      console.error(line.join("  "));
      lines.push(line);
      failed ||= below;
    }
  }
  console.log(
    `\nMedians of ${setting.pairs} alternating pairs, ${other ?? "this checkout"} to ${commit}\n\n${
      table(lines)
    }`,
  );
  return failed && values.strict ? 1 : 0;
}

process.exit(await main());

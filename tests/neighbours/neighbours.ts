/** `deno task neighbours`: what others notice while somebody is busy or hostile. See `--help`. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { killAll } from "../bench/process.ts";
import type { Runtime } from "./broker.ts";
import type { Scenario } from "./crowd/scenario.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { concluded, shown } from "./report.ts";
import { type Measured, type Trial, tryOut } from "./trial.ts";
import { judge, type Verdict } from "./verdict.ts";

/** One scenario on one runtime, as `--json` shows it. */
interface Result extends Verdict {
  readonly measured: Measured;
}

interface Skipped {
  readonly scenario: string;
  readonly runtime: Runtime;
  /** Why it was skipped, or what went wrong before anything was measured. */
  readonly reason: string;
  readonly passes: boolean;
}

class Run {
  readonly #options: Options;
  readonly #folder: string;
  readonly #results: Promise<Result>[] = [];
  readonly #skipped: Skipped[] = [];

  constructor(options: Options, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  #say(text: string): void {
    if (!this.#options.json) console.log(text);
  }

  async one(scenario: Scenario, runtime: Runtime): Promise<void> {
    const { main, seconds, wait, bounds } = this.#options;
    this.#say(`${scenario.name}/${runtime}: ${scenario.does}`);
    let trial: Trial | string;
    try {
      trial = await tryOut(scenario, runtime, { main, seconds, wait, folder: this.#folder });
    } catch (error) {
      this.#skip(scenario, runtime, error instanceof Error ? error.message : String(error), false);
      return;
    }
    if (typeof trial === "string") return this.#skip(scenario, runtime, trial, true);
    this.#say(shown(trial.measured));
    // (While its memory is waited for, the next one runs.)
    const result = trial.later.then((measured) => {
      const result = { measured, ...judge(scenario, measured, bounds) };
      this.#say(concluded(measured, result));
      return result;
    });
    this.#results.push(result);
    if (!wait) await result;
  }

  #skip(scenario: Scenario, runtime: Runtime, reason: string, passes: boolean): void {
    this.#skipped.push({ scenario: scenario.name, runtime, reason, passes });
    this.#say(`${scenario.name}/${runtime}: ${reason}`);
  }

  /** Whether all pass. */
  async end(): Promise<boolean> {
    const results = await Promise.all(this.#results);
    const skipped = this.#skipped;
    if (this.#options.json) {
      console.log(JSON.stringify({ bounds: this.#options.bounds, results, skipped }, null, 2));
    }
    const missed = results.filter((result) => result.missed.length > 0).map(({ measured }) => measured);
    const failed = skipped.filter(({ passes }) => !passes);
    const names = [...missed, ...failed].map(({ scenario, runtime }) => `${scenario}/${runtime}`);
    const passed = results.length - missed.length;
    this.#say(
      `${passed} of ${results.length + skipped.length} pass${
        names.length > 0 ? `; missed: ${names.join(", ")}` : ""
      }`,
    );
    return names.length === 0;
  }
}

async function main(options: Options): Promise<boolean> {
  if (process.platform !== "linux") {
    throw new Error("This needs Linux: what a process uses is read from /proc");
  }
  const folder = mkdtempSync(join(tmpdir(), "comqtt-neighbours-"));
  process.on("exit", () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
  const run = new Run(options, folder);
  for (const scenario of options.scenarios) {
    for (const runtime of options.runtimes) await run.one(scenario, runtime);
  }
  return await run.end();
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") console.log(USAGE);
  else process.exit(await main(options) ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2);
}

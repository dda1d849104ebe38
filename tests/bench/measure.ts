/** Runs a workload on all brokers in turn, and keeps only numbers of runs in which everything was right. */
import type { Broker, BrokerName } from "./brokers.ts";
import { type LoadArgs, LoadFailure, type LoadReport, runLoad } from "./load.ts";
import { disturbance, DISTURBING, quietWithin } from "./quiet.ts";
import { type RunningBroker, startBroker } from "./server.ts";
import type { Variant, Workload } from "./workload.ts";

/** One good repetition. */
export interface Sample {
  /** One for each metric of the workload. */
  readonly values: readonly number[];
  /** Processors that others used meanwhile. */
  readonly disturbance: number;
  readonly reports: readonly unknown[];
}

/** What one broker did: either all repetitions were good, or there are no numbers at all. */
export type Outcome =
  | { readonly ok: true; readonly samples: readonly Sample[] }
  | { readonly ok: false; readonly reason: string; readonly skipped?: true };

export interface Row {
  readonly workload: Workload;
  readonly variant: Variant;
  readonly outcomes: ReadonlyMap<BrokerName, Outcome>;
}

export interface Bench {
  readonly load: string;
  readonly loadArgs: readonly string[];
  readonly folder: string;
  readonly repeat: number;
  readonly scale: number;
  /** The load generator can speak TLS. */
  readonly tls: boolean;
  /** Seconds to wait for a quiet machine before each run; 0 does not care. */
  readonly wait: number;
  note(text: string): void;
}

/** How often a repetition is tried until nobody disturbs it. */
const TRIES = 3;

/** One broker under one workload, over all repetitions. */
class Trial {
  readonly broker: Broker;
  readonly #bench: Bench;
  readonly #workload: Workload;
  readonly #variant: Variant;
  readonly #samples: Sample[] = [];
  /** The machine was quiet when the last run began. */
  #quiet = false;
  #running: RunningBroker | undefined;
  #failure: string | undefined;

  constructor(bench: Bench, broker: Broker, workload: Workload, variant: Variant) {
    this.#bench = bench;
    this.broker = broker;
    this.#workload = workload;
    this.#variant = variant;
  }

  get outcome(): Outcome {
    if (this.#failure !== undefined) return { ok: false, reason: this.#failure };
    return { ok: true, samples: this.#samples };
  }

  /** Does one repetition; after a failure the broker gets no further one. */
  async repeat(): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      let sample = await this.#measureOnce();
      for (let i = 1; i < TRIES && this.#isWorthAnotherTry(sample); i++) {
        this.#bench.note(`    ${this.broker.title}: disturbed by other processes, once more`);
        sample = await this.#measureOnce();
      }
      this.#samples.push(sample);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const ended = this.#running?.ended();
      this.#failure = ended === undefined || ended === reason ? reason : `${reason} (${ended})`;
      this.#bench.note(`    ${this.broker.title}: FAILED: ${this.#failure}`);
    }
    if (this.#failure !== undefined) await this.stop();
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /** Where it never becomes quiet, trying again is of no use. */
  #isWorthAnotherTry(sample: Sample): boolean {
    return this.#quiet && sample.disturbance > DISTURBING;
  }

  async #measureOnce(): Promise<Sample> {
    if (this.#workload.fresh) await this.stop();
    this.#running ??= await startBroker(this.broker, this.#bench.folder, this.#workload.transport);
    this.#quiet = this.#bench.wait > 0 && await quietWithin(this.#bench.wait);
    const reports = await this.#runAll(this.#running);
    const problem = this.#running.ended() ?? this.#workload.refuse?.(reports);
    if (problem !== undefined) throw new LoadFailure(problem);
    if (this.#workload.fresh) await this.stop(); // its memory is not to be there while another is measured
    return {
      values: this.#workload.metrics.map((metric) => metric.of(reports)),
      disturbance: disturbance(reports.map((report) => report.values)),
      reports: reports.map((report) => report.values),
    };
  }

  async #runAll(running: RunningBroker): Promise<LoadReport[]> {
    const reports: LoadReport[] = [];
    for (const args of this.#workload.runs(this.#bench.scale, this.#variant.payload)) {
      reports.push(await runLoad(this.#bench.load, this.#complete(args, running), this.#bench.loadArgs));
    }
    return reports;
  }

  #complete(args: LoadArgs, running: RunningBroker): LoadArgs {
    const { payload, protocol } = this.#variant;
    return {
      ...args,
      port: running.port,
      pid: running.pid,
      version: protocol === "5" ? 5 : 4,
      ...(args["mode"] === "idle" ? {} : { payload }),
      ...(this.#workload.transport === "tls" ? { tls: 1 } : {}),
      ...(this.#workload.transport === "ws" ? { websocket: 1 } : {}),
    };
  }
}

/**
 * Runs it. The brokers take turns, so that what disturbs the machine for a while disturbs them all; each is idle
 * while another is measured, and none is pinned to a processor.
 */
export async function measure(
  bench: Bench,
  brokers: readonly Broker[],
  workload: Workload,
  variant: Variant,
): Promise<Row> {
  if (workload.transport === "tls" && !bench.tls) {
    const outcome: Outcome = { ok: false, reason: "skipped: needs libssl-dev", skipped: true };
    bench.note(`    ${outcome.reason}`);
    return { workload, variant, outcomes: new Map(brokers.map(({ name }) => [name, outcome])) };
  }
  const trials = brokers.map((broker) => new Trial(bench, broker, workload, variant));
  try {
    for (let i = 0; i < bench.repeat; i++) {
      for (const trial of trials) await trial.repeat();
    }
  } finally {
    for (const trial of trials) await trial.stop();
  }
  return { workload, variant, outcomes: new Map(trials.map((trial) => [trial.broker.name, trial.outcome])) };
}

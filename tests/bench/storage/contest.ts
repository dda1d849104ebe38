/** Several brokers under the same load, in turns, so that what disturbs the machine for a while disturbs them all. */

import { type LoadArgs, LoadFailure, type LoadReport, runLoad } from "../load.ts";
import { disturbance, DISTURBING, quietWithin } from "../quiet.ts";
import { type RunningBroker, startBroker } from "../server.ts";
import type { Contestant } from "./contestants.ts";

/** What all parts of the program share. */
export interface Setting {
  /** The load generator. */
  readonly load: string;
  /** For the brokers' files. */
  readonly folder: string;
  readonly repeat: number;
  /** Less than 1 for a quick look. */
  readonly scale: number;
  /** Seconds to wait for a quiet machine before each run; 0 does not care. */
  readonly wait: number;
  readonly runtimes: readonly ("deno" | "bun")[];
}

/** The reports of one broker, one for each repetition. */
export interface Results {
  readonly reports: readonly LoadReport[];
  /** Others used the machine in most repetitions. */
  readonly disturbed: boolean;
  /** Why there are no numbers; null: there are. */
  readonly failure: string | null;
}

/** `beside`: another load that runs at the same time, its report is not looked at, but that all was delivered. */
export async function contest(
  setting: Setting,
  contestants: readonly Contestant[],
  args: LoadArgs,
  beside: LoadArgs | null = null,
): Promise<Map<Contestant, Results>> {
  const running: RunningBroker[] = [];
  const reports: LoadReport[][] = contestants.map(() => []);
  const failures: (string | null)[] = contestants.map(() => null);
  try {
    for (const { broker } of contestants) running.push(await startBroker(broker, setting.folder));
    for (let i = 0; i < setting.repeat; i++) {
      for (const [at, broker] of running.entries()) {
        if (failures[at] !== null) continue;
        if (setting.wait > 0) await quietWithin(setting.wait);
        try {
          const one = await loadOnce(setting, broker, args, beside);
          if (broker.ended() !== undefined) throw new LoadFailure(broker.ended());
          reports[at]!.push(one);
        } catch (error) {
          if (!(error instanceof LoadFailure)) throw error;
          failures[at] = error.message;
        }
      }
    }
  } finally {
    for (const broker of running) await broker.stop();
  }
  return new Map(contestants.map((contestant, at) => {
    const all = reports[at]!;
    const noisy = all.filter(({ values }) => disturbance(values) > DISTURBING).length;
    const disturbed = beside === null && noisy * 2 > all.length;
    return [contestant, { reports: all, disturbed, failure: failures[at] ?? null }];
  }));
}

async function loadOnce(
  { load }: Setting,
  { port, pid }: RunningBroker,
  args: LoadArgs,
  beside: LoadArgs | null,
): Promise<LoadReport> {
  const other = beside === null ? null : runLoad(load, { ...beside, port }, []);
  // (So that a failure of it is nobody's while this one runs.)
  other?.catch(() => {});
  const report = await runLoad(load, { ...args, port, pid }, []);
  await other;
  return report;
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** The median over the repetitions of what the reports say; NaN: there is nothing. */
export function middle(results: Results | undefined, path: string): number {
  if (results === undefined || results.failure !== null) return NaN;
  return median(results.reports.map((report) => report.number(path)));
}

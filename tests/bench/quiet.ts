/**
 * Waits for a quiet machine. Another process that takes a tenth of a processor changes when the kernel puts broker
 * and load on the same one, and with it the cost of a wake-up by half: such numbers compare nothing.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Processors that others may use while something is measured. */
export const DISTURBING = 0.1;

const SAMPLE_SECONDS = 0.5;
const TICKS_PER_SECOND = 100;

/** Ticks that all processes have used: user, nice and system. */
function usedTicks(): number {
  const [, user, nice, system] = readFileSync("/proc/stat", "utf8").split(/\s+/, 4).map(Number);
  return (user ?? 0) + (nice ?? 0) + (system ?? 0);
}

/** Resolves as soon as almost nothing runs, with false when that does not happen within these seconds. */
export async function quietWithin(seconds: number): Promise<boolean> {
  for (let waited = 0; waited <= seconds; waited += SAMPLE_SECONDS) {
    const before = usedTicks();
    await sleep(SAMPLE_SECONDS * 1000);
    if (usedTicks() - before < DISTURBING * SAMPLE_SECONDS * TICKS_PER_SECOND) return true;
  }
  return false;
}

/** The most that others used during a run, wherever its report says so. */
export function disturbance(report: unknown): number {
  if (typeof report !== "object" || report === null) return 0;
  return Math.max(
    0,
    ...Object.entries(report).map(([key, value]) =>
      key === "other_cpu" && typeof value === "number" ? value : disturbance(value)
    ),
  );
}

/**
 * After a burst the program gives back the memory it took for it. Runtimes collect their garbage when they need room, not
 * when there is time: what a minute of large messages took would stay taken for days.
 */

import { setInterval } from "../runtime/timers.ts";
import { giveMemoryBack } from "../runtime/memory.ts";
import { cpuSeconds, memoryUse } from "../runtime/process.ts";

/** Between two looks. */
const LOOK_MS = 15_000;
/** As long as it uses less than this part of a processor, a pause of some ten milliseconds disturbs nobody. */
const QUIET = 0.25;
/** It is worth while from this many bytes on, and this many times the memory it was content with. */
const WORTH_BYTES = 24 << 20;
const WORTH_TIMES = 1.25;

/** Looks between two tries, at most, while what is taken is in use: ten minutes. */
const MOST_LOOKS = 40;

export interface MemoryWatch {
  /** Bytes of main memory the process occupies. */
  resident(): number;
  /** Seconds of processor time it has used. */
  cpu(): number;
  giveBack(): Promise<void>;
}

const ofThisProcess: MemoryWatch = {
  resident: () => memoryUse().resident,
  cpu: cpuSeconds,
  giveBack: giveMemoryBack,
};

/** Looks now and then. Does not keep the process alive. */
export function returnMemory(): void {
  const look = memoryReturn(ofThisProcess, LOOK_MS);
  setInterval(() => void look(), LOOK_MS).unref();
}

/** One look; true: memory was given back. `every`: milliseconds between two. */
export function memoryReturn(watch: MemoryWatch, every: number): () => Promise<boolean> {
  let least = watch.resident();
  let cpuBefore = watch.cpu();
  /** Looks until the next try, and between the last two: what is in use now may not be later. */
  let pause = 0;
  let between = 1;
  const worth = (bytes: number): boolean => bytes > least * WORTH_TIMES && bytes > least + WORTH_BYTES;
  return async () => {
    const now = watch.resident();
    const cpu = watch.cpu();
    const quiet = cpu - cpuBefore < QUIET * every / 1000;
    cpuBefore = cpu;
    least = Math.min(least, now);
    if (!worth(now)) {
      pause = 0;
      between = 1;
      return false;
    }
    if (--pause > 0 || !quiet) return false;
    await watch.giveBack();
    cpuBefore = watch.cpu();
    between = worth(watch.resident()) ? Math.min(between * 2, MOST_LOOKS) : 1;
    pause = between;
    return true;
  };
}

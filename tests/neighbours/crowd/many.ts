/** Doing the same thing often. */

import { setTimeout as sleep } from "node:timers/promises";

/** Calls with 0 to below `count`, `atOnce` at a time. */
export async function each(count: number, atOnce: number, job: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  await times(Math.min(count, atOnce), async () => {
    while (next < count) await job(next++);
  });
}

/** Calls with 0 to below `count`, all at once. */
export async function times(count: number, job: (i: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => job(i)));
}

/** Calls `perSecond` times in a second until that time of `performance.now()`, several times in a row when it was late. */
export async function paced(
  perSecond: number,
  until: number,
  job: (i: number) => void,
): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  for (;;) {
    const now = performance.now();
    if (now >= until) return done;
    const due = Math.floor((now - startedAt) * perSecond / 1000);
    while (done < due) job(done++);
    await sleep(Math.max(1, startedAt + (done + 1) * 1000 / perSecond - now));
  }
}

/** Until that time of `performance.now()`. */
export async function sleepUntil(time: number): Promise<void> {
  const left = time - performance.now();
  if (left > 0) await sleep(left);
}

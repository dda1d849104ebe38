/** Waiting without sleeping: for a condition, or until nobody has anything to do. */

import { setImmediate } from "node:timers";

/** How long a test waits for something that should come at once. */
const PATIENCE_MS = 5000;

/** Lets everything that was set off in this process come to rest. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise<void>((done) => setImmediate(() => done()));
}

/** Waits until `ready`; `subscribe` is given what to call when it may have become so. */
export async function within(
  ready: () => boolean,
  subscribe: (wake: () => void) => void,
  what: string,
): Promise<void> {
  if (ready()) return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      subscribe(() => {});
      reject(new Error(`Waited ${PATIENCE_MS} ms for ${what}`));
    }, PATIENCE_MS);
    subscribe(() => {
      if (!ready()) return;
      subscribe(() => {});
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Asks again and again until it is so; for what gives no event. */
export async function until(ready: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!await ready()) {
    if (Date.now() > end) throw new Error(`Waited ${PATIENCE_MS} ms for ${what}`);
    await new Promise((done) => setTimeout(done, 2));
  }
}

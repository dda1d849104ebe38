/** How often files are looked at. */

import { CodedRangeError } from "../../../src/core/errors.ts";

/** What it may be besides 0. */
const intervals = [10, 3_600_000] as const;

/** Throws a RangeError. `whose`: "new Users", for example. */
export function checkInterval(whose: string, interval: number): void {
  const [least, most] = intervals;
  if (interval === 0 || (Number.isInteger(interval) && interval >= least && interval <= most)) return;
  throw new CodedRangeError(
    "argument-invalid",
    `Cannot use ${interval} as interval of ${whose}: expected 0, or a whole number from ${least} to ${most}`,
  );
}

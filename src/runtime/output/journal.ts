/** Whether systemd's journal reads what the program writes: it has a time of its own for each line. */

import { builtin } from "../builtin.ts";
import { onDeno } from "../platform.ts";
import { environment } from "../process.ts";

/**
 * Standard error goes to the journal. systemd says in `JOURNAL_STREAM` which file that is, because the variable is
 * inherited also by what writes elsewhere.
 */
export function errorOutputIsJournal(): boolean {
  const stream = environment("JOURNAL_STREAM");
  if (stream === undefined) return false;
  try {
    const { dev, ino } = onDeno ? Deno.statSync("/proc/self/fd/2") : builtin("fs").fstatSync(2);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

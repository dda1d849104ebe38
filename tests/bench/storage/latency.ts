/** What a commit adds to the way of a single message. */

import { contest, median, type Results, type Setting } from "./contest.ts";
import { type Contestant, ours, type StorageName } from "./contestants.ts";
import { microseconds, table, verdict } from "./text.ts";

const STORAGES: readonly StorageName[] = ["none", "memory", "normal", "full"];
const RATE = 2000;
/** Microseconds that `normal` may add to memory at the 99th percentile. */
const MOST = 2000;

/** True: it adds no more than it may. */
export async function latency(setting: Setting): Promise<boolean> {
  console.log(
    `QoS 1, ${RATE} messages/s one at a time, 10 publishers, each to a persistent subscriber of its own\n`,
  );
  const seconds = Math.max(2, 10 * setting.scale);
  const rows: string[][] = [];
  let good = true;
  for (const runtime of setting.runtimes) {
    const contestants: Contestant[] = [];
    for (const storage of STORAGES) contestants.push(await ours(runtime, storage));
    const load = { clients: 10, qos: 1, window: 100, payload: 16, persistent: 1, rate: RATE, seconds };
    const results = await contest(setting, contestants, { ...load, mode: "twin", warmup: 400 });
    const memory = results.get(contestants[1]!)!;
    for (const contestant of contestants) {
      const found = results.get(contestant)!;
      if (found.failure !== null) {
        rows.push([contestant.title, `FAILED: ${found.failure}`, "", "", "", ""]);
        good = false;
        continue;
      }
      const more = added(found, memory);
      const reached = contestant.storage === "normal" ? more <= MOST : undefined;
      if (reached === false) good = false;
      const at = (path: string): string =>
        microseconds(median(found.reports.map((report) => report.number(`latency_us.${path}`))));
      rows.push([
        `${found.disturbed ? "~" : ""}${contestant.title}`,
        at("p50"),
        at("p99"),
        at("p99_9"),
        contestant.storage === "memory" ? "" : microseconds(more),
        reached === undefined ? "" : `≤ ${microseconds(MOST)}: ${verdict(reached)}`,
      ]);
    }
  }
  console.log(table([["broker", "p50", "p99", "p99.9", "p99 added to memory", "to reach"], ...rows]));
  return good;
}

/** Between runs that came one after the other: what disturbs the machine for a while is in both. */
function added(found: Results, memory: Results): number {
  const p99 = ({ reports }: Results): number[] => reports.map((report) => report.number("latency_us.p99"));
  const base = p99(memory);
  return median(p99(found).flatMap((value, i) => base[i] === undefined ? [] : [value - base[i]]));
}

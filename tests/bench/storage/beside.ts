/** What a storage costs those who have nothing in it. */

import type { LoadArgs } from "../load.ts";
import { THROUGHPUT } from "../workload.ts";
import { contest, middle, type Setting } from "./contest.ts";
import { type Contestant, ours, type StorageName } from "./contestants.ts";
import { rate, table, times, verdict } from "./text.ts";

const STORAGES: readonly StorageName[] = ["none", "memory", "normal", "full"];
/** Of what the same broker does with its storage in memory. */
const LEAST = 0.9;
/** Messages a second to persistent subscribers, while others are measured. */
const RATE = 5000;

const LOADS: readonly { title: string; args: LoadArgs }[] = [
  { title: "QoS 0, 100 clients to themselves", args: { clients: 100, ahead: 1000, warmup: 1000 } },
  { title: "QoS 1, 10 clients to themselves", args: { clients: 10, qos: 1, window: 100, warmup: 5000 } },
];

/** True: nothing is slower than it may be. */
export async function beside(setting: Setting): Promise<boolean> {
  console.log("Sessions that are not persistent, 16 bytes\n");
  const seconds = Math.max(1, 3 * setting.scale);
  const persistent = {
    mode: "twin",
    clients: 10,
    qos: 1,
    window: 100,
    payload: 16,
    persistent: 1,
    first: 50_000,
    rate: RATE,
    seconds: seconds + 0.5,
  };
  const rows: string[][] = [];
  let good = true;
  for (const runtime of setting.runtimes) {
    const contestants: Contestant[] = [];
    for (const storage of STORAGES) contestants.push(await ours(runtime, storage));
    for (const { title, args } of LOADS) {
      const load = { mode: "pair", payload: 16, seconds, ...args };
      for (const other of [null, persistent]) {
        const results = await contest(setting, contestants, load, other);
        const memory = middle(results.get(contestants[1]!), THROUGHPUT);
        for (const contestant of contestants) {
          const found = results.get(contestant)!;
          const value = middle(found, THROUGHPUT);
          const judged = other === null && contestant.storage !== "none" && contestant.storage !== "memory";
          const reached = judged ? value >= LEAST * memory : undefined;
          if (reached === false || found.failure !== null) good = false;
          rows.push([
            other === null ? title : `${title}, beside ${RATE} messages/s to persistent sessions`,
            contestant.title,
            `${found.disturbed ? "~" : ""}${rate(value)}${
              found.failure === null ? "" : `: ${found.failure}`
            }`,
            times(value / memory),
            judged ? `≥ ${LEAST}×: ${verdict(reached)}` : "",
          ]);
        }
      }
    }
  }
  console.log(table([["load", "broker", "messages", "to memory", "to reach"], ...rows]));
  return good;
}

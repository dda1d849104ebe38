/** How many messages persistent subscribers get, by what keeps them. */

import type { LoadArgs } from "../load.ts";
import { CPU, THROUGHPUT } from "../workload.ts";
import { contest, middle, type Results, type Setting } from "./contest.ts";
import { type Contestant, mosquittos, ours, type StorageName } from "./contestants.ts";
import { rate, table, times, verdict } from "./text.ts";

const STORAGES: readonly StorageName[] = ["none", "memory", "off", "normal", "full"];
/** Messages a second, on both runtimes. */
const LEAST: Partial<Record<StorageName, number>> = { normal: 60_000, full: 40_000 };

const COMMON: LoadArgs = { clients: 10, qos: 1, window: 100, payload: 16, persistent: 1 };

/** True: everything was as fast as it is to be. */
export async function speed(setting: Setting): Promise<boolean> {
  const contestants = await mosquittos();
  for (const runtime of setting.runtimes) {
    for (const storage of STORAGES) contestants.push(await ours(runtime, storage));
  }
  const seconds = Math.max(1, 3 * setting.scale);
  console.log("QoS 1, window 100, 16 bytes: 10 publishers, each to a persistent subscriber of its own\n");
  const twin = await contest(setting, contestants, { ...COMMON, mode: "twin", seconds, warmup: 5000 });
  const good = print(contestants, twin, LEAST);
  console.log("\nThe same, all 10 publishers to all 10 persistent subscribers; deliveries\n");
  const mesh = await contest(setting, contestants, { ...COMMON, mode: "mesh", seconds, warmup: 1000 });
  print(contestants, mesh, {});
  return good;
}

function print(
  contestants: readonly Contestant[],
  results: ReadonlyMap<Contestant, Results>,
  least: Partial<Record<StorageName, number>>,
): boolean {
  const mosquitto = middle(results.get(contestants.find(({ runtime }) => runtime === null)!), THROUGHPUT);
  let good = true;
  const rows = contestants.map((one) => {
    const found = results.get(one)!;
    const value = middle(found, THROUGHPUT);
    const memory = contestants.find((other) => other.runtime === one.runtime && other.storage === "memory");
    const wanted = one.storage === null ? undefined : least[one.storage];
    const reached = wanted === undefined ? undefined : value >= wanted;
    if (reached === false || found.failure !== null) good = false;
    return [
      one.title,
      `${found.disturbed ? "~" : ""}${rate(value)}${found.failure === null ? "" : `: ${found.failure}`}`,
      memory === undefined ? "" : times(value / middle(results.get(memory), THROUGHPUT)),
      times(value / mosquitto),
      `${middle(found, CPU).toFixed(2)} µs`,
      wanted === undefined ? "" : `≥ ${rate(wanted)}: ${verdict(reached)}`,
    ];
  });
  const header = ["broker", "messages", "to memory", "to mosquitto", "broker CPU per message", "to reach"];
  console.log(table([header, ...rows]));
  return good;
}

/** What long queues of sessions that are away cost in memory. */

import { mkdtempSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LoadArgs, runLoad } from "../load.ts";
import { type RunningBroker, startBroker } from "../server.ts";
import { BareClient } from "./client.ts";
import type { Setting } from "./contest.ts";
import { ours, type Runtime } from "./contestants.ts";
import { forgetPeak, type Heap, heap, resident } from "./process_memory.ts";
import { megabytes, table, verdict } from "./text.ts";

const SESSIONS = 1000;
const MESSAGES = 1000;
const BYTES = 100;
/** Bytes that they may add on Deno. */
const MOST = 100e6;
/** Before a broker is measured. */
const WARMUP: LoadArgs = {
  mode: "twin",
  clients: 100,
  qos: 1,
  window: 100,
  payload: BYTES,
  persistent: 1,
  messages: 10_000,
};
/** Seconds after which a runtime has given back what it gives back. */
const SETTLE = 10;

type Case = "a message each" | "the same for all";

interface Found {
  readonly before: number;
  readonly after: number;
  readonly settled: number;
  readonly peak: number;
  readonly heapBefore: Heap;
  readonly heapAfter: Heap;
  readonly file: number;
}

/** True: it is no more than it may be. */
export async function memory(setting: Setting): Promise<boolean> {
  const sessions = Math.round(SESSIONS * Math.sqrt(setting.scale));
  const messages = Math.round(MESSAGES * Math.sqrt(setting.scale));
  console.log(
    `${sessions} sessions that are away, ${messages} messages of ${BYTES} bytes for each, sync: normal\n`,
  );
  const rows: string[][] = [];
  let good = true;
  for (const runtime of setting.runtimes) {
    for (const which of ["a message each", "the same for all"] as const) {
      for (const fresh of [false, true]) {
        const found = await measure(setting, runtime, which, fresh, sessions, messages);
        const { before, after, settled, peak, heapBefore, heapAfter } = found;
        const judged = runtime === "deno";
        const reached = judged ? peak - before < MOST : undefined;
        if (reached === false) good = false;
        const live = ({ heapUsed, external }: Heap): number => heapUsed + external;
        rows.push([
          `${runtime === "deno" ? "Deno" : "Bun"}, ${which}${fresh ? ", just started" : ""}`,
          megabytes(before),
          more(peak - before),
          more(after - before),
          more(settled - before),
          more(live(heapAfter) - live(heapBefore)),
          megabytes(found.file),
          judged ? `< ${megabytes(MOST)} at the peak: ${verdict(reached)}` : "",
        ]);
      }
    }
  }
  console.log(table([
    ["", "RSS before", "at the peak", "at the end", `${SETTLE} s later`, "live heap", "file", "to reach"],
    ...rows,
  ]));
  return good;
}

function more(bytes: number): string {
  return `${bytes < 0 ? "−" : "+"}${megabytes(Math.abs(bytes))}`;
}

/** `fresh`: the broker has done nothing before, the runtime's growth under any traffic is part of what is measured. */
async function measure(
  setting: Setting,
  runtime: Runtime,
  which: Case,
  fresh: boolean,
  sessions: number,
  messages: number,
): Promise<Found> {
  const database = join(mkdtempSync(join(setting.folder, "memory-")), "comqtt.db");
  const { broker } = await ours(runtime, "normal", database, ["--v8-flags=--expose-gc"]);
  const running = await startBroker(broker, setting.folder);
  try {
    const { pid, port } = running;
    if (!fresh) await warmUp(setting, running);
    for (let i = 0; i < sessions; i++) {
      const client = await BareClient.open(port, `away-${i}`, false);
      await client.subscribe(which === "a message each" ? `away/${i}` : "away/all");
      await client.end();
    }
    const heapBefore = await heap(pid, database);
    forgetPeak(pid);
    const before = resident(pid).now;
    const publisher = await BareClient.open(port, "publisher", true);
    const payload = new Uint8Array(BYTES);
    if (which === "a message each") {
      await publisher.publish(sessions * messages, (i) => `away/${i % sessions}`, payload);
    } else await publisher.publish(messages, () => "away/all", payload);
    const after = resident(pid).now;
    await sleep(SETTLE * 1000);
    const { now: settled, peak } = resident(pid);
    const heapAfter = await heap(pid, database);
    await publisher.end();
    const file = statSync(database).size + statSync(`${database}-wal`).size;
    return { before, after, settled, peak, heapBefore, heapAfter, file };
  } finally {
    await running.stop();
  }
}

/**
 * Traffic to persistent subscribers who take it: the broker has its size then, the runtime's young generation and
 * SQLite's cache are in it, and what comes on top is for what waits.
 */
async function warmUp({ load }: Setting, { port }: RunningBroker): Promise<void> {
  await runLoad(load, { ...WARMUP, port }, []);
}

/** How long a broker with much to load takes until it answers, and what it needs for it. */

import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { run, start as launch } from "../process.ts";
import { freePort } from "../server.ts";
import { BareClient } from "./client.ts";
import { median, type Setting } from "./contest.ts";
import { ours } from "./contestants.ts";
import { resident } from "./process_memory.ts";
import { megabytes, table, verdict } from "./text.ts";

const RETAINED = 1_000_000;
const SESSIONS = 100_000;
/** Seconds until CONNECT is answered. */
const MOST = 10;
/** Seconds after which it is given up. */
const PATIENCE = 120;
const FILL = fileURLToPath(new URL("./fill.ts", import.meta.url));

/** True: it is up soon enough. */
export async function start(setting: Setting): Promise<boolean> {
  const retained = Math.round(RETAINED * setting.scale);
  const sessions = Math.round(SESSIONS * setting.scale);
  console.log(
    `From the start of the process to CONNACK: ${retained} retained messages, ${sessions} sessions with a subscription\n`,
  );
  const full = join(setting.folder, "full.db");
  const args = "Bun" in globalThis ? [FILL] : ["run", "-A", FILL];
  const filled = await run(process.execPath, [...args, full, String(retained), String(sessions)], 600);
  if (filled.code !== 0) throw new Error(`The database could not be made:\n${filled.stderr}`);
  const rows: string[][] = [];
  let good = true;
  for (const runtime of setting.runtimes) {
    const empty = await measure(setting, runtime, null);
    const times: number[] = [];
    const peaks: number[] = [];
    for (let i = 0; i < setting.repeat; i++) {
      const { seconds, peak } = await measure(setting, runtime, full);
      times.push(seconds);
      peaks.push(peak);
    }
    const reached = median(times) <= MOST;
    if (!reached) good = false;
    rows.push([
      runtime === "deno" ? "Deno" : "Bun",
      `${empty.seconds.toFixed(2)} s, ${megabytes(empty.peak)}`,
      `${median(times).toFixed(2)} s`,
      megabytes(median(peaks)),
      megabytes(statSync(full).size),
      `≤ ${MOST} s: ${verdict(reached)}`,
    ]);
  }
  console.log(table([["", "empty", "until CONNACK", "memory at the peak", "file", "to reach"], ...rows]));
  return good;
}

async function measure(
  setting: Setting,
  runtime: "deno" | "bun",
  full: string | null,
): Promise<{ readonly seconds: number; readonly peak: number }> {
  const folder = join(setting.folder, `start-${runtime}-${performance.now()}`);
  mkdirSync(folder);
  const database = join(folder, "comqtt.db");
  if (full !== null) copyFileSync(full, database);
  const { broker } = await ours(runtime, "normal", database);
  const port = await freePort();
  const [file, ...args] = broker.command(port, folder);
  const from = performance.now();
  const child = launch(file, args, { stdio: ["ignore", "ignore", "ignore"] });
  try {
    const client = await answered(port, () => child.exitCode !== null);
    const seconds = (performance.now() - from) / 1000;
    const { peak } = resident(child.pid!);
    await client.end();
    return { seconds, peak };
  } finally {
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGKILL");
    await ended;
  }
}

async function answered(port: number, over: () => boolean): Promise<BareClient> {
  const end = performance.now() + PATIENCE * 1000;
  while (performance.now() < end && !over()) {
    try {
      return await BareClient.open(port, "first", true);
    } catch {
      await sleep(5);
    }
  }
  throw new Error("The broker does not answer");
}

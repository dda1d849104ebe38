/** What the kernel and a broker say of the broker's memory. */

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** Bytes. */
export interface Resident {
  readonly now: number;
  /** Since the last `forgetPeak`. */
  readonly peak: number;
}

export interface Heap {
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
}

export function resident(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const value = (name: string): number =>
    1024 * Number(new RegExp(String.raw`^${name}:\s+(\d+)`, "m").exec(status)?.[1] ?? NaN);
  return { now: value("VmRSS"), peak: value("VmHWM") };
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Asks a broker of `broker.ts`, which collects its garbage for it. */
export async function heap(pid: number, database: string): Promise<Heap> {
  const file = `${database}.heap`;
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  for (let i = 0; i < 500; i++) {
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Heap;
    await sleep(20);
  }
  throw new Error("The broker does not say what is in its heap");
}

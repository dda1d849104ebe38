/** Memory in use, after the garbage has been collected, on both runtimes. */

import process from "node:process";
import v8 from "node:v8";
import vm from "node:vm";

type Collect = () => void;

function collector(): Collect {
  const { Bun: bun } = globalThis as { Bun?: { gc(force: boolean): void } };
  if (bun !== undefined) return () => bun.gc(true);
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc") as Collect;
}

const collect = collector();

/** Bytes in use. */
export async function heapInUse(): Promise<number> {
  // Finalizers and what they free need a turn of their own.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((done) => setTimeout(done, 1));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

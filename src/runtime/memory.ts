/** Memory that nobody uses any more, given back to the system. */

import { setTimeout } from "./timers.ts";
import { onBun, onDeno } from "./platform.ts";
import { permitted } from "./permission.ts";

/** Milliseconds until what was collected is free. */
const FREED_MS = 500;

/** Undefined: this runtime does not let us. Made when first needed. */
let collect: (() => void) | undefined | null = null;
let trim: (() => void) | undefined | null = null;

/**
 * Collects garbage, which no runtime does while it has nothing else to do, and has the system's allocator give back what it
 * keeps: on Linux that is most of it, after a burst of large messages hundreds of megabytes. Takes some ten milliseconds.
 */
export async function giveMemoryBack(): Promise<void> {
  if (collect === null) collect = await collector();
  collect?.();
  if (trim === null) trim = trimmer();
  if (trim === undefined) return;
  // (What was collected is freed beside this thread.)
  await new Promise((done) => setTimeout(done, FREED_MS));
  trim();
}

async function collector(): Promise<(() => void) | undefined> {
  if (onBun) {
    const { Bun } = globalThis as unknown as { Bun: { gc(force: boolean): number; shrink?(): void } };
    return () => {
      Bun.gc(true);
      Bun.shrink?.();
    };
  }
  try {
    const { setFlagsFromString } = await import("node:v8");
    const { runInNewContext } = await import("node:vm");
    setFlagsFromString("--expose-gc");
    const gc: unknown = runInNewContext("gc");
    return typeof gc === "function" ? gc as () => void : undefined;
  } catch {
    return undefined;
  }
}

/** Deno takes its memory from the C library, whose allocator keeps what was freed; Bun's gives it back by itself. */
function trimmer(): (() => void) | undefined {
  if (!onDeno || Deno.build.os !== "linux" || !permitted({ name: "ffi" })) return undefined;
  try {
    const { symbols } = Deno.dlopen("libc.so.6", { malloc_trim: { parameters: ["usize"], result: "i32" } });
    return () => symbols.malloc_trim(0n);
  } catch {
    // Another C library: nothing is known of its allocator.
    return undefined;
  }
}

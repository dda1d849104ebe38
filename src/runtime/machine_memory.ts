/** How much memory there is for this process: that of the machine, or what a control group leaves it. */

import { builtin } from "./builtin.ts";
import { permitted } from "./permission.ts";
import { onDeno } from "./platform.ts";
import { readSystemFile } from "./process.ts";

/** The text of a file; null: there is none, or it may not be read. */
type Reader = (path: string) => string | null;

/** Bytes; null on Deno when asking is not permitted. */
export function machineMemory(): number | null {
  if (!permitted({ name: "sys", kind: "systemMemoryInfo" })) return null;
  const total = onDeno ? Deno.systemMemoryInfo().total : builtin("os").totalmem();
  return Math.min(total, groupLimit(readIfThere) ?? total);
}

function readIfThere(path: string): string | null {
  if (!permitted({ name: "read", path })) return null;
  try {
    return readSystemFile(path);
  } catch {
    return null;
  }
}

/** The least that the group of this process and those around it allow, in bytes; null: they allow everything. */
export function groupLimit(read: Reader): number | null {
  let least = Infinity;
  // (id:controllers:path; the second kind of group has no controllers here.)
  for (const line of (read("/proc/self/cgroup") ?? "0::/").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const [root, file] = controllers === ""
      ? ["/sys/fs/cgroup", "memory.max"]
      : ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"];
    if (controllers !== "" && controllers?.split(",").includes("memory") !== true) continue;
    for (const folder of upwards(path)) {
      const limit = Number(read(`${root}${folder}/${file}`)?.trim() || NaN);
      if (limit > 0) least = Math.min(least, limit);
    }
  }
  return least === Infinity ? null : least;
}

/** `/a/b`, `/a`, and nothing, which is the root. (In a container that is its own group, whatever the path says.) */
function upwards(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return [...parts.map((_, i) => `/${parts.slice(0, i + 1).join("/")}`).reverse(), ""];
}

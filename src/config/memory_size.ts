/** Memory in bytes, or as a share of what the machine has. */

import { LEAST_MEMORY, limitRanges } from "../core/options.ts";
import { machineMemory } from "../runtime/machine_memory.ts";
import { bytes, formatBytes, type ValueKind } from "./values.ts";

const [, most] = limitRanges.memory;
const size = bytes([0, most]);

/** `2GiB`, `75%`; 0 is no limit. A share is made bytes where it is read. */
export const memorySize: ValueKind<number> = {
  parse(text) {
    const wanted = /^\d+(?:\.\d+)? ?%$/.test(text) ? shareOf(parseFloat(text)) : size.parse(text);
    return wanted === undefined || (wanted > 0 && wanted < LEAST_MEMORY) ? undefined : wanted;
  },
  accepted:
    `0 for no limit, a size of ${
      formatBytes(LEAST_MEMORY)
    } or more, such as 2GiB, or a share of this machine's ` +
    "memory that is as much, such as 75%",
  shape: { is: "size", range: [LEAST_MEMORY, most], none: true, share: true },
};

/** Undefined: there is no such share, or nobody knows of what. */
function shareOf(percent: number): number | undefined {
  const memory = machineMemory();
  return memory === null || percent > 100 ? undefined : Math.floor(memory * percent / 100);
}

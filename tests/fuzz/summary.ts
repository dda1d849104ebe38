/** What a part of the run comes to, in words. */

import type { Fuzzer } from "./fuzzer.ts";

export interface Part {
  readonly name: string;
  readonly fuzzers: readonly Fuzzer[];
  /** Bytes in use before and after. */
  readonly heaps: readonly [number, number];
  readonly seconds: number;
}

const MIB = 1 << 20;

export function summary({ name, fuzzers, heaps, seconds }: Part): string {
  const sum = (of: (f: Fuzzer) => number): number => fuzzers.reduce((total, f) => total + of(f), 0);
  const outcomes = new Map<string, number>();
  for (const { outcomes: some } of fuzzers) {
    for (const [what, count] of some) outcomes.set(what, (outcomes.get(what) ?? 0) + count);
  }
  const times = fuzzers.flatMap((f) => f.times).sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1);
  const lines = [
    `${name}: ${sum((f) => f.packets)} packets on ${sum((f) => f.connections)} connections in ${
      seconds.toFixed(1)
    } s`,
    `  witnesses: ${times.length * 3} messages, half within ${at(0.5)} ms, 99 % within ${
      at(0.99)
    } ms, all within ${at(1)} ms`,
    `  memory in use: ${(heaps[0] / MIB).toFixed(1)} MiB before, ${(heaps[1] / MIB).toFixed(1)} MiB after`,
  ];
  for (const [what, count] of [...outcomes].sort((a, b) => b[1] - a[1])) {
    lines.push(`  ${String(count).padStart(8)}  ${what}`);
  }
  return lines.join("\n");
}

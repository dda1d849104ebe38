/**
 * Averages of what is counted, for each minute, over one, five and fifteen minutes, as mosquitto's `$SYS/broker/load` has
 * them: each step the old average counts for less.
 */

import { memoryUse } from "../../runtime/process.ts";
import type { ListenerCounts } from "./listener_counts.ts";
import type { Stats } from "../stats.ts";

/** Between two steps. */
export const LOAD_STEP_MS = 5000;

/** How far an average reaches back, in minutes, and what its name is. */
const REACHES = [[1, "1min"], [5, "5min"], [15, "15min"]] as const;

const COUNTED = [
  "messages/received",
  "messages/sent",
  "publish/received",
  "publish/sent",
  "publish/dropped",
  "bytes/received",
  "bytes/sent",
  "sockets",
  "connections",
] as const;

type Counted = (typeof COUNTED)[number];

export class Loads {
  readonly #stats: Readonly<Stats>;
  readonly #byListener: ListenerCounts;
  readonly #now: () => number;
  readonly #values: Map<string, number> = new Map();
  #last: Record<Counted, number>;
  #lastAt: number;
  #memoryMaximum = 0;

  /** `now`: `monotonic` time. */
  constructor(stats: Readonly<Stats>, byListener: ListenerCounts, now: () => number) {
    this.#stats = stats;
    this.#byListener = byListener;
    this.#now = now;
    this.#last = this.#counts();
    this.#lastAt = now();
    for (const counted of COUNTED) {
      for (const [, name] of REACHES) this.#values.set(`${counted}/${name}`, 0);
    }
  }

  /** Takes in what was counted since the last step. */
  step(): void {
    const now = this.#now();
    const minutes = (now - this.#lastAt) / 60_000;
    if (minutes <= 0) return;
    const counts = this.#counts();
    for (const counted of COUNTED) {
      // (Counters that go on where an earlier run has stopped jump, once and by much: that was no load.)
      const rate = Math.max(0, counts[counted] - this.#last[counted]) / minutes;
      for (const [reach, name] of REACHES) {
        const key = `${counted}/${name}`;
        const weight = Math.exp(-minutes / reach);
        this.#values.set(key, rate + weight * (this.#values.get(key)! - rate));
      }
    }
    this.#last = counts;
    this.#lastAt = now;
    this.#memoryMaximum = Math.max(this.#memoryMaximum, memoryUse().resident);
  }

  /** From here on: what was counted before was in an earlier run. */
  begin(): void {
    this.#last = this.#counts();
    this.#lastAt = this.#now();
  }

  /** `messages/received/1min` and the like, for each minute. */
  get values(): ReadonlyMap<string, number> {
    return this.#values;
  }

  /** The most bytes of main memory the process was seen with. */
  memoryMaximum(now: number): number {
    return this.#memoryMaximum = Math.max(this.#memoryMaximum, now);
  }

  #counts(): Record<Counted, number> {
    const stats = this.#stats;
    return {
      "messages/received": stats.packetsReceived,
      "messages/sent": stats.packetsSent,
      "publish/received": stats.messagesReceived,
      "publish/sent": stats.messagesSent,
      "publish/dropped": stats.messagesDropped,
      "bytes/received": stats.bytesReceived,
      "bytes/sent": stats.bytesSent,
      "sockets": this.#byListener.total,
      "connections": stats.clientsTotal,
    };
  }
}

/** KeptCounters that a storage keeps, and when this server was last known to live. */

import type { StoredSysInfo } from "../../storage/stored.ts";
import type { Core } from "../core.ts";

/** They are kept again with a commit when they are older than that, in milliseconds. */
const BESIDE = 1000;
/**
 * And without one when they are older than that and somebody is connected, or anything has changed. That is looked at
 * every 2.5 seconds: they are never older than ten.
 */
const ALONE = 7000;

export class KeptCounters {
  readonly #core: Core;
  #toldAt = -Infinity;
  #packets = -1;

  constructor(core: Core) {
    this.#core = core;
  }

  /** What is to be kept beside something else; null: it was kept just now. */
  beside(): StoredSysInfo | null {
    const now = this.#core.clock.now();
    return now - this.#toldAt < BESIDE ? null : this.now();
  }

  /** What is to be kept alone; null: nothing has happened. */
  alone(): StoredSysInfo | null {
    const { clock, stats } = this.#core;
    const now = clock.now();
    if (now - this.#toldAt < ALONE) return null;
    return stats.clientsConnected > 0 || stats.packetsReceived !== this.#packets ? this.now() : null;
  }

  /** As they are. */
  now(): StoredSysInfo {
    const { clock, stats } = this.#core;
    const kept = clock.kept();
    this.#toldAt = kept.at;
    this.#packets = stats.packetsReceived;
    return {
      ...kept,
      bytesReceived: stats.bytesReceived,
      bytesSent: stats.bytesSent,
      messagesReceived: stats.messagesReceived,
      messagesSent: stats.messagesSent,
      messagesDropped: stats.messagesDropped,
      packetsReceived: stats.packetsReceived,
      packetsSent: stats.packetsSent,
      clientsMaximum: stats.clientsMaximum,
    };
  }
}

/** They go on where an earlier run has stopped. */
export function addCounters(core: Core, stored: StoredSysInfo): void {
  const { stats } = core;
  stats.bytesReceived += stored.bytesReceived ?? 0;
  stats.bytesSent += stored.bytesSent ?? 0;
  stats.messagesReceived += stored.messagesReceived ?? 0;
  stats.messagesSent += stored.messagesSent ?? 0;
  stats.messagesDropped += stored.messagesDropped ?? 0;
  stats.packetsReceived += stored.packetsReceived ?? 0;
  stats.packetsSent += stored.packetsSent ?? 0;
  stats.clientsMaximum = Math.max(stats.clientsMaximum, stored.clientsMaximum ?? 0);
}

/**
 * What the broker gives to each of its parts, whatever that is about: settings, time, the log, the hooks, counters, and the
 * turn of the event loop. Parts that need one another as well say so themselves, or take `Parts`.
 */

import type { BufferPool } from "../core/buffer_pool.ts";
import type { Deadlines } from "../core/deadlines.ts";
import type { EventLog } from "../core/event_log.ts";
import type { Lateness } from "../core/lateness.ts";
import type { Overload } from "../core/overload.ts";
import type { ListenerCounts } from "../core/figures/listener_counts.ts";
import type { Loads } from "../core/figures/loads.ts";
import type { PublishTimes } from "../core/figures/publish_times.ts";
import type { Capabilities, Limits, ServerOptions } from "../core/options.ts";
import type { Slices } from "../core/slices.ts";
import type { Stats } from "../core/stats.ts";
import type { Timeline } from "../core/timeline.ts";
import type { Turn } from "../core/turn.ts";
import type { Hooks } from "../hook/dispatcher.ts";
import type { SessionHost } from "../session/host.ts";
import type { Session } from "../session/session.ts";

export interface Core {
  readonly options: ServerOptions;
  readonly capabilities: Capabilities;
  readonly limits: Limits;
  readonly clock: Timeline;
  readonly events: EventLog;
  readonly stats: Stats;
  readonly hooks: Hooks;
  readonly pool: BufferPool;
  /** What belongs to one turn of the event loop: it is committed and sent at its end. */
  readonly turn: Turn;
  readonly deadlines: Deadlines;
  /** Who may go on working in this turn of the event loop. */
  readonly slices: Slices;
  readonly lateness: Lateness;
  /** How long publishes take. */
  readonly publishTimes: PublishTimes;
  /** Connections by listener. */
  readonly byListener: ListenerCounts;
  /** Averages over some minutes. */
  readonly loads: Loads;
  /** Whether memory is short. */
  readonly overload: Overload;
  /** What sessions are given. */
  readonly sessionHost: SessionHost<Session>;
  /** Above it a connection counts as congested, below `lowWater` no more. */
  readonly highWater: number;
  /** Above it not even a little is added. */
  readonly fullWater: number;
  readonly lowWater: number;
}

/** What is measured besides the counters. */

import type { HistogramFigures } from "./histogram.ts";
import type { ListenerFigures } from "./listener_counts.ts";
import type { SysValues } from "./mosquitto_tree.ts";

/** Whether a server may be sent clients. */
export interface Readiness {
  /** The names of listeners that are not open yet. */
  readonly opening: readonly string[];
  /** It serves: what an earlier run left is there, and it is not being closed. */
  readonly serving: boolean;
}

/** How long things take, and what came in where. */
export interface Figures {
  /** Whether clients may come. */
  readonly readiness: Readiness;
  /** By listener, in the order in which each had its first connection. */
  readonly listeners: readonly ListenerFigures[];
  /**
   * By QoS: from when a publish was heard until what it brought, and its acknowledgement, was handed to the connections. Of
   * one in 64.
   */
  readonly publishTimes: readonly HistogramFigures[];
  /** How long commits of the storage took, until they were done. */
  readonly commitTimes: HistogramFigures;
  /** How late the event loop was, looked at about ten times a second. */
  readonly lateness: HistogramFigures;
  /** What mosquitto says under `$SYS/broker/`, where its names are others than comqtt's. */
  readonly mosquitto: SysValues;
}

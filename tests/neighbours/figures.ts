/** What is measured, as the processes tell it to each other and as `--json` shows it. Times are milliseconds where nothing else is said. */

/** One publisher of the neighbours. */
export interface Flow {
  readonly version: 4 | 5;
  readonly qos: 0 | 1;
}

/** Of many times. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** From when a message was due to when it came, without those that had to be sent again on another connection. */
export interface PhaseFigures extends Spread {
  /** Messages that were due in it. */
  readonly count: number;
  /** Messages that never came, of QoS 0 and QoS 1; those of QoS 1 that were refused are not among them. */
  readonly lost0: number;
  readonly lost1: number;
  /** By a reason code in PUBACK. */
  readonly refused: number;
  /** Sent again on another connection. */
  readonly repeated: number;
  readonly duplicates: number;
}

/** Clients that connect while it runs, one each 250 ms. */
export interface NewcomerFigures {
  readonly count: number;
  /** Were not let in, or not in 20 s: why, and how many. */
  readonly failed: Readonly<Record<string, number>>;
  /** From the first packet of the socket to CONNACK. */
  readonly p99: number;
  readonly max: number;
}

export interface NeighbourFigures {
  readonly before: PhaseFigures;
  readonly during: PhaseFigures;
  readonly after: PhaseFigures;
  /** The slowest message of each second while it runs; null: one of QoS 1 never came. */
  readonly perSecond: readonly (number | null)[];
  readonly newcomers: NewcomerFigures;
  /** What happened to their connections. */
  readonly events: readonly string[];
  /** By how much they themselves sent later than was due: nothing the broker can help. */
  readonly ownLateness: Spread;
}

/** What a crowd counted or timed itself. */
export type Facts = Readonly<Record<string, number>>;

export interface CrowdFigures {
  readonly facts: Facts;
  readonly notes: readonly string[];
  /** It did not do what it should, or did not come to an end: nothing was shown. */
  readonly failed: boolean;
}

/** The resident set of the broker's process, in MB. */
export interface MemoryFigures {
  readonly before: number;
  readonly peak: number;
  /** A minute after the crowd has gone; null: nobody looked, or the broker had ended. */
  readonly later: number | null;
}

export interface LogFigures {
  /** Since it was ready. */
  readonly lines: number;
  readonly bytes: number;
  /** The first of them. */
  readonly first: readonly string[];
}

export interface BrokerFigures {
  readonly memory: MemoryFigures;
  /** Processor time while it ran, in seconds. */
  readonly cpu: number;
  /** By how much which number of `GET /` changed. */
  readonly counters: Readonly<Record<string, number>>;
  readonly log: LogFigures;
  /** Why it is not running any more; null while it is. */
  readonly ended: string | null;
}

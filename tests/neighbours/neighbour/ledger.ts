/** What the neighbours sent, when it was due, and when it came. */

import type { Flow, PhaseFigures, Spread } from "../figures.ts";

export const PHASES = ["before", "during", "after"] as const;
export type Phase = typeof PHASES[number];

/** Messages of a flow at the beginning; there may be more. */
const ROOM = 4096;
const NOT_YET = -1;
const REFUSED = -2;

/** One publisher's messages, by their number. All times are milliseconds of `performance.now()`. */
class Sent {
  readonly flow: Flow;
  count = 0;
  due: Float64Array = new Float64Array(ROOM);
  came: Float64Array = new Float64Array(ROOM).fill(NOT_YET);
  /** A number of `PHASES`. */
  phase: Uint8Array = new Uint8Array(ROOM);
  /** How often it came again. */
  again: Uint8Array = new Uint8Array(ROOM);
  /** 1: it was sent again on another connection. */
  repeated: Uint8Array = new Uint8Array(ROOM);

  constructor(flow: Flow) {
    this.flow = flow;
  }

  add(due: number, phase: number): number {
    if (this.count === this.due.length) this.#grow();
    this.due[this.count] = due;
    this.phase[this.count] = phase;
    return this.count++;
  }

  #grow(): void {
    const { due, came, phase, again, repeated } = this;
    this.due = new Float64Array(2 * this.count);
    this.came = new Float64Array(2 * this.count).fill(NOT_YET);
    this.phase = new Uint8Array(2 * this.count);
    this.again = new Uint8Array(2 * this.count);
    this.repeated = new Uint8Array(2 * this.count);
    this.due.set(due);
    this.came.set(came);
    this.phase.set(phase);
    this.again.set(again);
    this.repeated.set(repeated);
  }
}

export class Ledger {
  readonly #sent: readonly Sent[];
  /** Of `PHASES`; behind the last one nothing is sent any more. */
  #phase = 0;
  /** By how much the publishers themselves were late, while it ran and after: that much is not the broker's. */
  readonly #lateness: number[] = [];

  constructor(flows: readonly Flow[]) {
    this.#sent = flows.map((flow) => new Sent(flow));
  }

  begin(phase: Phase): void {
    this.#phase = PHASES.indexOf(phase);
  }

  /** The number of a message that is sent now. */
  sends(flow: number, due: number): number {
    if (this.#phase > 0) this.#lateness.push(performance.now() - due);
    return this.#sent[flow]!.add(due, this.#phase);
  }

  get ownLateness(): Spread {
    return spread(this.#lateness);
  }

  came(flow: number, number: number): void {
    const sent = this.#sent[flow];
    if (sent === undefined || number >= sent.count) return;
    if (sent.came[number]! < 0) sent.came[number] = performance.now();
    else if (sent.again[number]! < 255) sent.again[number]!++;
  }

  /** The broker said so. */
  refused(flow: number, number: number): void {
    const { came } = this.#sent[flow]!;
    if (came[number] === NOT_YET) came[number] = REFUSED;
  }

  /** Its connection was lost before it was acknowledged: how long that takes is up to who repeats it. */
  repeats(flow: number, number: number): void {
    this.#sent[flow]!.repeated[number] = 1;
  }

  /** Messages of a QoS that have not come. */
  missing(qos: 0 | 1): number {
    let missing = 0;
    for (const { flow, count, came } of this.#sent) {
      if (flow.qos !== qos) continue;
      for (let i = 0; i < count; i++) if (came[i] === NOT_YET) missing++;
    }
    return missing;
  }

  figures(phase: Phase): PhaseFigures {
    const at = PHASES.indexOf(phase);
    const latencies: number[] = [];
    const figures = { count: 0, lost0: 0, lost1: 0, refused: 0, repeated: 0, duplicates: 0 };
    for (const { flow, count, came, due, phase, again, repeated } of this.#sent) {
      for (let i = 0; i < count; i++) {
        if (phase[i] !== at) continue;
        figures.count++;
        figures.duplicates += again[i]!;
        figures.repeated += repeated[i]!;
        if (came[i]! >= 0) {
          if (repeated[i] === 0) latencies.push(came[i]! - due[i]!);
        } else if (came[i] === REFUSED) figures.refused++;
        else if (flow.qos === 0) figures.lost0++;
        else figures.lost1++;
      }
    }
    return { ...figures, ...spread(latencies) };
  }

  /** The slowest message of each second while it runs, in milliseconds; null: one of QoS 1 did not come. */
  perSecond(): (number | null)[] {
    const seconds: (number | null)[] = [];
    const during = PHASES.indexOf("during");
    const first = Math.min(...this.#sent.map(({ phase, due }) => due[phase.indexOf(during)] ?? Infinity));
    for (const { flow, count, came, due, phase } of this.#sent) {
      for (let i = 0; i < count; i++) {
        if (phase[i] !== during) continue;
        const second = Math.floor((due[i]! - first) / 1000);
        if (came[i]! < 0 && flow.qos === 0) continue;
        const latency = came[i]! < 0 ? null : came[i]! - due[i]!;
        const known = seconds[second] ?? 0;
        seconds[second] = latency === null || seconds[second] === null ? null : Math.max(known, latency);
      }
    }
    return Array.from(seconds, (slowest) => slowest ?? null);
  }
}

/** Zeros without any. */
export function spread(latencies: readonly number[]): Spread {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}

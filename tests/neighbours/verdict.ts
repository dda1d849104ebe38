/** Whether nobody had to wait because somebody else was busy. */

import type { Expectation, Scenario } from "./crowd/scenario.ts";
import { type Explanation, explanationOf } from "./explanations.ts";
import type { Facts, PhaseFigures } from "./figures.ts";
import type { Measured } from "./trial.ts";

export interface Bounds {
  /** Of a neighbour's latency, and of the time in which a new client is let in, in milliseconds. */
  readonly p99: number;
  readonly max: number;
  readonly newcomer: number;
  /** The memory a minute later, as a multiple of what it was before. */
  readonly memory: number;
}

export const BOUNDS: Bounds = { p99: 50, max: 500, newcomer: 1000, memory: 1.5 };
/** For machines nobody knows. */
export const GENEROUS: Bounds = { p99: 500, max: 2000, newcomer: 3000, memory: 1.5 };

export interface Verdict {
  /** Empty: it passes. */
  readonly missed: readonly string[];
  /** What is above a bound and known, with the reason; and what was not judged, and why. */
  readonly remarks: readonly string[];
}

/** `known`: instead of the explanations there are. */
export function judge(
  scenario: Scenario,
  measured: Measured,
  bounds: Bounds,
  known?: readonly Explanation[],
): Verdict {
  const { neighbours, crowd, broker } = measured;
  const missed: string[] = [];
  const remarks: string[] = [];
  if (broker.ended !== null) missed.push(`the broker has not come through: ${broker.ended}`);
  if (scenario.standsStill === undefined) {
    for (const phase of ["during", "after"] as const) missed.push(...late(phase, neighbours[phase], bounds));
    const { p99, max } = neighbours.ownLateness;
    if (missed.length > 0 && (p99 > bounds.p99 / 2 || max > bounds.max / 2)) {
      remarks.push(
        `the machine is busy: the neighbours sent late themselves, p99 ${ms(p99)}, max ${ms(max)} ms`,
      );
    }
  } else remarks.push(`latency is not judged: ${scenario.standsStill}`);
  const lost = neighbours.before.lost1 + neighbours.during.lost1 + neighbours.after.lost1;
  if (lost > 0) missed.push(`${lost} messages of QoS 1 lost`);
  if (scenario.mayRefuse === undefined) {
    const refused = neighbours.before.refused + neighbours.during.refused + neighbours.after.refused;
    if (refused > 0) missed.push(`${refused} messages of QoS 1 refused`);
    missed.push(...neighbours.events.map((event) => `a neighbour: ${event}`));
  } else remarks.push(`refusals are not judged: ${scenario.mayRefuse}`);
  const unjudged = scenario.beyondLimits ?? scenario.standsStill;
  if (unjudged === undefined) missed.push(...newcomers(measured, bounds));
  else remarks.push(`new clients are not judged: ${unjudged}`);
  missed.push(...unexpected(scenario.expects ?? [], crowd.facts, bounds));
  if (crowd.failed) missed.push("the crowd itself failed");
  const used = memory(scenario, measured, bounds, known);
  missed.push(...used.missed);
  remarks.push(...used.remarks);
  return { missed, remarks };
}

function late(phase: string, { count, p99, max }: PhaseFigures, bounds: Bounds): string[] {
  const missed: string[] = [];
  if (count === 0) missed.push(`${phase}: the neighbours sent nothing`);
  if (p99 > bounds.p99) missed.push(`${phase}: p99 ${ms(p99)} > ${bounds.p99} ms`);
  if (max > bounds.max) missed.push(`${phase}: max ${ms(max)} > ${bounds.max} ms`);
  return missed;
}

function newcomers({ neighbours: { newcomers: { failed, max } } }: Measured, bounds: Bounds): string[] {
  const missed = Object.entries(failed).map(([why, count]) => `${count} new clients not let in: ${why}`);
  if (max > bounds.newcomer) missed.push(`a new client let in after ${ms(max)} > ${bounds.newcomer} ms`);
  return missed;
}

function unexpected(expects: readonly Expectation[], facts: Facts, bounds: Bounds): string[] {
  return expects.flatMap(({ fact, least = -Infinity, most = Infinity }) => {
    const value = facts[fact];
    if (value === undefined) return [`${fact}: not known`];
    const bound = most === "newcomer" ? bounds.newcomer : most;
    const shown = `${fact}: ${Number(value.toFixed(1))}`;
    if (value > bound) return [`${shown} > ${bound}`];
    return value < least ? [`${shown} < ${least}`] : [];
  });
}

function memory(
  { name, peak: most = Infinity }: Scenario,
  { runtime, broker: { memory: { before, peak, later } } }: Measured,
  bounds: Bounds,
  known?: readonly Explanation[],
): Verdict {
  const missed = peak > most ? [`memory: peak ${Math.round(peak)} > ${most} MB`] : [];
  if (later === null || later <= bounds.memory * before) return { missed, remarks: [] };
  const times = later / before;
  const shown = `memory a minute later ${times.toFixed(2)} > ${bounds.memory} times`;
  const explanation = explanationOf(name, runtime, known);
  if (explanation !== undefined && times <= explanation.times) {
    return { missed, remarks: [`${shown}: ${explanation.reason}`] };
  }
  return { missed: [...missed, shown], remarks: [] };
}

function ms(milliseconds: number): string {
  return Math.round(milliseconds).toLocaleString("en");
}

/** What counts as abuse, and what is done about it. */

import { checkOptions, type Shape } from "../../../src/core/misuse.ts";
import { inRange } from "../../../src/core/options.ts";

/** Bounds for those who guess passwords, and for clients that come back again and again. */
export interface AbuseLimits {
  /** Failed logins from one address (IPv6: the 64-bit prefix) within `failedLoginTime` that ban it; 0: none do. Default 20. */
  readonly failedLogins: number;
  /** Milliseconds. Default 300,000. */
  readonly failedLoginTime: number;
  /** Milliseconds for which such an address is banned. Default 600,000. */
  readonly banTime: number;
  /** Failed logins of one user name within `failedLoginTime` after which each login with it has to wait; 0: none has. Default 3. */
  readonly userFailures: number;
  /** Take-overs of one client id within a minute after which each CONNECT with it has to wait; 0: none has. Default 3. */
  readonly takeOvers: number;
  /**
   * Connections of one client id within a minute that lasted less than ten seconds and ended without DISCONNECT, after which each CONNECT
   * with it has to wait; 0: none has. Default 10.
   */
  readonly reconnects: number;
  /** Milliseconds, the longest that a CONNECT has to wait; 0: none has. Default 4,000. */
  readonly delay: number;
  /** CONNECT packets that wait at a time, a quarter of them from one address; others are refused then. Default 1,000. */
  readonly waiting: number;
}

/** What holds when nothing else is said. */
export const defaultAbuseLimits: AbuseLimits = Object.freeze({
  failedLogins: 20,
  failedLoginTime: 300_000,
  banTime: 600_000,
  userFailures: 3,
  takeOvers: 3,
  reconnects: 10,
  delay: 4000,
  waiting: 1000,
});

/** The lowest and highest value of each. (Hooks are given five seconds for an answer.) */
export const abuseRanges: Readonly<Record<keyof AbuseLimits, readonly [number, number]>> = Object.freeze({
  failedLogins: [0, 10_000],
  failedLoginTime: [1000, 86_400_000],
  banTime: [1000, 31_536_000_000],
  userFailures: [0, 10_000],
  takeOvers: [0, 10_000],
  reconnects: [0, 10_000],
  delay: [0, 4500],
  waiting: [1, 100_000],
});

const shape = Object.fromEntries(Object.keys(defaultAbuseLimits).map((name) => [name, "number"])) as Shape<
  AbuseLimits
>;

/** With the defaults. Throws a TypeError or RangeError that names the option. */
export function abuseLimitsOf(given: Partial<AbuseLimits>): AbuseLimits {
  checkOptions("the limits of new Abuse", given, shape);
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const limits: AbuseLimits = { ...defaultAbuseLimits, ...Object.fromEntries(entries) };
  for (const name of Object.keys(abuseRanges) as (keyof AbuseLimits)[]) {
    inRange(`limits.${name} of new Abuse`, limits[name], abuseRanges[name]);
  }
  return limits;
}

/** None of it does anything. */
export function isIdle({ failedLogins, delay }: AbuseLimits): boolean {
  return failedLogins === 0 && delay === 0;
}

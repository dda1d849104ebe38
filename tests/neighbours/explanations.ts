/** Where memory stays above the bound for a reason that is known. */

import type { Runtime } from "./broker.ts";

export interface Explanation {
  readonly scenarios: readonly string[];
  readonly runtimes: readonly Runtime[];
  /** Up to so many times what it was before; more has another reason. */
  readonly times: number;
  readonly reason: string;
}

/**
 * None: an entry is for what cannot be given back, and says how that is known. What stays in the heap of the C
 * library's malloc is not that: `malloc_trim(0)` after such a minute brings 200 MB to 84 on Deno.
 */
const EXPLANATIONS: readonly Explanation[] = [];

export function explanationOf(
  scenario: string,
  runtime: Runtime,
  among: readonly Explanation[] = EXPLANATIONS,
): Explanation | undefined {
  return among.find(({ scenarios, runtimes }) => scenarios.includes(scenario) && runtimes.includes(runtime));
}

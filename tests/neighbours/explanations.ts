/** Where memory stays above the bound for a reason that is known. */

import type { Runtime } from "./broker.ts";

export interface Explanation {
  readonly scenarios: readonly string[];
  readonly runtimes: readonly Runtime[];
  /** Up to so many times what it was before; more has another reason. */
  readonly times: number;
  readonly reason: string;
}

const EXPLANATIONS: readonly Explanation[] = [];

export function explanationOf(scenario: string, runtime: Runtime): Explanation | undefined {
  return EXPLANATIONS.find(({ scenarios, runtimes }) =>
    scenarios.includes(scenario) && runtimes.includes(runtime)
  );
}

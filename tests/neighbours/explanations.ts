/** Where memory stays above the bound for a reason that is known. */

import type { Runtime } from "./broker.ts";

export interface Explanation {
  readonly scenarios: readonly string[];
  readonly runtimes: readonly Runtime[];
  /** Up to so many times what it was before; more has another reason. */
  readonly times: number;
  readonly reason: string;
}

/** Its heap, looked at after such a minute, has 18 MB and less; `malloc_trim(0)` called there brought 200 MB to 84, and 273 to 76. */
const MALLOC =
  "free memory that the C library's malloc keeps for the next messages; V8 has given back all it had";

const EXPLANATIONS: readonly Explanation[] = [
  { scenarios: ["4retain", "8slow0"], runtimes: ["deno"], times: 3.2, reason: MALLOC },
  { scenarios: ["10big"], runtimes: ["deno"], times: 7, reason: MALLOC },
];

export function explanationOf(scenario: string, runtime: Runtime): Explanation | undefined {
  return EXPLANATIONS.find(({ scenarios, runtimes }) =>
    scenarios.includes(scenario) && runtimes.includes(runtime)
  );
}

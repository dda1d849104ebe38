/** What somebody does to a broker beside the neighbours. */

import type { World } from "./world.ts";

/** What a fact of the crowd has to be. */
export interface Expectation {
  readonly fact: string;
  readonly least?: number;
  /** `newcomer`: what the bounds of this run allow a new client, in milliseconds. */
  readonly most?: number | "newcomer";
}

export interface Scenario {
  readonly name: string;
  /** One sentence, for `--help`. */
  readonly does: string;
  /** For how long, when nobody says anything else. */
  readonly seconds: number;
  /** With `--data`. */
  readonly data?: boolean;
  /** On a file system of its own of so many bytes; needs the right to mount. */
  readonly disk?: number;
  /** The broker has a hook that takes its time, instead of being the program. */
  readonly slowHook?: boolean;
  /** The broker may have so many files and sockets open. */
  readonly descriptors?: number;
  /** Seconds for which the neighbours go on when the crowd has gone; 4 when nothing is said. */
  readonly after?: number;
  /** In MB: the peak may not be above. */
  readonly peak?: number;
  readonly expects?: readonly Expectation[];
  /** Why new clients are not judged: the broker is to refuse them, too. */
  readonly beyondLimits?: string;
  /** Why the broker is to refuse the neighbours' messages as well. */
  readonly mayRefuse?: string;
  /** Why latencies are not judged. */
  readonly standsStill?: string;
  /** Before anything is measured. */
  readonly prepare?: (world: World) => Promise<void>;
  readonly run: (world: World) => Promise<void>;
}

/** The same with `--data`; its name has a D behind it. */
export function withData(scenario: Scenario): Scenario {
  return { ...scenario, name: `${scenario.name}D`, does: `the same with --data`, data: true };
}

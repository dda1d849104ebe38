/** Nobody. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario } from "./scenario.ts";

export const idle: readonly Scenario[] = [{
  name: "0idle",
  does: "nothing: what the machine and the measurement themselves cost",
  seconds: 6,
  run: async ({ seconds }): Promise<void> => {
    await sleep(seconds * 1000);
  },
}];

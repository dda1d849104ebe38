/** What is refused because the server has too much to do: memory is short, or its event loop late. */

import { Reasons } from "../../packets/reason.ts";
import type { Core } from "../core.ts";
import { type Cause, over, type Refusal } from "./cause.ts";

/** Why nobody new is let in now; null: everybody is. */
export function refuseOverloaded(core: Core): Refusal | null {
  const { events, lateness, limits, overload, stats } = core;
  if (overload.high) {
    stats.refused.memory++;
    return { reason: Reasons.quotaExceeded, cause: shortOfMemory(core) };
  }
  const { delay } = lateness;
  if (limits.loopDelay === 0 || delay <= limits.loopDelay) return null;
  stats.refused.loopDelay++;
  const cause = over("overloaded", limits, "loopDelay", Math.round(delay));
  // (Without its size, so that the same again is counted.)
  events.tell("loop-delay-high", { setting: cause.setting, limit: limits.loopDelay });
  return { reason: Reasons.serverBusy, cause };
}

/** Why a connection ends, or is refused. */
export function shortOfMemory({ limits }: Core): Cause {
  return over("overloaded", limits, "memory");
}

/** When a message expires. MQTT 5.0 section 3.3.2.3.3. */

import { NEVER } from "../../session/message.ts";
import type { Core } from "../core.ts";

/**
 * For an interval in seconds, as the broker counts time; none is never, unless the server has a maximum. `now`: when it
 * came, where that is known already.
 */
export function expiryTime(core: Core, interval: number | undefined, now?: number): number {
  const most = core.capabilities.maximumMessageExpiryInterval;
  if (most > 0 && (interval === undefined || interval > most)) interval = most;
  return interval === undefined ? NEVER : (now ?? core.clock.now()) + interval * 1000;
}

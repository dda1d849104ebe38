/** When a message expires. MQTT 5.0 section 3.3.2.3.3. */

import { NEVER } from "../session/message.ts";
import type { Broker } from "./broker.ts";

/** Milliseconds since 1970 for an interval in seconds; none is never, unless the server has a maximum. */
export function expiryTime(broker: Broker, interval: number | undefined): number {
  const most = broker.capabilities.maximumMessageExpiryInterval;
  if (most > 0 && (interval === undefined || interval > most)) interval = most;
  return interval === undefined ? NEVER : broker.clock.now() + interval * 1000;
}

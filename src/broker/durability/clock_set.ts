/** The machine's clock was set: what lasts goes on as before, what shows times is put right. */

import type { Broker } from "../broker.ts";
import { ConnectedClient } from "../receive/connected_client.ts";

/** Looks whether it was, or the machine slept, and sees to that. */
export function lookAtClock(broker: Broker): void {
  const { clock, deadlines } = broker;
  const { set, slept } = clock.look();
  deadlines.sooner(slept, clock.monotonic());
  if (set === 0) return;
  broker.log(
    "warn",
    `The machine's clock was put ${set > 0 ? "forward" : "back"} by ${
      (Math.abs(set) / 1000).toFixed(1)
    } s: ` +
      "what expires or is due has as much time left as before",
  );
  for (const client of clients(broker)) client.connectedAt += set;
  broker.persistence?.clockSet();
}

/** Of connections and of sessions that are away, each of them once. */
function clients(broker: Broker): Set<ConnectedClient> {
  const found = new Set<ConnectedClient>();
  for (const { client } of broker.connections) if (client instanceof ConnectedClient) found.add(client);
  for (const { client } of broker.sessions.all()) if (client instanceof ConnectedClient) found.add(client);
  return found;
}

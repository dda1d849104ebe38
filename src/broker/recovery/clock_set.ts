/** The machine's clock was set: what lasts goes on as before, what shows times is put right. */

import type { Client } from "../../hook/client.ts";
import type { Parts } from "../parts.ts";
import { ConnectedClient } from "../connection/connected_client.ts";

/** Whose times are put right. */
export interface ClockParts extends Parts {
  readonly connections: Iterable<{ readonly client: Client | null }>;
}

/** Looks whether it was, or the machine slept, and sees to that. */
export function lookAtClock(broker: ClockParts): void {
  const { clock, deadlines } = broker;
  const { set, slept } = clock.look();
  deadlines.sooner(slept, clock.monotonic());
  if (set === 0) return;
  const seconds = (Math.abs(set) / 1000).toFixed(1);
  const detail = `${
    set > 0 ? "forward" : "back"
  } by ${seconds} s, what expires or is due has as much time left as before`;
  broker.events.note("clock-set", { detail });
  for (const client of clients(broker)) client.connectedAt += set;
  broker.persistence?.clockSet();
}

/** Of connections and of sessions that are away, each of them once. */
function clients(broker: ClockParts): Set<ConnectedClient> {
  const found = new Set<ConnectedClient>();
  for (const { client } of broker.connections) if (client instanceof ConnectedClient) found.add(client);
  for (const { client } of broker.sessions.all()) if (client instanceof ConnectedClient) found.add(client);
  return found;
}

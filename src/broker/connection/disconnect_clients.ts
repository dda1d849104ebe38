/** Clients that a hook wants to be gone, whatever they are doing. */

import type { Client } from "../../hook/client.ts";
import type { Reason } from "../../packets/reason.ts";
import type { Connection } from "./connection.ts";

/** Those that are let in, and those that are being decided about; not the program itself. Answers how many there were. */
export function disconnectClients(
  connections: Iterable<Connection>,
  which: (client: Client) => boolean,
  { reason, hook }: { readonly reason: Reason; readonly hook: string },
): number {
  // (Whoever ends may end others, or have something published: nothing of that is to meet a walk that is not done.)
  const chosen: Connection[] = [];
  for (const connection of connections) {
    const { client, phase, inline } = connection;
    if (client === null || inline || phase === "closed") continue;
    if (which(client)) chosen.push(connection);
  }
  for (const connection of chosen) connection.disconnect(reason, { code: "disconnected-by-server", hook });
  return chosen.length;
}

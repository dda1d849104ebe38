/** The client of a session an earlier run left. */

import type { Client } from "../../hook/client.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import type { StoredClient } from "../../storage/stored.ts";

/** What of it is kept, by a storage or by a hook. */
type Kept = Pick<
  StoredClient,
  "id" | "username" | "remoteAddress" | "listener" | "version" | "sessionExpiryInterval"
>;

/** What is known of a client before it comes back. */
export function restoredClient(kept: Kept): Client {
  return {
    id: kept.id,
    username: kept.username,
    remoteAddress: kept.remoteAddress,
    listener: kept.listener,
    certificate: null,
    version: kept.version,
    cleanStart: false,
    keepAlive: 0,
    sessionExpiryInterval: kept.sessionExpiryInterval,
    properties: NO_PROPERTIES,
    connectedAt: 0,
    inline: false,
    data: undefined,
  };
}

/** What has to be kept before it is answered, while the storage cannot be written. */

import { Reasons } from "../../packets/reason.ts";
import type { Connection } from "../connection/connection.ts";

/** True: it can't be answered, and the connection was ended for it; the client is to come back. */
export function refuseWhileStorageFails(connection: Connection): boolean {
  const { broker, session } = connection;
  if (broker.persistence?.failing !== true || session?.kept !== true) return false;
  connection.disconnect(Reasons.serverBusy, { code: "storage-not-writable" });
  return true;
}

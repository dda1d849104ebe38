/** DISCONNECT from a client, MQTT 5.0 section 3.14. */

import { Reasons, reasonText } from "../../packets/reason.ts";
import type { DisconnectPacket } from "../../packets/types.ts";
import type { Connection } from "../connection/connection.ts";

export function handleDisconnect(connection: Connection, packet: DisconnectPacket): void {
  const { session, version } = connection;
  const expiry = packet.properties.sessionExpiryInterval;
  if (version === 5 && expiry !== undefined && session !== null) {
    // A session that was to end with the connection can't be prolonged now. [MQTT-3.14.2-2]
    if (session.expiryInterval === 0 && expiry !== 0) {
      connection.malformed("session expiry in DISCONNECT after 0 in CONNECT", Reasons.protocolError);
      return;
    }
    session.expiryInterval = Math.min(expiry, connection.broker.capabilities.maximumSessionExpiryInterval);
  }
  // Normal disconnection deletes the will [MQTT-3.14.4-3], anything else publishes it.
  if (version !== 5 || packet.reasonCode === Reasons.success.code) {
    connection.will = null;
    connection.finish(null, null);
    return;
  }
  // What it says is in the log as it said it.
  connection.finish(Reasons.disconnectWithWill, {
    code: "client-disconnected",
    reason: reasonText(packet.reasonCode),
    reasonCode: packet.reasonCode,
    error: packet.properties.reasonString,
  });
}

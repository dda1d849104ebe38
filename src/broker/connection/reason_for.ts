/** Reasons come from hooks and from what ended a connection; a packet carries those the standard defines for it. */

import { type Reason, Reasons } from "../../packets/reason.ts";
import { isReasonCodeAllowed } from "../../packets/reason_table.ts";
import { PacketType } from "../../packets/types.ts";

/** What CONNACK knows that DISCONNECT and acknowledgements do not, and what they say instead. */
const REFUSALS: ReadonlySet<number> = new Set<number>([
  Reasons.clientIdentifierNotValid.code,
  Reasons.badUserNameOrPassword.code,
  Reasons.banned.code,
  Reasons.badAuthenticationMethod.code,
]);

/**
 * The reason, or the nearest one that this packet may refuse with. [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1]
 * [MQTT-3.14.2-1]
 */
export function reasonFor(packetType: number, reason: Reason): Reason {
  if (reason.code >= 0x80 && isReasonCodeAllowed(packetType, reason.code)) return reason;
  if (packetType === PacketType.CONNACK && reason.code === Reasons.serverShuttingDown.code) {
    return Reasons.serverUnavailable;
  }
  return REFUSALS.has(reason.code) ? Reasons.notAuthorized : Reasons.unspecifiedError;
}

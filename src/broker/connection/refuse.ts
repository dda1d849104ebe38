/** A CONNECT that is refused. */

import { NO_PROPERTIES } from "../../packets/properties.ts";
import { type Reason, Reasons } from "../../packets/reason.ts";
import { type ConnackPacket, PacketType } from "../../packets/types.ts";
import type { Cause } from "../ends/cause.ts";
import type { Link } from "./link.ts";
import { reasonFor } from "./reason_for.ts";

/**
 * The return code of 3.x for a reason, null when none fits: nothing of MQTT 5 reaches a 3.x client. 3.1.1
 * [MQTT-3.2.2-6]
 */
function v3ReturnCode(reason: Reason): number | null {
  switch (reason) {
    case Reasons.unsupportedProtocolVersion:
      return 1;
    case Reasons.clientIdentifierNotValid:
      return 2;
    case Reasons.badUserNameOrPassword:
      return 4;
    case Reasons.notAuthorized:
    case Reasons.banned:
    case Reasons.badAuthenticationMethod:
      return 5;
    // It is the CONNECT that is wrong, not the server that is unavailable.
    case Reasons.malformedPacket:
    case Reasons.protocolError:
    case Reasons.topicNameInvalid:
    case Reasons.packetTooLarge:
    case Reasons.payloadFormatInvalid:
    case Reasons.retainNotSupported:
    case Reasons.qosNotSupported:
      return null;
    default:
      return 3;
  }
}

/** CONNACK with a reason, then the end [MQTT-3.1.4-6]. No session is touched, session present is 0 [MQTT-3.2.2-6]. */
export function refuseConnect(connection: Link, reason: Reason, cause: Cause | null): void {
  const packet = refusal(connection, reason);
  if (packet !== null) connection.send(packet);
  connection.finish(reason, cause);
}

/** The CONNACK it is told with; null: there is no word for it. */
export function refusal(
  { version, problemInformation }: Pick<Link, "version" | "problemInformation">,
  reason: Reason,
): ConnackPacket | null {
  const v5 = version === 5;
  const properties = v5 && problemInformation ? { reasonString: reason.text } : NO_PROPERTIES;
  const reasonCode = v5 ? reasonFor(PacketType.CONNACK, reason).code : v3ReturnCode(reason);
  return reasonCode === null
    ? null
    : { type: PacketType.CONNACK, sessionPresent: false, reasonCode, properties };
}

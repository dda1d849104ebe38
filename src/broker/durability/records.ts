/** Sessions and deliveries as a storage is told of them, and back. */

import type { Client } from "../../hook/client.ts";
import type { Will } from "../../packets/types.ts";
import { Delivery } from "../../session/delivery.ts";
import { Retain } from "../../session/retain.ts";
import type { Session } from "../../session/session.ts";
import { SharedGroup } from "../../session/shared_group.ts";
import type { DeliveryRecord, SessionRecord } from "../../storage/records.ts";
import { parseShared } from "../../topics/names.ts";
import type { Kept } from "./kept.ts";
import { messageOf } from "./stored_message.ts";

/** One without members for now keeps its name: it may get some, those that are being loaded for example. */
function groupOf(broker: Pick<Kept, "sessions">, filter: string): SharedGroup | null {
  const group = broker.sessions.group(filter);
  if (group !== null) return group;
  const shared = parseShared(filter);
  return shared === null ? null : new SharedGroup(shared.group, shared.filter);
}

function retainOf({ retain, asPublished }: DeliveryRecord): Retain {
  return !retain ? Retain.NO : asPublished ? Retain.AS_PUBLISHED : Retain.RETAINED;
}

/** As it goes on in a session. */
export function deliveryOf(broker: Pick<Kept, "sessions">, record: DeliveryRecord): Delivery {
  const group = record.group === null ? null : groupOf(broker, record.group);
  const message = messageOf(record.message);
  const delivery = new Delivery(message, record.qos, retainOf(record), record.identifiers, group);
  delivery.sequence = record.sequence;
  delivery.packetId = record.packetId;
  delivery.released = record.released;
  return delivery;
}

/** As the storage is told of it. */
export function recordOfDelivery(delivery: Delivery): DeliveryRecord {
  const { sequence, packetId, qos, retain, released, identifiers, group, message } = delivery;
  return {
    sequence,
    packetId,
    qos: qos as 1 | 2,
    retain: retain !== Retain.NO,
    asPublished: retain === Retain.AS_PUBLISHED,
    released,
    identifiers,
    group: group === null ? null : group.key,
    message,
  };
}

/** Of a session that has ended and is not gone: whoever loads it finds that its time is over. */
export function endingRecord(session: Session): SessionRecord {
  return { ...recordOf(session, session.client, null), sessionExpiryInterval: 0 };
}

/** `will`: what would be published if this process ended now, while the client is connected. */
export function recordOf(session: Session, client: Client | null, will: Will | null): SessionRecord {
  // (One about which hooks are still asked comes first: it is due already, whoever is connected.)
  const waits = session.dueWill ?? session.pendingWill;
  return {
    id: session.clientId,
    username: client?.username ?? "",
    remoteAddress: client?.remoteAddress ?? "",
    listener: client?.listener ?? "",
    version: client?.version ?? 4,
    sessionExpiryInterval: session.expiryInterval,
    disconnectedAt: session.disconnectedAt,
    will: waits !== null ? { will: waits.will, at: waits.at } : will === null ? null : { will, at: 0 },
  };
}

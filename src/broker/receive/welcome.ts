/** From who a client is to CONNACK: its will, its rights, its session. MQTT 5.0 section 3.2. */

import type { LogFields } from "../../core/log.ts";
import type { Capabilities } from "../../core/options.ts";
import type { Client } from "../../hook/client.ts";
import { NO_PROPERTIES, type Properties } from "../../packets/properties.ts";
import { type Reason, Reasons } from "../../packets/reason.ts";
import { type ConnectPacket, PacketType } from "../../packets/types.ts";
import { isOpen, mayDo } from "../access/access.ts";
import { rightsToWaiting } from "../access/receive_rights.ts";
import type { ReceiveRights } from "../../session/receive_rights.ts";
import type { ConnectedClient } from "../connection/connected_client.ts";
import type { Connection } from "../connection/connection.ts";
import { fits } from "../connection/encode_for.ts";
import { processed } from "../connection/processed.ts";
import { refuseConnect } from "../connection/refuse.ts";
import type { Core } from "../core.ts";
import { type Cause, over, type Refusal } from "../ends/cause.ts";
import { whoIs } from "../ends/ended.ts";
import { deniedBy } from "../ends/refused.ts";
import type { Claimed } from "../sessions/sessions.ts";

/** The client is who it says it is; `auth` is what enhanced authentication adds to CONNACK. */
export function authenticated(connection: Connection, packet: ConnectPacket, auth: Properties): void {
  const { will } = packet;
  const { broker } = connection;
  const client = connection.client as ConnectedClient;
  const changed = client.refusal(broker);
  if (changed !== null) {
    refuse(connection, packet, changed);
    return;
  }
  if (broker.blocked.has(client.id)) {
    refuse(connection, packet, { reason: Reasons.banned, cause: { code: "client-blocked" } });
    return;
  }
  if (will === null) prepare(connection, packet, auth);
  else examineWill(connection, packet, auth, will.topic);
}

/** May the client have a will there? */
function examineWill(connection: Connection, packet: ConnectPacket, auth: Properties, topic: string): void {
  const { broker } = connection;
  const client = connection.client!;
  const refuseWill = (reason: Reason, why: LogFields): void =>
    refuse(connection, packet, { reason, cause: { code: "will-refused", topic, ...why } });
  connection.after(isOpen(broker.hooks, client, "will", topic), (open) => {
    if (!open) {
      broker.stats.refused.topic++;
      // (3.x has no word for the topic; "not authorized" is the nearest.)
      const reason = packet.version === 5 ? Reasons.topicNameInvalid : Reasons.notAuthorized;
      refuseWill(reason, { detail: "a topic of the server" });
      return;
    }
    connection.after(mayDo(broker.hooks, client, "will", topic), (yes) => {
      if (yes) prepare(connection, packet, auth);
      else {
        broker.stats.refused.notAuthorized++;
        refuseWill(Reasons.notAuthorized, deniedBy(broker, "onAclCheck"));
      }
    });
  });
}

/** The last things that may take time, before the session is claimed. */
function prepare(connection: Connection, packet: ConnectPacket, auth: Properties): void {
  const { broker } = connection;
  const { hooks } = broker;
  const client = connection.client!;
  const ready = hooks.ask<void, boolean>({
    event: "onSessionEstablish",
    call: (hook) => hook.onSessionEstablish!(client, packet),
    take: () => undefined,
    failed: false,
    none: () => true,
  });
  connection.after(ready, (yes) => {
    if (!yes) {
      const cause: Cause = {
        code: "connect-refused-by-hook",
        method: "onSessionEstablish",
        detail: "it failed",
      };
      refuse(connection, packet, { reason: Reasons.implementationSpecificError, cause });
      return;
    }
    examineRights(connection, packet, auth);
  });
}

/** Of what waits in its session: what may the client still receive? */
function examineRights(connection: Connection, packet: ConnectPacket, auth: Properties): void {
  const { broker } = connection;
  const { hooks } = broker;
  const client = connection.client!;
  const session = client.cleanStart ? undefined : broker.sessions.get(client.id);
  const asked = session !== undefined && hooks.on.onAclCheck.length > 0 &&
    (session.client !== null || session.allowedAt !== hooks.generation);
  connection.after(asked ? rightsToWaiting(broker.hooks, session, client) : null, (rights) => {
    establish(connection, packet, auth, rights);
  });
}

function establish(
  connection: Connection,
  packet: ConnectPacket,
  auth: Properties,
  rights: ReceiveRights | null,
): void {
  const { broker } = connection;
  const client = connection.client as ConnectedClient;
  const granted = grantedTo(client, broker.capabilities);
  const { expiry, keepAlive } = granted;
  const assignedId = connection.assignedId ? client.id : null;
  const properties = packet.version === 5
    ? announce(broker, packet, { ...granted, asked: client.askedExpiry, assignedId }, auth)
    : NO_PROPERTIES;
  const refusal = cannotWelcome(connection, expiry, properties);
  if (refusal !== null) {
    refuse(connection, packet, refusal);
    return;
  }
  const { sessions } = broker;
  if (waitsForWill(connection, packet, auth)) return;
  const claimed = sessions.claim(client);
  if (claimed instanceof Promise) {
    // (Its earlier session is still in the storage: what waited there is passed on first.)
    connection.after(claimed, (free) => {
      if (free) examineRights(connection, packet, auth);
      else {
        const cause: Cause = { code: "storage-not-writable", detail: "its earlier session is still ending" };
        refuse(connection, packet, { reason: Reasons.serverUnavailable, cause });
      }
    });
    return;
  }
  if (claimed === null) {
    broker.stats.refused.sessions++;
    const cause = over("sessions-exceeded", broker.limits, "sessions", sessions.size);
    refuse(connection, packet, { reason: Reasons.quotaExceeded, cause });
    return;
  }
  // (That of a connection it has taken over.)
  if (waitsForWill(connection, packet, auth)) return;
  client.sessionExpiryInterval = expiry;
  client.keepAlive = keepAlive;
  welcome(connection, packet, claimed, properties, rights);
}

/** The session is its client's: CONNACK with success, and what waits. */
function welcome(
  connection: Connection,
  packet: ConnectPacket,
  { session, present, spared }: Claimed,
  properties: Properties,
  rights: ReceiveRights | null,
): void {
  const { broker } = connection;
  const { persistence, sessions } = broker;
  const client = connection.client!;
  const expiry = client.sessionExpiryInterval;
  if (present) connection.sessionBefore = { expiryInterval: session.expiryInterval, pendingWill: spared };
  session.expiryInterval = expiry;
  // (As it is to be kept: after a crash its time counts from then, not from the end of an earlier connection.)
  session.disconnectedAt = 0;
  connection.keepAliveLimit = client.keepAlive * 1500;
  connection.session = session;
  connection.will = packet.will;
  connection.heardAt = broker.clock.monotonic();
  if (packet.version === 5) broker.allowAliases(connection, packet.properties.topicAliasMaximum ?? 0);
  if (expiry > 0 || session.kept) persistence?.keep(session, client, connection.will);
  // [MQTT-3.2.0-1] [MQTT-3.2.2-1]: the first packet, and before anything of the session.
  connection.send({ type: PacketType.CONNACK, sessionPresent: present, reasonCode: 0, properties });
  connection.opened();
  broker.stats.clientsConnected++;
  broker.stats.clientsTotal++;
  broker.stats.clientsMaximum = Math.max(broker.stats.clientsMaximum, broker.stats.clientsConnected);
  sessions.attach(session, connection, packet.properties.receiveMaximum ?? 65_535, rights);
  if (broker.events.wantsCode("client-connected")) broker.events.tell("client-connected", whoIs(connection));
  broker.hooks.notify("onSessionEstablished", client, packet);
  processed(connection, packet);
}

/** Its CONNACK cannot be sent, or what it would promise cannot be kept. */
function cannotWelcome(connection: Connection, expiry: number, properties: Properties): Refusal | null {
  const { broker, client, maximumPacketSize: limit } = connection;
  if (!fits(connection, { type: PacketType.CONNACK, sessionPresent: false, reasonCode: 0, properties })) {
    // What it has to be told is more than it takes. [MQTT-3.1.2-24]
    broker.stats.refused.packetTooLarge++;
    const cause: Cause = { code: "client-packet-limit", setting: "Maximum Packet Size", limit };
    return { reason: Reasons.packetTooLarge, cause };
  }
  const { persistence, sessions } = broker;
  if (persistence?.failing !== true || (expiry === 0 && sessions.get(client!.id)?.kept !== true)) return null;
  // A session that can't be kept is not promised.
  return { reason: Reasons.serverUnavailable, cause: { code: "storage-not-writable" } };
}

/** A session has room for one will: it takes another one when hooks have answered about the one that is due. */
function waitsForWill(connection: Connection, packet: ConnectPacket, auth: Properties): boolean {
  const { hooks, sessions } = connection.broker;
  const { cleanStart, id } = connection.client!;
  const due = packet.will === null || cleanStart ? null : sessions.get(id)?.dueWill ?? null;
  // (A server that is closed leaves it undecided.)
  if (due === null || hooks.ended) return false;
  connection.after(due.decided, () => examineRights(connection, packet, auth));
  return true;
}

/** Of what a client asked for as much as there is. */
export function grantedTo(
  { keepAlive, sessionExpiryInterval }: Pick<Client, "keepAlive" | "sessionExpiryInterval">,
  { maximumKeepAlive, maximumSessionExpiryInterval }: Capabilities,
): { readonly expiry: number; readonly keepAlive: number } {
  const expiry = Math.min(sessionExpiryInterval, maximumSessionExpiryInterval);
  const tooLong = maximumKeepAlive > 0 && (keepAlive === 0 || keepAlive > maximumKeepAlive);
  return { expiry, keepAlive: tooLong ? maximumKeepAlive : keepAlive };
}

/** What was made of a CONNECT. */
export interface Granted {
  /** The session expiry the client has asked for. */
  readonly asked: number;
  readonly expiry: number;
  readonly keepAlive: number;
  /** The id it was given, when it has none of its own. */
  readonly assignedId: string | null;
}

/** What CONNACK tells an MQTT 5 client; what is at its default is left out. */
export function announce(
  { capabilities, limits }: Core,
  packet: Pick<ConnectPacket, "keepAlive" | "properties">,
  { asked, expiry, keepAlive, assignedId }: Granted,
  auth: Properties,
): Properties {
  const p: Properties = { ...auth };
  if (expiry !== asked) p.sessionExpiryInterval = expiry;
  if (capabilities.receiveMaximum < 65_535) p.receiveMaximum = capabilities.receiveMaximum;
  if (capabilities.maximumQos < 2) p.maximumQos = capabilities.maximumQos as 0 | 1;
  if (!capabilities.retainAvailable) p.retainAvailable = false;
  p.maximumPacketSize = limits.packetSize;
  if (assignedId !== null) p.assignedClientIdentifier = assignedId;
  if (capabilities.topicAliasMaximum > 0) p.topicAliasMaximum = capabilities.topicAliasMaximum;
  if (!capabilities.wildcardSubAvailable) p.wildcardSubscriptionAvailable = false;
  if (!capabilities.subIdAvailable) p.subscriptionIdentifiersAvailable = false;
  if (!capabilities.sharedSubAvailable) p.sharedSubscriptionAvailable = false;
  if (keepAlive !== packet.keepAlive) p.serverKeepAlive = keepAlive;
  if (packet.properties.requestResponseInformation === true && capabilities.responseInformation !== "") {
    p.responseInformation = capabilities.responseInformation;
  }
  return p;
}

/** CONNACK says no, and hooks are told. */
export function refuse(connection: Connection, packet: ConnectPacket, { reason, cause }: Refusal): void {
  if (reason === Reasons.banned) connection.broker.stats.refused.banned++;
  refuseConnect(connection, reason, cause);
  processed(connection, packet, reason);
}

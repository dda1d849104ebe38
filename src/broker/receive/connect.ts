/** CONNECT up to CONNACK, MQTT 5.0 sections 3.1 and 3.2. */

import { type Malformed, type Reason, Reasons, UnsupportedVersion } from "../../packets/reason.ts";
import { NO_PROPERTIES, type Properties } from "../../packets/properties.ts";
import { type ConnectPacket, PacketType } from "../../packets/types.ts";
import { utf8Length } from "../../packets/wire.ts";
import type { LogFields } from "../../core/log.ts";
import { ConnectedClient } from "../connection/connected_client.ts";
import type { Connection } from "../connection/connection.ts";
import { type Cause, limitOf, over, type Refusal } from "../ends/cause.ts";
import { whoIs } from "../ends/ended.ts";
import { deniedBy } from "../ends/refused.ts";
import { fits } from "../connection/encode_for.ts";
import { checkedReason } from "../../hook/checked_answers.ts";
import { isReason, readThroughHooks } from "../../hook/packet_events.ts";
import { isOpen, mayDo } from "../access/access.ts";
import { processed } from "../connection/processed.ts";
import { type Rights, rightsToWaiting } from "../access/receive_rights.ts";
import { refuseConnect } from "../connection/refuse.ts";
import { beginAuthentication } from "./auth.ts";
import { authenticate } from "./authenticate.ts";
import { checkWill } from "../sessions/wills.ts";

/** A CONNECT that is none: what can be said depends on how far it could be read. */
export function refuseMalformedConnect(
  connection: Connection,
  failure: Malformed,
  bytes: Uint8Array,
  at: number,
  body: number,
  end: number,
): void {
  const { limits, stats } = connection.broker;
  const { detail } = failure;
  stats.refused.malformed++;
  // (With these flags it might be anything: it is told nothing.)
  if ((bytes[at]! & 15) !== 0) {
    connection.drop({ code: "connect-malformed", detail });
    return;
  }
  if (failure instanceof UnsupportedVersion) {
    // 3.1.1 [MQTT-3.1.2-2], 5.0 [MQTT-3.1.2-2]: each generation is told in its own words.
    connection.version = failure.level > 4 ? 5 : 4;
    refuseConnect(connection, failure.reason, { code: "protocol-version-refused", detail });
    return;
  }
  const exceeded = limitOf(limits, failure);
  if (exceeded !== undefined) stats.refused.userProperties++;
  const cause = exceeded ?? { code: "connect-malformed", detail };
  // Protocol name "MQTT" and level 5: it understands a reason.
  if (end - body > 6 && bytes[body + 1] === 4 && bytes[body + 6] === 5) {
    connection.version = 5;
    refuseConnect(connection, failure.reason, cause);
  } else connection.drop(cause);
}

export function handleConnect(connection: Connection, packet: ConnectPacket): void {
  const { broker } = connection;
  connection.phase = "auth";
  connection.version = packet.version;
  takesFrom(connection, packet);
  if (connection.refusal !== null) {
    const { reason, cause } = connection.refusal;
    const { clientId, username } = packet;
    // (It is nobody to hooks yet, but the log may say who it would be.)
    const who = { client: clientId === "" ? undefined : clientId, user: username ?? undefined };
    refuseConnect(connection, reason, { ...cause, ...who });
    return;
  }
  connection.client = new ConnectedClient(connection, packet);
  if (broker.hooks.on.onPacketRead.length === 0) {
    examine(connection, packet);
    return;
  }
  connection.after(readThroughHooks(broker.hooks, connection.client, packet), (outcome) => {
    if (isReason(outcome)) {
      refuseConnect(connection, outcome, { code: "connect-refused-by-hook", method: "onPacketRead" });
      processed(connection, packet);
      return;
    }
    const changed = outcome as ConnectPacket;
    if (changed !== packet) {
      const { data } = connection.client!;
      connection.client = new ConnectedClient(connection, changed);
      connection.client.data = data;
      takesFrom(connection, changed);
    }
    examine(connection, changed);
  });
}

/** What CONNECT says of its client and the packets that may be sent to it. */
function takesFrom(connection: Connection, { properties, bridge }: ConnectPacket): void {
  connection.bridge = bridge === true;
  connection.problemInformation = properties.requestProblemInformation !== false;
  connection.maximumPacketSize = properties.maximumPacketSize ?? 0xffffffff;
}

/** Is it a CONNECT this server takes? Then hooks are asked about its client. */
function examine(connection: Connection, packet: ConnectPacket): void {
  const { broker } = connection;
  const { hooks } = broker;
  const client = connection.client as ConnectedClient;
  const refusal = refuseByContent(connection, packet);
  if (refusal !== null) {
    refuse(connection, packet, refusal);
    return;
  }
  if (packet.clientId === "") {
    client.id = broker.sessions.newClientId();
    connection.assignedId = true;
  }
  // The one that was asked last is the one that said no.
  let hook = "";
  const refused = hooks.refusal("onConnect", (asked) => {
    hook = asked.id;
    return asked.onConnect!(client, packet);
  }, checkedReason);
  connection.after(refused, (reason) => {
    const cause: Cause = { code: "connect-refused-by-hook", hook, method: "onConnect" };
    if (reason !== null) refuse(connection, packet, { reason, cause });
    else if (connection.admitted) authenticated(connection, packet, NO_PROPERTIES);
    else if (packet.properties.authenticationMethod !== undefined) beginAuthentication(connection, packet);
    else {
      connection.after(authenticate(connection, packet), (refusal) => {
        if (refusal === null) authenticated(connection, packet, NO_PROPERTIES);
        else refuse(connection, packet, refusal);
      });
    }
  });
}

/** What is wrong with a CONNECT before anybody is asked. */
function refuseByContent(connection: Connection, packet: ConnectPacket): Refusal | null {
  const { broker } = connection;
  const { capabilities, limits } = broker;
  if (packet.version < capabilities.minimumProtocolVersion) {
    return {
      reason: Reasons.unsupportedProtocolVersion,
      cause: {
        code: "protocol-version-refused",
        setting: "capabilities.minimumProtocolVersion",
        limit: capabilities.minimumProtocolVersion,
        size: packet.version,
      },
    };
  }
  if (packet.clientId === "") {
    // 3.1 has no empty ids, 3.1.1 only with a clean session: [MQTT-3.1.3-7] [MQTT-3.1.3-8].
    if (packet.version === 3 || (packet.version === 4 && !packet.cleanStart)) {
      broker.stats.refused.clientId++;
      const detail = packet.version === 3
        ? "MQTT 3.1 has no empty client id"
        : "an empty client id needs a clean session";
      return { reason: Reasons.clientIdentifierNotValid, cause: { code: "client-id-refused", detail } };
    }
    return packet.will === null ? null : checkWill(broker, packet);
  }
  const length = utf8Length(packet.clientId);
  if (length > limits.clientIdLength) {
    broker.stats.refused.clientId++;
    const cause = over("client-id-refused", limits, "clientIdLength", length);
    return { reason: Reasons.clientIdentifierNotValid, cause };
  }
  return packet.will === null ? null : checkWill(broker, packet);
}

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
  rights: Rights | null,
): void {
  const { broker } = connection;
  const { capabilities } = broker;
  const client = connection.client as ConnectedClient;
  const asked = client.askedExpiry;
  const expiry = Math.min(client.sessionExpiryInterval, capabilities.maximumSessionExpiryInterval);
  const keepAlive = capabilities.maximumKeepAlive > 0 &&
      (client.keepAlive === 0 || client.keepAlive > capabilities.maximumKeepAlive)
    ? capabilities.maximumKeepAlive
    : client.keepAlive;
  const properties = packet.version === 5
    ? announce(connection, packet, asked, expiry, keepAlive, auth)
    : NO_PROPERTIES;
  const refusal = cannotWelcome(connection, expiry, properties);
  if (refusal !== null) {
    refuse(connection, packet, refusal);
    return;
  }
  const { persistence, sessions } = broker;
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
  const { session, present, spared } = claimed;
  if (present) connection.before = { expiryInterval: session.expiryInterval, pendingWill: spared };
  session.expiryInterval = client.sessionExpiryInterval = expiry;
  // (As it is to be kept: after a crash its time counts from then, not from the end of an earlier connection.)
  session.disconnectedAt = 0;
  client.keepAlive = keepAlive;
  connection.silence = keepAlive * 1500;
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
  if (broker.events.wants("debug")) broker.events.tell("client-connected", whoIs(connection));
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

/** What CONNACK tells an MQTT 5 client; what is at its default is left out. */
function announce(
  connection: Connection,
  packet: ConnectPacket,
  asked: number,
  expiry: number,
  keepAlive: number,
  auth: Properties,
): Properties {
  const { capabilities, limits } = connection.broker;
  const p: Properties = { ...auth };
  if (expiry !== asked) p.sessionExpiryInterval = expiry;
  if (capabilities.receiveMaximum < 65_535) p.receiveMaximum = capabilities.receiveMaximum;
  if (capabilities.maximumQos < 2) p.maximumQos = capabilities.maximumQos as 0 | 1;
  if (!capabilities.retainAvailable) p.retainAvailable = false;
  p.maximumPacketSize = limits.packetSize;
  if (connection.assignedId) p.assignedClientIdentifier = connection.client!.id;
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

function refuse(connection: Connection, packet: ConnectPacket, { reason, cause }: Refusal): void {
  refuseConnect(connection, reason, cause);
  processed(connection, packet, reason);
}

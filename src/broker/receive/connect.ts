/** CONNECT until it is known who the client is. MQTT 5.0 section 3.1. */

import { type Malformed, Reasons, UnsupportedVersion } from "../../packets/reason.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import type { ConnectPacket } from "../../packets/types.ts";
import { utf8Length } from "../../packets/wire.ts";
import { ConnectedClient } from "../connection/connected_client.ts";
import type { Connection } from "../connection/connection.ts";
import { type Cause, limitOf, over, type Refusal } from "../ends/cause.ts";
import { checkedReason } from "../../hook/checked_answers.ts";
import { isReason, readThroughHooks } from "../../hook/packet_events.ts";
import { processed } from "../connection/processed.ts";
import { refuseConnect } from "../connection/refuse.ts";
import { beginAuthentication } from "./auth.ts";
import { authenticate } from "./authenticate.ts";
import { authenticated, refuse } from "./welcome.ts";
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

/** Enhanced authentication: AUTH packets before CONNACK and re-authentication. MQTT 5.0 section 4.12. */

import type { AuthAnswer, AuthExchange } from "../../hook/answers.ts";
import type { MaybePromise } from "../../core/maybe_promise.ts";
import { type Reason, Reasons } from "../../packets/reason.ts";
import { type AuthPacket, type ConnectPacket, PacketType } from "../../packets/types.ts";
import type { Properties } from "../../packets/properties.ts";
import { quoted } from "../../core/quoted.ts";
import type { ConnectedClient } from "../connection/connected_client.ts";
import type { Connection } from "../connection/connection.ts";
import { checkedReason, isNothing, object } from "../../hook/checked_answers.ts";
import { processed } from "../connection/processed.ts";
import { authenticated } from "./welcome.ts";

/** CONNECT came with an authentication method. */
export function beginAuthentication(connection: Connection, packet: ConnectPacket): void {
  connection.authMethod = packet.properties.authenticationMethod!;
  connection.pendingConnect = packet;
  step(connection, "connect", packet);
}

export function handleAuth(connection: Connection, packet: AuthPacket): void {
  const method = packet.properties.authenticationMethod;
  // Without a method in CONNECT there is no AUTH [MQTT-4.12.0-6]; the method stays the same [MQTT-4.12.0-5].
  if (connection.authMethod === null || method !== connection.authMethod) {
    wrong(connection, packet, "AUTH with another authentication method than CONNECT");
    return;
  }
  if (connection.phase === "auth") {
    if (packet.reasonCode !== Reasons.continueAuthentication.code) {
      wrong(connection, packet, "AUTH other than Continue before CONNACK");
    } else step(connection, "continue", packet);
    return;
  }
  if (packet.reasonCode === Reasons.reAuthenticate.code && !connection.reauthenticating) {
    connection.reauthenticating = true;
    step(connection, "reauthenticate", packet);
  } else if (packet.reasonCode === Reasons.continueAuthentication.code && connection.reauthenticating) {
    step(connection, "continue", packet);
  } else wrong(connection, packet, "AUTH out of sequence");
}

function wrong(connection: Connection, packet: AuthPacket, detail: string): void {
  connection.malformed(detail, Reasons.protocolError);
  processed(connection, packet);
}

function step(
  connection: Connection,
  stage: AuthExchange["stage"],
  packet: ConnectPacket | AuthPacket,
): void {
  const exchange: AuthExchange = {
    method: connection.authMethod!,
    data: packet.properties.authenticationData ?? null,
    stage,
    packet,
  };
  let hook: string | undefined;
  const asked = ask(connection, exchange, (id) => hook = id);
  connection.after(asked, (answer) => {
    finish(connection, answer, hook);
    // (CONNECT is not done before CONNACK.)
    if (packet.type === PacketType.AUTH) processed(connection, packet);
  });
}

/** `asking`: told whom it asks; the last one has answered, undefined: nobody has. */
function ask(
  connection: Connection,
  exchange: AuthExchange,
  asking: (hook: string | undefined) => void,
): MaybePromise<AuthAnswer> {
  const client = connection.client as ConnectedClient;
  return connection.broker.hooks.ask<AuthAnswer | undefined, AuthAnswer>({
    event: "onAuthPacket",
    call: (hook) => {
      asking(hook.id);
      return hook.onAuthPacket!(client, exchange);
    },
    take: checked,
    failed: { result: "refuse", reason: Reasons.notAuthorized },
    none: () => {
      asking(undefined);
      return { result: "refuse", reason: Reasons.badAuthenticationMethod };
    },
  });
}

/** Throws when it is neither an answer nor none. */
function checked(answer: AuthAnswer | undefined): AuthAnswer | undefined {
  if (isNothing(answer)) return undefined;
  const { result, data } = object(answer) as { result: unknown; data?: unknown };
  if (result === "refuse") {
    return { result, reason: checkedReason((answer as { readonly reason: Reason }).reason) };
  }
  if ((result === "continue" || result === "success") && (data === undefined || data instanceof Uint8Array)) {
    return answer;
  }
  throw new Error('it answered neither "continue", "success" nor "refuse", or data that is no Uint8Array');
}

function finish(connection: Connection, answer: AuthAnswer, hook: string | undefined): void {
  if (answer.result === "refuse") {
    refuse(connection, answer.reason, hook);
    return;
  }
  const properties: Properties = { authenticationMethod: connection.authMethod! };
  if (answer.data !== undefined) properties.authenticationData = answer.data;
  if (answer.result === "continue") {
    // [MQTT-4.12.0-2] [MQTT-4.12.0-3]
    connection.send({ type: PacketType.AUTH, reasonCode: Reasons.continueAuthentication.code, properties });
    return;
  }
  if (connection.phase === "auth") {
    const packet = connection.pendingConnect!;
    connection.pendingConnect = null;
    authenticated(connection, packet, properties);
  } else {
    connection.reauthenticating = false;
    connection.send({ type: PacketType.AUTH, reasonCode: Reasons.success.code, properties });
  }
}

function refuse(connection: Connection, reason: Reason, hook: string | undefined): void {
  const { hooks, stats } = connection.broker;
  stats.refused.notAuthorized++;
  if (connection.phase === "auth") {
    const { username = null, password = null } = connection.pendingConnect ?? {};
    hooks.notify("onAuthenticationFailed", connection.client!, { username, password }, reason);
  }
  const method = connection.authMethod ?? "";
  const detail = hook === undefined
    ? `no hook knows the method ${quoted(method, 100)}`
    : `enhanced, with the method ${quoted(method, 100)}`;
  // Before CONNACK it is said there [MQTT-4.12.0-4], later in DISCONNECT [MQTT-4.12.1-2].
  connection.disconnect(reason, { code: "authentication-failed", hook, method: "onAuthPacket", detail });
}

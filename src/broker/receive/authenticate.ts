/** Is the client who it says it is? Hooks are asked until one has an opinion. */

import type { ConnectOpinion } from "../../hook/answers.ts";
import { isPromise, type MaybePromise } from "../../core/maybe_promise.ts";
import { checkedReason } from "../../hook/checked_answers.ts";
import { type Reason, Reasons } from "../../packets/reason.ts";
import type { ConnectPacket } from "../../packets/types.ts";
import type { ConnectedClient } from "../connection/connected_client.ts";
import type { Connection } from "../connection/connection.ts";
import type { Refusal } from "../ends/cause.ts";

/** Why it is not let in; null: it is. */
export function authenticate(connection: Connection, packet: ConnectPacket): MaybePromise<Refusal | null> {
  const { hooks, stats } = connection.broker;
  const client = connection.client as ConnectedClient;
  const credentials = { username: packet.username, password: packet.password };
  // The one that was asked last has decided, unless nobody had an opinion.
  let hook: string | undefined;
  const answer = hooks.ask<ConnectOpinion, Reason | "in">({
    event: "onConnectAuthenticate",
    call: (asked) => {
      hook = asked.id;
      return asked.onConnectAuthenticate!(client, credentials);
    },
    take: outcome,
    failed: Reasons.badUserNameOrPassword,
    none: () => {
      hook = undefined;
      return Reasons.badUserNameOrPassword;
    },
  });
  const refusal = (reason: Reason | "in"): Refusal | null => {
    if (reason === "in") return null;
    stats.refused.notAuthorized++;
    hooks.notify("onAuthenticationFailed", client, credentials, reason);
    const detail = hook === undefined ? "no hook has let it in" : undefined;
    const code = reason === Reasons.badUserNameOrPassword
      ? "authentication-failed"
      : "connect-refused-by-hook";
    return { reason, cause: { code, hook, method: "onConnectAuthenticate", detail } };
  };
  return isPromise(answer) ? answer.then(refusal) : refusal(answer);
}

/** Undefined: no opinion. (Code without types may answer anything: all that is not an allow is a deny.) */
function outcome(opinion: ConnectOpinion): Reason | "in" | undefined {
  if (opinion === undefined) return undefined;
  if (opinion === "allow") return "in";
  const other = typeof opinion === "object" && opinion !== null;
  return other ? checkedReason(opinion.refuse) : Reasons.badUserNameOrPassword;
}

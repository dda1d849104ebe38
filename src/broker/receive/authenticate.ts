/** Is the client who it says it is? Hooks are asked until one has an opinion. */

import type { Opinion } from "../../hook/answers.ts";
import { isPromise, type MaybePromise } from "../../core/maybe_promise.ts";
import { Reasons } from "../../packets/reason.ts";
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
  const answer = hooks.ask<Opinion, boolean>({
    event: "onConnectAuthenticate",
    call: (asked) => {
      hook = asked.id;
      return asked.onConnectAuthenticate!(client, credentials);
    },
    take: (opinion) => opinion === undefined ? undefined : opinion === "allow",
    failed: false,
    none: () => {
      hook = undefined;
      return false;
    },
  });
  const refusal = (allowed: boolean): Refusal | null => {
    if (allowed) return null;
    stats.refused.notAuthorized++;
    const detail = hook === undefined ? "no hook has let it in" : undefined;
    return {
      reason: Reasons.badUserNameOrPassword,
      cause: { code: "authentication-failed", hook, method: "onConnectAuthenticate", detail },
    };
  };
  return isPromise(answer) ? answer.then(refusal) : refusal(answer);
}

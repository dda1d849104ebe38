/** What a hook takes back from clients that are there already: their rights, or their connections. */

import type { Client } from "../../hook/client.ts";
import { isPromise } from "../../core/maybe_promise.ts";
import type { Reason } from "../../packets/reason.ts";
import type { ReceiveRights } from "../../session/receive_rights.ts";
import type { Session } from "../../session/session.ts";
import { nextTurn } from "../../runtime/turn.ts";
import { parseShared } from "../../topics/names.ts";
import { rightsToWaiting } from "../access/receive_rights.ts";
import type { Cause } from "../ends/cause.ts";
import type { Parts } from "../parts.ts";
import type { Connection } from "./connection.ts";

/** Which clients it is about. */
export type Which = (client: Client) => boolean;

/** Of more sessions it is cheaper to ask everybody again. */
const MANY = 256;
/** Milliseconds for which connections are ended before others have their turn. */
const SLICE = 4;

/**
 * What access control said of these clients may no longer hold: it is asked again, of each publish and each delivery, and
 * of what waits for those that are connected. Without `which` it is about all.
 */
export function rightsChanged(broker: Parts, connections: Iterable<Connection>, which?: Which): void {
  const { hooks } = broker;
  const those = sessionsOf(broker, which);
  // (An answer that is still awaited would be remembered as if nothing had happened, but for the generation.)
  const all = which === undefined || hooks.waitsForAccess || those.length > MANY;
  if (all) hooks.invalidate();
  else {
    for (const session of those) forgetDeliveries(broker, session);
    for (const connection of connections) {
      if (connection.client === null || !which(connection.client)) continue;
      connection.allowed = null;
      connection.publishAnswer = null;
    }
  }
  for (const session of those) {
    if (session.outlet !== null && session.waiting !== null) lookThrough(broker, session, session.client!);
  }
}

/** Without `which` only those for which something waits. */
function sessionsOf({ sessions }: Parts, which: Which | undefined): Session[] {
  const those: Session[] = [];
  for (const session of sessions.all()) {
    const { client } = session;
    if (client === null || client.inline) continue;
    if (which === undefined ? session.waiting !== null : which(client)) those.push(session);
  }
  return those;
}

/** What was computed for topics names the session, or leaves it out. */
function forgetDeliveries({ subscriptions }: Parts, session: Session): void {
  session.rights = null;
  for (const filter of session.subscriptions.keys()) {
    subscriptions.touch(parseShared(filter)?.filter ?? filter);
  }
}

/** What it may no longer receive does not wait for it any more. What was sent was sent. */
function lookThrough({ hooks }: Parts, session: Session, client: Client): void {
  if (hooks.on.onAclCheck.length === 0) return;
  const apply = (rights: ReceiveRights): void => {
    // (Who comes back is asked about anew.)
    if (session.client !== client || session.outlet === null) return;
    session.waiting?.withhold((message) => rights.get(message.topic) !== false);
    // (Nothing of it may be left, and others wait for that.)
    if (session.waiting === null) session.outlet.emptied();
    else session.pump();
  };
  const rights = rightsToWaiting(hooks, session, client);
  if (isPromise(rights)) void rights.then(apply);
  else apply(rights);
}

/**
 * Ends the connections of these clients, also of those that are still being let in; how many. When there are many, the last
 * of them a few turns later. `cause`: what the log says besides who it was.
 */
export function disconnectThose(
  connections: Iterable<Connection>,
  which: Which,
  reason: Reason,
  cause: Omit<Cause, "code">,
): number {
  const those: Connection[] = [];
  for (const connection of connections) {
    const { client, phase } = connection;
    if (client === null || client.inline || (phase !== "open" && phase !== "auth")) continue;
    if (which(client)) those.push(connection);
  }
  endFrom(those, 0, reason, cause);
  return those.length;
}

function endFrom(
  those: readonly Connection[],
  from: number,
  reason: Reason,
  cause: Omit<Cause, "code">,
): void {
  const until = performance.now() + SLICE;
  for (let i = from; i < those.length; i++) {
    const connection = those[i]!;
    const code = connection.phase === "open" ? "disconnected-by-server" : "connect-refused-by-hook";
    connection.disconnect(reason, { ...cause, code });
    if (performance.now() < until || i + 1 === those.length) continue;
    nextTurn(() => endFrom(those, i + 1, reason, cause));
    return;
  }
}

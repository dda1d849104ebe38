/** What the end of a connection means for its session, its will, and those who watch. */

import type { Reason } from "../../packets/reason.ts";
import type { Link } from "./link.ts";

/** `reason` is null after a normal DISCONNECT. */
export function leave(connection: Link, wasOpen: boolean, reason: Reason | null): void {
  const { broker, session, will } = connection;
  connection.session = null;
  connection.will = null;
  connection.sessionBefore = null;
  connection.inboundAliases = null;
  connection.outboundAliases = null;
  connection.pendingConnect = null;
  if (!wasOpen || session === null) return;
  broker.stats.clientsConnected--;
  // Taken over: the session has another connection already.
  if (session.outlet !== connection) return;
  const now = broker.clock.now();
  session.detach(now);
  const expire = session.expiryInterval === 0;
  if (will !== null) broker.wills.connectionLost(session, will, now);
  broker.hooks.notify("onDisconnect", connection.client!, reason, expire);
  if (expire) broker.sessions.end(session);
  else {
    broker.persistence?.changed(session);
    broker.sessions.redispatch(session, now);
    broker.sessions.watch(session, now);
  }
}

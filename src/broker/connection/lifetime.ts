/**
 * When a connection's time is up: CONNECT does not come, the client is silent, or it does not take its last bytes.
 * It stands among the deadlines for a connection that may be gone long before, and is not held until then.
 */

import { Reasons } from "../../packets/reason.ts";
import type { Link } from "./link.ts";
import { type Cause, over } from "../ends/cause.ts";
import type { Timed } from "../../core/deadlines.ts";
import { PauseReason } from "./pause.ts";

/** How long a closed connection may take to accept its last bytes. */
const LINGER_MS = 2000;

export class Lifetime implements Timed {
  dueTick = 0;
  #connection: Link | null;
  #endedAt = 0;

  constructor(connection: Link) {
    this.#connection = connection;
  }

  /** CONNACK was sent: the check of the connect time-out may come too late for a short keep-alive. */
  begin(connection: Link): void {
    const { keepAliveLimit, heardAt } = connection;
    if (keepAliveLimit > 0) connection.broker.deadlines.add(this, heardAt + keepAliveLimit);
  }

  /** The connection ended: what the peer does not take in time is given up. */
  end(connection: Link): void {
    this.#endedAt = connection.broker.clock.monotonic();
    connection.broker.deadlines.add(this, this.#endedAt + LINGER_MS);
  }

  /** The stream is closed. */
  forget(): void {
    this.#connection = null;
  }

  due(now: number): number {
    const connection = this.#connection;
    if (connection === null) return 0;
    switch (connection.phase) {
      case "closed":
        if (now < this.#endedAt + LINGER_MS) return this.#endedAt + LINGER_MS;
        connection.stream.destroy();
        return 0;
      case "open":
        return dueWhenOpen(connection, now);
      default: {
        const { limits, lateness } = connection.broker;
        const until = connection.heardAt + limits.connectTimeout + lateness.since(connection.heardAt);
        if (until > now) return until;
        connection.broker.stats.refused.connectTimeout++;
        connection.drop(lateConnect(connection));
        return 0;
      }
    }
  }
}

/** A sign of life is due. [MQTT-3.1.2-22] */
function dueWhenOpen(connection: Link, now: number): number {
  if (connection.keepAliveLimit === 0) return now + 60_000;
  // (Who was not listened to was not silent.)
  const until = connection.heardAt + connection.keepAliveLimit +
    connection.broker.lateness.since(connection.heardAt);
  if (until > now) return until;
  // What waits in our own hands is not the client's silence.
  if (connection.input.pausedFor(PauseReason.ANSWER | PauseReason.RECEIVER | PauseReason.SLICE)) {
    return now + 1000;
  }
  connection.broker.stats.refused.keepAlive++;
  connection.disconnect(Reasons.keepAliveTimeout, silent(connection, now));
  return 0;
}

function silent({ broker, client, heardAt }: Link, now: number): Cause {
  const { keepAlive } = client!;
  const own = broker.capabilities.maximumKeepAlive === keepAlive;
  return {
    code: "keep-alive-timeout",
    setting: own ? "capabilities.maximumKeepAlive" : "Keep Alive",
    limit: keepAlive,
    detail: `nothing came for ${Math.round((now - heardAt) / 1000)} s`,
  };
}

function lateConnect({ broker: { limits }, phase }: Link): Cause {
  const cause = over("connect-timeout", limits, "connectTimeout");
  return phase === "auth" ? { ...cause, detail: "it was not decided in time" } : cause;
}

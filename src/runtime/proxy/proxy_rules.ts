/** What a listener says of proxies in front of it, and what becomes of who does not keep to it. */

import type { RefusalSink, StreamRefusal } from "../http/refusal.ts";
import type { Networks } from "../networks.ts";
import type { BeginHandshake } from "../pending_handshakes.ts";

/** Every connection has to begin with a header of the PROXY protocol, and to come from a proxy that is trusted. */
export interface ProxyRules {
  /** Asked for each connection. */
  readonly trusted: () => Networks;
}

/** How a door keeps to it. */
export interface ProxyDoor extends ProxyRules {
  readonly beginHandshake: BeginHandshake;
  /** Time for the header. */
  readonly headerMs: number;
  readonly refused: RefusalSink;
}

const setting = "proxyProtocol.trusted";

export function notTrusted(address: string): StreamRefusal {
  return { code: "proxy-not-trusted", address, setting, detail: "only trusted proxies may connect here" };
}

export function badHeader(address: string, detail: string): StreamRefusal {
  return { code: "proxy-header-refused", address, detail };
}

export function lateHeader(address: string): StreamRefusal {
  return badHeader(address, "no complete header in time");
}

/** Who looks whether somebody is there, as load balancers do, says nothing at all. `length`: what had come of the header. */
export function endedEarly(address: string, length: number): StreamRefusal {
  return length === 0
    ? { code: "connection-closed-early", address }
    : badHeader(address, "the connection ended within the header");
}

/** What all listeners that bind a host and a port do alike. */

import { errorCodeOf } from "../core/codes.ts";
import { noSuchAddressFamily } from "../runtime/tcp/listen_fault.ts";
import type { BeginHandshake } from "../runtime/pending_handshakes.ts";
import type { RefusalSink } from "../runtime/http/refusal.ts";
import { type Address, parseAddress } from "./address.ts";
import type { Listener, ListenerHost } from "./listener.ts";

/** Opens something at a written address. */
export async function openAt<Opened>(
  address: string,
  listen: (place: Address) => Promise<Opened>,
): Promise<Opened> {
  const place = parseAddress(address);
  return place.hostname !== "" ? await listen(place) : await listenEverywhere(place.port, listen);
}

/** `::` takes IPv4 as well; a machine without IPv6, or a permission for IPv4 only, leaves `0.0.0.0`. */
async function listenEverywhere<Opened>(
  port: number,
  listen: (place: Address) => Promise<Opened>,
): Promise<Opened> {
  try {
    return await listen({ hostname: "::", port });
  } catch (thrown) {
    if (!noSuchAddressFamily(thrown)) throw thrown;
    return await listen({ hostname: "0.0.0.0", port });
  }
}

/** Where the listener is found that something belongs to: it may be another one by and by. */
export interface Owned {
  readonly owner: Listener;
}

/** Where faults go that belong to no caller. */
export function errorLog(owned: Owned, host: ListenerHost): (error: Error) => void {
  return (error) => host.log("error", `Listener "${owned.owner.id}": ${error.message}`, errorCodeOf(error));
}

/** Where those are told of who were turned away at the door. */
export function refusalLog(owned: Owned, host: ListenerHost): RefusalSink {
  return (refusal) => {
    if (refusal.code.startsWith("proxy-")) host.stats.refused.proxy++;
    host.refused(refusal, owned.owner);
  };
}

/** The handshakes of its connections, as what accepts them wants to be told. */
export function handshakesOf(owned: Owned, host: ListenerHost): BeginHandshake {
  return (remoteAddress, milliseconds, drop) =>
    host.beginHandshake(owned.owner, remoteAddress, milliseconds, drop);
}

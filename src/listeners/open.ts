/** What all listeners that bind a host and a port do alike. */

import { errorCodeOf } from "../core/codes.ts";
import { noSuchAddressFamily } from "../runtime/tcp/listen_fault.ts";
import type { BeginHandshake } from "../runtime/pending_handshakes.ts";
import type { RefusalSink } from "../runtime/http/refusal.ts";
import type { Acceptor } from "../runtime/stream.ts";
import type { TlsAcceptor } from "../runtime/tls/tls.ts";
import { type Address, parseAddress } from "./address.ts";
import { listenerError } from "./listener_error.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { readTlsFiles, type TlsFiles } from "./tls_files.ts";

/** Opens an acceptor at a written address; whatever goes wrong becomes a `ListenerError`. */
export async function openAt<Opened>(
  listener: Listener,
  address: string,
  listen: (place: Address) => Promise<Opened>,
): Promise<Opened> {
  try {
    const place = parseAddress(address);
    if (place.hostname !== "") return await listen(place);
    return await listenEverywhere(place.port, listen);
  } catch (thrown) {
    throw listenerError(listener, address, thrown);
  }
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

/** Where faults go that belong to no caller. */
export function errorLog(listener: Listener, host: ListenerHost): (error: Error) => void {
  return (error) => host.log("error", `Listener "${listener.id}": ${error.message}`, errorCodeOf(error));
}

/** Where those are told of who were turned away at the door. */
export function refusalLog(listener: Listener, host: ListenerHost): RefusalSink {
  return (refusal) => host.refused(refusal, listener);
}

/** The handshakes of its connections, as what accepts them wants to be told. */
export function handshakesOf(listener: Listener, host: ListenerHost): BeginHandshake {
  return (remoteAddress, milliseconds, drop) =>
    host.beginHandshake(listener, remoteAddress, milliseconds, drop);
}

/** Reads the certificate files again; connections from now on get the new ones. */
export async function reloadTls(
  listener: Listener,
  acceptor: Acceptor | TlsAcceptor | null,
  files: TlsFiles | undefined,
): Promise<void> {
  if (files === undefined || acceptor === null || !("reload" in acceptor)) return;
  try {
    acceptor.reload(await readTlsFiles(files));
  } catch (thrown) {
    throw listenerError(listener, listener.address, thrown);
  }
}

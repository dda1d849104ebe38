/** One line for each connection that ends, whoever ended it. */

import type { Client } from "../../hook/client.ts";
import type { LogFields } from "../../core/log.ts";
import type { Reason } from "../../packets/reason.ts";
import { StreamFault } from "../../runtime/stream.ts";
import type { ByteStream } from "../../runtime/stream.ts";
import type { Core } from "../core.ts";
import type { Cause } from "./cause.ts";
import { ruleOf } from "./denied.ts";

/** `new` until CONNECT came, `auth` while it is being decided, `open`, `closed`. */
export type Phase = "new" | "auth" | "open" | "closed";

/** A connection as its line in the log needs it. */
export interface Connected {
  readonly broker: Core;
  readonly client: Client | null;
  readonly stream: ByteStream;
  readonly listener: string;
}

/** Whom a line is about. */
export function whoIs({ client, stream, listener }: Connected): LogFields {
  if (client !== null) return clientFields(client);
  return { address: stream.remoteAddress, listener };
}

/** The same of a client that may be away. */
export function clientFields({ id, username, remoteAddress, listener }: Client): LogFields {
  return {
    client: id === "" ? undefined : id,
    user: username === "" ? undefined : username,
    address: remoteAddress,
    listener,
  };
}

/** `phase`: the one it was in. `reason`: null after a DISCONNECT without one. */
export function tellEnd(
  connection: Connected,
  phase: Phase,
  reason: Reason | null,
  given: Cause | null,
): void {
  const cause = given ?? causeOf(phase, reason);
  const { events, hooks } = connection.broker;
  if (!events.wantsCode(cause.code)) return;
  const { code, ...fields } = cause;
  const line = { ...whoIs(connection), reason: reason?.text, reasonCode: reason?.code, ...fields };
  events.tell(code, line, ruleOf(hooks, connection.client, code, fields));
}

/** Nobody said more than the reason. */
function causeOf(phase: Phase, reason: Reason | null): Cause {
  if (reason !== null) return { code: phase === "open" ? "disconnected-by-server" : "connect-refused" };
  if (phase === "open") return { code: "client-disconnected" };
  return { code: "connection-closed-early", detail: "the client said DISCONNECT before it was let in" };
}

/** The stream was closed, and not by us. */
export function lost(phase: Phase, error: Error | null): Cause {
  const silent = { reason: undefined, reasonCode: undefined };
  if (error instanceof StreamFault) {
    return { code: error.code, detail: error.message, limit: error.limit, setting: error.setting, ...silent };
  }
  if (phase === "open") return { code: "connection-lost", error: error?.message, ...silent };
  const detail = phase === "auth" ? "its CONNECT was still being decided" : undefined;
  return { code: "connection-closed-early", detail, error: error?.message, ...silent };
}

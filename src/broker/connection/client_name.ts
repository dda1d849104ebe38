/** A client as a line of the log names it. */

import { quoted } from "../../core/quoted.ts";
import type { Connection } from "./connection.ts";

/** A stranger chooses the client id: not all of it has to be shown. */
const LONGEST = 64;

export function clientName({ client, stream }: Connection): string {
  if (client === null) return `a connection from ${stream.remoteAddress}`;
  const { id } = client;
  return `for client ${quoted(id, LONGEST)} at ${stream.remoteAddress}`;
}

/** A client as a line of the log names it. */

import { quoted } from "../../core/quoted.ts";
import type { Connected } from "../ends/ended.ts";

/** A stranger chooses the client id: not all of it has to be shown. */
const LONGEST = 64;

export function clientName({ client, stream }: Pick<Connected, "client" | "stream">): string {
  if (client === null) return `a connection from ${stream.remoteAddress}`;
  const { id } = client;
  return `for client ${quoted(id, LONGEST)} at ${stream.remoteAddress}`;
}

/** What whoever encodes for a connection has to know of it. */

import type { Client } from "../../hook/client.ts";
import type { ProtocolVersion } from "../../packets/types.ts";
import type { Core } from "../core.ts";
import type { OutboundAliases } from "./outbound_aliases.ts";
import type { Output } from "./output.ts";

export interface Wire {
  readonly broker: Core;
  readonly client: Client | null;
  readonly version: ProtocolVersion;
  /** Largest packet the client takes. */
  readonly maximumPacketSize: number;
  readonly output: Output;
  /** Aliases we set, when the client allows them. */
  outboundAliases: OutboundAliases | null;
}

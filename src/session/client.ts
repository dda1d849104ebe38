/** A client as its session knows it, and as hooks and embedding programs see it. */

import type { Properties } from "../packets/properties.ts";
import type { PeerCertificate } from "../runtime/stream.ts";

/** What is known of a client. It outlives the connection with its session. */
export interface Client {
  /** As the client gave it, as a hook changed it, or as the server made it up. */
  readonly id: string;
  /** Empty without one. */
  readonly username: string;
  /** `ip:port`, `unix:path`, or what the listener says. */
  readonly remoteAddress: string;
  /** The listener's id; `local` for the program itself. */
  readonly listener: string;
  /** Null without a verified one. */
  readonly certificate: PeerCertificate | null;
  /** 3 (MQTT 3.1), 4 (3.1.1) or 5. */
  readonly version: number;
  /** Clean Session in 3.x. */
  readonly cleanStart: boolean;
  /** Seconds, 0 is off. */
  readonly keepAlive: number;
  /** Seconds the session lives after the connection; 0: it ends with it; 4294967295: for ever. */
  readonly sessionExpiryInterval: number;
  /** Properties of CONNECT; empty in 3.x. */
  readonly properties: Properties;
  /** Milliseconds since 1970; when the machine's clock is set by more than ten seconds it moves with it. */
  readonly connectedAt: number;
  /** It is the program that embeds the server: access control is not asked about it. */
  readonly inline: boolean;
  /** For hooks to keep what they like with the connection. */
  data: unknown;
}

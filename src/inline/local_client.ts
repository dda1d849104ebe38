/** A client of the server without a network: a connection and a session like any other's, driven by the program. */

import type { Client } from "../hook/client.ts";
import type { Packet, ProtocolVersion, Will } from "../packets/types.ts";
import type { Properties } from "../packets/properties.ts";

/** What a client without a network is. */
export interface LocalClientOptions {
  /**
   * Its client id; whoever has it is disconnected, as when a client connects. Left out or empty the server makes one
   * up. Not `inline`.
   */
  readonly id?: string;
  /** As hooks and access control see it. Default: none. */
  readonly username?: string;
  /** What it speaks: 3 (MQTT 3.1), 4 (3.1.1) or 5 (default). */
  readonly version?: ProtocolVersion;
  /** Clean Session in 3.x. Default true. */
  readonly cleanStart?: boolean;
  /** Seconds its session lives after it; MQTT 5 only. Default 0. */
  readonly sessionExpiryInterval?: number;
  /** Seconds; it then has to send something itself from time to time. Default 0: off. */
  readonly keepAlive?: number;
  /** True (default): it is the program, access control is not asked and `$SYS/...` may be published to. */
  readonly inline?: boolean;
  /** Published when it ends without `close`. */
  readonly will?: Will | null;
  /** Those of CONNECT in MQTT 5, Receive Maximum for example. */
  readonly properties?: Properties;
  /**
   * Given every packet from the server, one after the other, CONNACK first, in a later turn than the one that sent it.
   * When it answers a promise the next comes when that is settled: meanwhile it is a client that does not read.
   * What it throws is logged.
   */
  readonly onPacket?: (packet: Packet, client: LocalClient) => unknown;
  /**
   * True (default): QoS 1 and 2 messages are acknowledged when `onPacket` is done with them, PUBREL is answered.
   * False: the program injects the acknowledgements itself.
   */
  readonly acknowledge?: boolean;
}

/** A client without a network, made by `Server.newClient`. It ends with `close`, an `await using` block, or the server. */
export interface LocalClient extends AsyncDisposable {
  /** Its client id. */
  readonly id: string;
  /** As hooks see it. */
  readonly client: Client;
  /** Its session was there before. */
  readonly sessionPresent: boolean;
  /** False once it ended, or was ended by the server. */
  readonly connected: boolean;
  /** Settled when it has ended. Does not fail. */
  readonly closed: Promise<void>;
  /** The same as `Server.injectPacket` with this client. */
  inject(packet: Packet): Promise<void>;
  /** Says DISCONNECT, so that there is no will, and waits for the end. */
  close(): Promise<void>;
  /** Ends without DISCONNECT, as when a network breaks: the will is published. */
  abort(): Promise<void>;
  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

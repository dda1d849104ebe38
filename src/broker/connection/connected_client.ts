/** What hooks know of a client; it outlives the connection with the session, so it holds no part of it. */

import { type Client, type ConnectingClient, INLINE_CLIENT_ID } from "../../hook/client.ts";
import { Reasons } from "../../packets/reason.ts";
import type { Properties } from "../../packets/properties.ts";
import type { ConnectPacket } from "../../packets/types.ts";
import { isValidString, utf8Length } from "../../packets/utf8.ts";
import type { ByteStream } from "../../runtime/stream.ts";
import type { Core } from "../core.ts";
import type { Refusal } from "../ends/cause.ts";

/** Where a CONNECT came from. */
export interface Asking {
  readonly broker: Core;
  readonly stream: ByteStream;
  readonly listener: string;
  /** It is the program that embeds the server. */
  readonly inline: boolean;
}

export class ConnectedClient implements ConnectingClient {
  id: string;
  username: string;
  readonly remoteAddress: string;
  readonly listener: string;
  readonly certificate: Client["certificate"];
  readonly version: number;
  readonly cleanStart: boolean;
  keepAlive: number;
  sessionExpiryInterval: number;
  readonly properties: Properties;
  connectedAt: number;
  readonly inline: boolean;
  data: unknown = undefined;

  constructor(connection: Asking, packet: ConnectPacket) {
    this.id = packet.clientId;
    this.username = packet.username ?? "";
    this.remoteAddress = connection.stream.remoteAddress;
    this.listener = connection.listener;
    this.certificate = connection.stream.certificate;
    this.version = packet.version;
    this.cleanStart = packet.cleanStart;
    this.keepAlive = packet.keepAlive;
    this.properties = packet.properties;
    const { clock } = connection.broker;
    this.connectedAt = clock.shown(clock.now());
    this.inline = connection.inline;
    this.sessionExpiryInterval = this.askedExpiry;
  }

  /** What the client itself asked for: 3.x sessions that are not clean have no end of their own. */
  get askedExpiry(): number {
    if (this.version === 5) return this.properties.sessionExpiryInterval ?? 0;
    return this.cleanStart ? 0 : 0xffffffff;
  }

  /** Why it can't be let in as hooks have left it; null: it can. */
  refusal(broker: Core): Refusal | null {
    const { id, username, keepAlive, sessionExpiryInterval } = this as Record<
      keyof ConnectingClient,
      unknown
    >;
    if (
      typeof id !== "string" || id === "" || id === INLINE_CLIENT_ID || !isValidString(id) ||
      utf8Length(id) > broker.limits.clientIdLength
    ) {
      broker.stats.refused.clientId++;
      const detail = id === INLINE_CLIENT_ID
        ? "that is the program itself"
        : "a hook has made it what is none";
      return {
        reason: Reasons.clientIdentifierNotValid,
        cause: { code: "client-id-refused", client: typeof id === "string" ? id : undefined, detail },
      };
    }
    if (
      typeof username === "string" && within(keepAlive, 65_535) && within(sessionExpiryInterval, 0xffffffff)
    ) return null;
    broker.stats.refused.hook++;
    const detail = "a hook gave it a user name, keep alive or session expiry that is none";
    const user = typeof username === "string" ? username : undefined;
    return {
      reason: Reasons.implementationSpecificError,
      cause: { code: "hook-failed", user, detail },
    };
  }
}

function within(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

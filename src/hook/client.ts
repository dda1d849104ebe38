/** A client as hooks and embedding programs see it. */

import type { Client } from "../session/client.ts";

export type { Client } from "../session/client.ts";

/** The client id of the program that embeds the server; nobody else may have it. */
export const INLINE_CLIENT_ID = "inline";
/** In the place of a listener's id for clients of the program itself. */
export const LOCAL_LISTENER = "local";

/** Whether the program itself has made it. (A listener may be called `local` as well; nobody comes from such an address.) */
export function isOfProgram({ listener, remoteAddress }: Client): boolean {
  return listener === LOCAL_LISTENER && remoteAddress === LOCAL_LISTENER;
}

/**
 * A client that is still to be let in: a hook may change what stands here in `onConnect`,
 * `onConnectAuthenticate` and, before CONNACK, `onAuthPacket`. Later it must not: the session stays what it was.
 */
export interface ConnectingClient extends Client {
  /**
   * 1 byte to `limits.clientIdLength`, without U+0000, not `inline`: else refused with 0x85. The session is the one of
   * this id.
   */
  id: string;
  /** What hooks after this one, access control and logs see. */
  username: string;
  /** Seconds, 0 to 65535; announced to MQTT 5 clients as Server Keep Alive. A 3.x client cannot be told. */
  keepAlive: number;
  /** Seconds; shortened to the server's maximum and announced to MQTT 5 clients. */
  sessionExpiryInterval: number;
}

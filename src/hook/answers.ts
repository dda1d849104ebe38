/** What hooks are given, and what they may answer. */

import type { Properties } from "../packets/properties.ts";
import type { Reason } from "../packets/reason.ts";
import type { AuthPacket, ConnectPacket, Packet, QoS, Will } from "../packets/types.ts";
import type { PublishChanges } from "./publish_view.ts";

/** Access control and authentication: the first opinion counts; undefined is none; if nobody has one, it is deny. */
export type Opinion = "allow" | "deny" | undefined;

/**
 * Whether somebody may connect: an opinion, or a refusal with another reason than that name or password are wrong, for
 * example that the server is busy (0x89) or the client banned (0x8A). A 3.x client is told the nearest it knows.
 */
export type ConnectOpinion = Opinion | { readonly refuse: Reason };

/**
 * What a client wants to do with a topic (`publish`; `deliver`: receive a message of it; `will`: have its will
 * published there) or with a filter (`subscribe`). Whether it may connect at all is asked by
 * `onConnectAuthenticate`.
 */
export type Action = "publish" | "subscribe" | "deliver" | "will";

/** Name and password as they came; the password is not to be kept. */
export interface Credentials {
  /** Null without one. */
  readonly username: string | null;
  /** Null without one. */
  readonly password: Uint8Array | null;
}

/** One step of an enhanced authentication, MQTT 5.0 section 4.12. */
export interface AuthExchange {
  /** The method of the authentication. */
  readonly method: string;
  /** What the client sent; null without. */
  readonly data: Uint8Array | null;
  /** `connect`: CONNECT came; `continue`: AUTH 0x18 came; `reauthenticate`: AUTH 0x19 came. */
  readonly stage: "connect" | "continue" | "reauthenticate";
  /** The packet it came in. */
  readonly packet: ConnectPacket | AuthPacket;
}

/** What a hook answers to a step: one more round, done, or refused with a reason. */
export type AuthAnswer =
  | { readonly result: "continue"; readonly data?: Uint8Array }
  | { readonly result: "success"; readonly data?: Uint8Array }
  | { readonly result: "refuse"; readonly reason: Reason };

/** What becomes of a packet that was read: nothing said, it goes on as it is. */
export type PacketAnswer =
  | void
  /** Go on with this one, of the same type and with the same packet id; what a PUBLISH leaves out stays. */
  | Packet
  | { readonly type: 3 } & PublishChanges
  /** End the connection with this reason; its will is published. */
  | { readonly refuse: Reason };

/** What becomes of a publish: nothing said, it goes on as it is. */
export type PublishAnswer =
  | void
  /** Go on with these changes; what is left out stays, QoS and packet id in any case. */
  | { readonly packet: PublishChanges }
  /** The hook has taken it over: acknowledged as a success, `onPublished` is told, nobody else gets it. */
  | "accept"
  /** It is as if nobody had subscribed: acknowledged, counted as dropped, neither kept nor delivered. */
  | "drop"
  /** Refuse it: MQTT 5 publishers with QoS 1 or 2 see the reason; for all others it is as `drop`. */
  | { readonly refuse: Reason };

/** What becomes of one message on its way to one client: nothing said, it goes on as it is. */
export type DeliverAnswer =
  | void
  /** This client does not get it. */
  | "drop"
  /** This client gets it changed; what is left out stays as it is. */
  | {
    /** Must be a valid topic name. */
    readonly topic?: string;
    /** What it says. */
    readonly payload?: Uint8Array;
    /** Those that travel to subscribers; expiry, alias and subscription identifiers are not among them. */
    readonly properties?: Properties;
  };

/** What becomes of a will: nothing said, it goes on as it is. */
export type WillAnswer = void | Will | "drop";

/** A message as hooks and inline subscribers see it. */
export interface MessageInfo {
  /** Never an alias. */
  readonly topic: string;
  /** Not to be changed; it stays valid. */
  readonly payload: Uint8Array;
  /** As published. */
  readonly qos: QoS;
  /** As published. */
  readonly retain: boolean;
  /** As published, but for expiry, alias and subscription identifiers. */
  readonly properties: Properties;
  /** The client id of its publisher; empty for the server's own. */
  readonly publisher: string;
  /** Milliseconds since 1970, as the machine's clock shows them now; Infinity: never. */
  readonly expiresAt: number;
}

/** One subscriber a message is for. */
export interface Candidate {
  /** Its client id; `inline` for the program itself. */
  readonly clientId: string;
  /** With which its subscription grants it, 0, 1 or 2. */
  readonly qos: QoS;
  /** It has a connection now. */
  readonly connected: boolean;
}

/** The members of a shared subscription that match a message; one of them gets it. */
export interface CandidateGroup {
  /** The name after `$share/`. */
  readonly group: string;
  /** The filter without `$share/group/`. */
  readonly filter: string;
  /** In the order of their subscriptions. */
  readonly members: readonly Candidate[];
}

/** Everybody one message is for. */
export interface Selection {
  /** All of them get it. */
  readonly direct: readonly Candidate[];
  /** One member of each gets it. */
  readonly shared: readonly CandidateGroup[];
}

/** Why something is allowed or refused: what is asked, and what is answered. */

import type { ExplainedRule } from "../../hook/explained.ts";
import type { Reason } from "../../packets/reason.ts";
import type { ProtocolVersion, QoS } from "../../packets/types.ts";

/** What a client would do: connect at all, publish to a topic, subscribe to a filter, receive what is published to a topic. */
export type ExplainAction = "connect" | "publish" | "subscribe" | "receive";

/** Somebody who is not there, as far as is known. */
export interface ExplainClient {
  /** Default: empty. */
  readonly clientId?: string;
  /** Default: none. */
  readonly username?: string;
  /** `ip:port`; default `127.0.0.1:0`. */
  readonly address?: string;
  /** The id of a listener; default: the first one for MQTT. */
  readonly listener?: string;
  /** 3 (MQTT 3.1), 4 (3.1.1) or 5; default 5. */
  readonly version?: ProtocolVersion;
}

/** What is asked. */
export interface ExplainRequest {
  /** The client id of somebody who is connected or has a session that is kept; or who somebody would be. */
  readonly client: string | ExplainClient;
  /** What the client would do. */
  readonly action: ExplainAction;
  /** A topic name, for `subscribe` a filter, which may begin with `$share/group/`. Left out for `connect`. */
  readonly topic?: string;
  /** Of the publish or the subscription, or with which a message is published; default 1. */
  readonly qos?: QoS;
  /** Whether it is to be retained; default false. */
  readonly retain?: boolean;
}

/** Whom it was asked about. */
export interface ExplainedClient {
  /** Empty: of somebody who gives none. */
  readonly clientId: string;
  /** Empty without one. */
  readonly username: string;
  /** `ip:port`, or what its listener shows instead. */
  readonly address: string;
  /** The id of its listener. */
  readonly listener: string;
  /** 3 (MQTT 3.1), 4 (3.1.1) or 5. */
  readonly version: number;
  /** `connected`; `away`: its session is kept; `unknown`: it was only said who it would be. */
  readonly state: "connected" | "away" | "unknown";
}

/** What is looked at in one step. */
export type ExplainStepName =
  | "client"
  | "listener"
  | "limits"
  | "bans"
  | "topic"
  | "hook"
  | "subscriptions"
  | "receivers"
  | "storage";

/** One thing that is looked at. */
export interface ExplainStep {
  /** What is looked at. */
  readonly step: ExplainStepName;
  /**
   * `pass`: nothing against it; `allow`, `deny`: that decides; `none`: no opinion; `skipped`: not asked, `text` says why;
   * `unknown`: nobody can say now.
   */
  readonly answer: "pass" | "allow" | "deny" | "none" | "skipped" | "unknown";
  /** What was found, on one line. */
  readonly text: string;
  /** Microseconds from the question to the end of this step. */
  readonly at: number;
  /** The id of the hook that was asked. */
  readonly hook?: string | undefined;
  /** Its method. */
  readonly method?: string | undefined;
  /** Milliseconds the hook took. */
  readonly milliseconds?: number | undefined;
  /** The rule that decides, as the hook says it. */
  readonly rule?: ExplainedRule | undefined;
  /** Rules before and after it, and itself. */
  readonly neighbours?: readonly ExplainedRule[] | undefined;
  /** Of `receivers` and `subscriptions`: how many. */
  readonly count?: number | undefined;
}

/** Bytes of a packet that belong together. */
export interface ExplainedBytes {
  /** As hexadecimal digits, two for each byte, with blanks between them. */
  readonly bytes: string;
  /** Which field it is. */
  readonly name: string;
  /** What it says; empty where the name says all. */
  readonly value: string;
}

/** A packet as it would be sent to the client. */
export interface ExplainedPacket {
  /** `PUBACK` for example. */
  readonly name: string;
  /** How many bytes it has. */
  readonly length: number;
  /** All of them, field by field. Packet identifiers are 1 here; of a PUBLISH it ends where the payload begins. */
  readonly fields: readonly ExplainedBytes[];
}

/** The answer to an `ExplainRequest`. */
export interface Explanation {
  /** Whom it is about. */
  readonly client: ExplainedClient;
  /** As it was asked. */
  readonly action: ExplainAction;
  /** As it was asked; empty for `connect`. */
  readonly topic: string;
  /** `unknown`: that depends on what nobody knows before it is tried, such as a password. */
  readonly outcome: "allowed" | "refused" | "unknown";
  /** One sentence. */
  readonly text: string;
  /** What it is refused with, in the words of MQTT 5, whatever version the client speaks; null: it is not refused. */
  readonly reason: Reason | null;
  /** The hook that decides; null: none. */
  readonly hook: string | null;
  /** The rule that decides; null: none, or its hook does not say. */
  readonly rule: ExplainedRule | null;
  /** What was looked at, in this order. */
  readonly steps: readonly ExplainStep[];
  /** The packet the client would be sent; null: none. */
  readonly wire: ExplainedPacket | null;
  /** What there is to say of that: that the connection ends, or that there is no answer. */
  readonly wireText: string;
  /** Microseconds it took. */
  readonly microseconds: number;
}

/** A connection as its own parts see it: when it sends, when its time is up, what its end means. */

import type { ConnectPacket, Packet, Will } from "../../packets/types.ts";
import type { Reason } from "../../packets/reason.ts";
import type { Outlet } from "../../session/outlet.ts";
import type { Session } from "../../session/session.ts";
import type { TopicEntry } from "../../topics/topic_table.ts";
import type { Routes } from "../delivery/routes.ts";
import type { Cause } from "../ends/cause.ts";
import type { Connected, Phase } from "../ends/ended.ts";
import type { Parts } from "../parts.ts";
import type { Output } from "./output.ts";
import type { Intake } from "./pause.ts";
import type { Wire } from "./wire.ts";

export interface Link extends Wire, Connected, Outlet {
  readonly broker: Parts;
  readonly phase: Phase;
  readonly output: Output;
  readonly input: Intake;
  session: Session | null;
  will: Will | null;
  /** What CONNECT has changed of a session that was there, until CONNACK leaves. */
  sessionBefore: Pick<Session, "expiryInterval" | "pendingWill"> | null;
  /** CONNECT while its enhanced authentication goes on. */
  pendingConnect: ConnectPacket | null;
  /** Aliases the client set. */
  inboundAliases: Map<number, TopicEntry<Routes>> | null;
  congested: boolean;
  /** Retained messages that are still to be sent. */
  retained: { pump(): void } | null;
  /** Milliseconds; 0: no keep-alive. */
  readonly keepAliveLimit: number;
  /** When something was last received, as `Timeline.monotonic` counts. */
  heardAt: number;
  /** Reason strings and user properties may go to it on any packet. [MQTT-3.1.2-29] */
  readonly problemInformation: boolean;
  /** Why it was ended; null: it was not, or the client said DISCONNECT. */
  readonly endReason: Reason | null;
  send(packet: Packet): void;
  disconnect(reason: Reason, cause?: Cause, detail?: string): void;
  /** Ends it without a word. */
  drop(cause: Cause): void;
  /** The client said DISCONNECT, or was refused: sends what is left and closes. */
  finish(reason: Reason | null, cause: Cause | null): void;
  /** How it keeps up may be another than before. */
  updateRaw(): void;
}

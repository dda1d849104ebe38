/**
 * One accepted stream: what arrives (`input.ts`), what is sent (`output.ts`, and when, `outgoing.ts`), and its end.
 * It is not a session: it meets one when CONNECT succeeds, and loses it when it ends or is taken over.
 */

import type { Client } from "../../hook/client.ts";
import { textOf } from "../../core/error_text.ts";
import { isPromise } from "../../core/maybe_promise.ts";
import type { Slice } from "../../core/slices.ts";
import { type Malformed, type Reason, Reasons } from "../../packets/reason.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import type {
  AckPacket,
  ConnectPacket,
  Packet,
  ProtocolVersion,
  QoS,
  SubscribeOptions,
  Will,
} from "../../packets/types.ts";
import type { Message } from "../../session/message.ts";
import type { Session } from "../../session/session.ts";
import type { ByteStream, StreamHandler } from "../../runtime/stream.ts";
import type { TopicEntry } from "../../topics/topic_table.ts";
import type { OutboundAliases } from "./outbound_aliases.ts";
import type { Parts } from "../parts.ts";
import type { Link } from "./link.ts";
import { type Cause, limitOf, type Refusal } from "../ends/cause.ts";
import { lost, type Phase, tellEnd } from "../ends/ended.ts";
import { refuseConnect } from "./refuse.ts";
import { leave } from "./leave.ts";
import { type Intake, PauseReason } from "./pause.ts";
import { reasonFor } from "./reason_for.ts";
import { frameFits, publishFrame } from "./publish_frame.ts";
import { encodeFor } from "./encode_for.ts";
import { publishThroughHooks, sendThroughHooks } from "./hooked_output.ts";
import { Lifetime } from "./lifetime.ts";
import { Outgoing } from "./outgoing.ts";
import { Output } from "./output.ts";
import type { Share } from "../../core/share.ts";
import type { PublishAnswer } from "./publish_right.ts";
import type { Backlog } from "../../session/backlog.ts";
import type { RetainedBacklog } from "./retained_backlog.ts";
import type { Routes } from "../delivery/routes.ts";

/** The broker as its connections need it. */
export interface ConnectionHost extends Parts {
  /** Client ids that may not connect. */
  readonly blocked: ReadonlySet<string>;
  /** The stream of a connection is closed. */
  gone(connection: Connection): void;
  /** Sends the retained messages of a new subscription. */
  replayRetained(connection: Connection, options: SubscribeOptions): void;
  /** It may be sent topic aliases, as many as both sides allow. */
  allowAliases(connection: Connection, clientMaximum: number): void;
}

export class Connection implements StreamHandler, Link {
  readonly broker: ConnectionHost;
  readonly stream: ByteStream;
  readonly listener: string;
  readonly output: Output;
  /** When that leaves. */
  readonly outgoing: Outgoing;
  readonly input: Intake;
  readonly lifetime: Lifetime;
  phase: Phase = "new";
  version: ProtocolVersion = 4;
  /** A 3.x client that calls itself a bridge. */
  bridge = false;
  client: Client | null = null;
  session: Session | null = null;
  will: Will | null = null;
  /** What CONNECT has changed of a session that was there, until CONNACK leaves. */
  sessionBefore: Pick<Session, "expiryInterval" | "pendingWill"> | null = null;
  /** Milliseconds; 0: no keep-alive. One and a half times what the client promised. [MQTT-3.1.2-22] */
  keepAliveLimit = 0;
  /** When something was last received, as `Timeline.monotonic` counts. */
  heardAt: number;
  /** Largest packet the client takes. */
  maximumPacketSize = 0xffffffff;
  /** Aliases the client set. */
  inboundAliases: Map<number, TopicEntry<Routes>> | null = null;
  /** How many aliases we may set. */
  outboundMaximum: number;
  /** Aliases we set, when the client allows them. */
  outboundAliases: OutboundAliases | null = null;
  /** Reason strings and user properties may go to it on any packet. [MQTT-3.1.2-29] */
  problemInformation = true;
  /** The method of enhanced authentication, for AUTH packets later. */
  authMethod: string | null = null;
  /** CONNECT while its enhanced authentication goes on. */
  pendingConnect: ConnectPacket | null = null;
  /** Why it may not connect, known since it was accepted. */
  refusal: Refusal | null = null;
  /** It is the program that embeds the server. */
  inline = false;
  /** The program made it: it is not asked who it is. */
  admitted = false;
  /** The server made up the client id. */
  assignedId = false;
  /** A re-authentication is on its way. */
  reauthenticating = false;
  /**
   * 4 or 5 when the bytes of a QoS 0 PUBLISH of that version can be appended as they are, 0 when each has to be
   * looked at.
   */
  rawVersion: 0 | 4 | 5 = 0;
  congested = false;
  /** Of what the storage can be told while there is no room. */
  storageShare: Share | null = null;
  /** Of what can be added for receivers that can't keep up. */
  receiverShare: Share | null = null;
  backlog: Backlog | null = null;
  retained: RetainedBacklog | null = null;
  /** The topic it may publish to, as access control said at `allowedAt`. */
  allowed: TopicEntry<Routes> | null = null;
  allowedAt = 0;
  /** What access control said to the hot path, which leaves it to the general one. */
  publishAnswer: PublishAnswer | null = null;
  /** Why it was ended; null: it was not, or the client said DISCONNECT. */
  endReason: Reason | null = null;
  /** Answers of hooks that are awaited. */
  #answers = 0;

  /** `intake` makes what takes in what arrives. */
  constructor(
    broker: ConnectionHost,
    stream: ByteStream,
    listener: string,
    intake: (connection: Connection) => Intake,
  ) {
    this.broker = broker;
    this.stream = stream;
    this.listener = listener;
    this.output = new Output(stream, broker.pool);
    this.outgoing = new Outgoing(this);
    this.input = intake(this);
    this.lifetime = new Lifetime(this);
    this.heardAt = broker.clock.monotonic();
    this.outboundMaximum = broker.capabilities.topicAliasMaximumOut;
  }

  // --- what arrives ---

  data(bytes: Uint8Array, length: number): void {
    if (this.phase === "closed") return;
    this.broker.stats.bytesReceived += length;
    // Until CONNECT has succeeded it stays the time of the accept: the whole of it is bounded.
    if (this.phase === "open") this.heardAt = this.broker.clock.monotonic();
    this.begin();
    this.input.data(bytes, length);
  }

  /** Packets are handled now. What they change has to be committed before they are answered; nothing else has. */
  begin(): void {
    // (What is still to be answered may have changed something already.)
    if (this.#answers === 0) this.outgoing.changesBefore = this.broker.turn.changes;
  }

  /** A whole packet comes in between the client's own; settled when it was handled or the connection ended. */
  inject(packet: Uint8Array): Promise<void> {
    return this.input.inject(packet);
  }

  get full(): boolean {
    return this.output.pending > this.broker.fullWater || this.session?.full === true;
  }

  /** Handles no further packet while a receiver can't keep up; `proceed` goes on. */
  waitForReceiver(): void {
    this.input.pauseFor(PauseReason.RECEIVER);
  }

  /** What it sends, acknowledgements too, is not read because it publishes to somebody who can't keep up. */
  get waitsForReceiver(): boolean {
    return this.input.pausedFor(PauseReason.RECEIVER);
  }

  /** It takes what it is sent, and its queue is not sent because others go first, or the storage. */
  get waitsForUs(): boolean {
    const { session } = this;
    if (session === null || this.congested) return false;
    return session.waitsForSlice || this.broker.persistence?.holds(session) === true;
  }

  get slice(): Slice {
    return this.input.slice;
  }

  emptied(): void {
    // (Without anything that was sent nothing is acknowledged, which would make them go on.)
    this.retained?.pump();
  }

  /** Whoever was waited for is ready again. */
  proceed(): void {
    this.input.release(PauseReason.RECEIVER);
  }

  /**
   * Goes on with the value: at once, or, with input held back, when the promise is there; not when the connection
   * has ended meanwhile, which a hook may have brought about itself.
   */
  after<T>(value: T | Promise<T>, next: (value: T) => void): void {
    if (this.phase === "closed") return;
    if (!isPromise(value)) {
      next(value);
      return;
    }
    this.input.pauseFor(PauseReason.ANSWER);
    this.#answers++;
    value.then((result) => {
      if (this.phase === "closed") return;
      next(result);
      // (What comes next may have to wait for an answer as well.)
      if (--this.#answers === 0) this.input.release(PauseReason.ANSWER);
    }).catch((error: unknown) => {
      this.broker.stats.refused.hook++;
      this.disconnect(Reasons.unspecifiedError, { code: "internal-error", error: textOf(error) });
    });
  }

  // --- what is sent ---

  takes(message: Message, qos: QoS, identifiers: readonly number[] | null): boolean {
    return this.maximumPacketSize === 0xffffffff || frameFits(this, message, qos, identifiers);
  }

  publish(
    message: Message,
    qos: QoS,
    retain: boolean,
    dup: boolean,
    packetId: number,
    identifiers: readonly number[] | null,
  ): boolean {
    if (this.broker.hooks.encodes) {
      if (!publishThroughHooks(this, message, qos, retain, dup, packetId, identifiers)) return false;
    } else if (!publishFrame(this, message, qos, retain, dup, packetId, identifiers)) return false;
    this.broker.stats.messagesSent++;
    // (It was noted as sent. Where nobody notes it there is nothing to wait for.)
    if (qos > 0 && this.session?.kept === true) this.outgoing.owe();
    this.touch();
    return true;
  }

  get heldBatch(): number {
    return this.outgoing.heldBatch;
  }

  pubrel(packetId: number): void {
    this.acknowledge(6, packetId);
  }

  /** One of the four with success: four bytes in every version. */
  acknowledge(type: AckPacket["type"], packetId: number): void {
    if (this.broker.hooks.encodes) {
      this.send({ type, packetId, reasonCode: 0, properties: NO_PROPERTIES });
      return;
    }
    const out = this.output.reserve(4);
    const { at } = this.output;
    out[at] = type === 6 ? 0x62 : type << 4;
    out[at + 1] = 2;
    out[at + 2] = packetId >> 8;
    out[at + 3] = packetId & 255;
    this.output.commit(4);
    this.broker.stats.bytesSent += 4;
    this.outgoing.owe();
    this.touch();
  }

  /** Sends any packet but PUBLISH. An answer that is owed and larger than the client takes ends the connection. */
  send(packet: Packet): void {
    this.outgoing.owe();
    if (this.broker.hooks.encodes ? sendThroughHooks(this, packet) : encodeFor(this, packet) > 0) {
      this.touch();
    } else if (packet.type !== 14 && packet.type !== 2) {
      const limit = this.maximumPacketSize;
      this.disconnect(Reasons.packetTooLarge, {
        code: "client-packet-limit",
        setting: "Maximum Packet Size",
        limit,
      });
    }
  }

  /** A packet was added to the output. */
  touch(): void {
    this.broker.stats.packetsSent++;
    this.outgoing.added();
  }

  written(): void {
    this.outgoing.written();
  }

  /** Its version, its bounds, how it keeps up or what hooks want to see of it may be others than before. */
  updateRaw(): void {
    const plain = this.phase === "open" && !this.congested && this.outboundAliases === null &&
      !this.broker.hooks.encodes &&
      this.maximumPacketSize >= this.broker.limits.packetSize;
    this.rawVersion = plain ? (this.version === 5 ? 5 : 4) : 0;
  }

  /** CONNACK with success was sent. */
  opened(): void {
    this.phase = "open";
    this.outgoing.welcomes = true;
    this.updateRaw();
    this.lifetime.begin(this);
  }

  // --- the end ---

  /** `cause`: what the log says instead of the detail. */
  malformed(detail: string, reason: Reason, cause?: Cause): void {
    this.broker.stats.refused.malformed++;
    const code = this.phase === "open" ? "packet-malformed" : "connect-malformed";
    this.disconnect(reason, cause ?? { code, detail }, detail);
  }

  /** What came is no packet, or has more in it than it may. */
  undecodable(malformed: Malformed): void {
    const { limits, stats } = this.broker;
    const cause = limitOf(limits, malformed);
    if (cause !== undefined) stats.refused.userProperties++;
    this.malformed(malformed.detail, malformed.reason, cause);
  }

  /**
   * Ends the connection for a reason, which an MQTT 5 client is told; before CONNECT has succeeded as CONNACK.
   * Never a packet to 3.x: it has no DISCONNECT from the server.
   */
  disconnect(reason: Reason, cause?: Cause, detail?: string): void {
    if (this.phase === "closed") return;
    if (this.phase === "open" && this.version === 5) {
      const reasonString = detail ?? reason.text;
      this.send({
        type: 14,
        reasonCode: reasonFor(14, reason).code,
        properties: this.problemInformation ? { reasonString } : {},
      });
    } else if (this.phase === "auth" || (this.phase === "new" && this.version === 5)) {
      refuseConnect(this, reason, cause ?? null);
      return;
    }
    this.#finish(reason, cause ?? null);
  }

  /** Ends it without a word. */
  drop(cause: Cause): void {
    if (this.phase === "closed") return;
    this.#finish(Reasons.unspecifiedError, { reason: undefined, reasonCode: undefined, ...cause });
  }

  /** The client said DISCONNECT, or was refused: sends what is left and closes. */
  finish(reason: Reason | null, cause: Cause | null): void {
    if (this.phase !== "closed") this.#finish(reason, cause);
  }

  #finish(reason: Reason | null, cause: Cause | null): void {
    this.outgoing.flush();
    this.endReason = reason;
    this.#leave(reason, cause);
    this.lifetime.end(this);
    this.outgoing.say();
  }

  closed(error: Error | null): void {
    // What it said before counts, although it had to wait while others had their turn.
    if (this.phase === "open" && this.input.finishes(() => this.#gone(error))) this.outgoing.discard();
    else this.#gone(error);
  }

  #gone(error: Error | null): void {
    if (this.phase !== "closed") this.#leave(Reasons.unspecifiedError, lost(this.phase, error));
    this.lifetime.forget();
    this.outgoing.discard();
    this.broker.gone(this);
  }

  /** It was one too many: not even an answer is owed. */
  abandon({ reason, cause }: Refusal): void {
    tellEnd(this, this.phase, reason, cause);
    this.turnAway();
  }

  /** Nothing of it is wanted, which was said already. */
  turnAway(): void {
    this.phase = "closed";
    this.stream.destroy();
  }

  /** Everything the end of a connection means, whoever ended it; once. */
  #leave(reason: Reason | null, cause: Cause | null): void {
    const { phase } = this;
    const wasOpen = phase === "open";
    this.phase = "closed";
    tellEnd(this, phase, reason, cause);
    this.rawVersion = 0;
    this.input.discard();
    this.retained = null;
    leave(this, wasOpen, reason);
    if (this.backlog !== null) {
      // Whoever waited goes on at once: by now nothing leads here any more.
      this.broker.pressure.remove(this);
      this.backlog = null;
    }
  }
}

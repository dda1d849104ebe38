/**
 * One accepted stream: cuts packets out of what arrives, keeps an incomplete rest, writes what is to be sent.
 * It is not a session: it meets one when CONNECT succeeds, and loses it when it ends or is taken over.
 */

import type { Client } from "../client.ts";
import { isPromise } from "../hooks.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import { NO_PROPERTIES } from "../packets/properties.ts";
import type { AckPacket, ConnectPacket, Packet, ProtocolVersion, QoS, Will } from "../packets/types.ts";
import type { Message } from "../session/message.ts";
import type { Outlet } from "../session/outlet.ts";
import type { Session } from "../session/session.ts";
import type { ByteStream, StreamHandler } from "../runtime/stream.ts";
import type { TopicEntry } from "../topics/topic_table.ts";
import type { OutboundAliases } from "./aliases.ts";
import type { Broker } from "./broker.ts";
import { Deadline } from "./deadlines.ts";
import { refuseConnect } from "./handlers/connect.ts";
import { leave } from "./handlers/leave.ts";
import { Hold, Input } from "./input.ts";
import { reasonFor } from "./reason_for.ts";
import { publishFrame } from "./publish_frame.ts";
import { encodeFor } from "./encode_for.ts";
import { publishThroughHooks, sendThroughHooks, type SentPackets } from "./hooked_output.ts";
import { Output } from "./output.ts";
import type { Unused } from "./permission.ts";
import type { Backlog } from "./pressure.ts";
import type { RetainedBacklog } from "./retained_backlog.ts";
import type { Routes } from "./routes.ts";
import type { TurnTask } from "./turn.ts";

/** Bytes worth a system call before the turn ends; measured: three times the QoS 1 throughput of one write per turn. */
const EARLY = 8192;

/** How long a closed connection may take to accept its last bytes. */
const LINGER_MS = 2000;

/** `new` until CONNECT came, `auth` while it is being decided, `open`, `closed`. */
export type Phase = "new" | "auth" | "open" | "closed";

export class Connection implements StreamHandler, Outlet, TurnTask {
  readonly broker: Broker;
  readonly stream: ByteStream;
  readonly listener: string;
  readonly output: Output;
  phase: Phase = "new";
  version: ProtocolVersion = 4;
  client: Client | null = null;
  session: Session | null = null;
  will: Will | null = null;
  /** Milliseconds; 0: no keep-alive. One and a half times what the client promised. [MQTT-3.1.2-22] */
  silence = 0;
  /** Milliseconds since 1970 when something was last received. */
  heardAt: number;
  /** Largest packet the client takes. */
  maximumPacketSize = 0xffffffff;
  /** Aliases the client set. */
  aliases: Map<number, TopicEntry<Routes>> | null = null;
  /** Aliases we set, when the client allows them. */
  outbound: OutboundAliases | null = null;
  /** Reason strings and user properties may go to it on any packet. [MQTT-3.1.2-29] */
  problemInformation = true;
  /** The method of enhanced authentication, for AUTH packets later. */
  authMethod: string | null = null;
  /** CONNECT while its enhanced authentication goes on. */
  pendingConnect: ConnectPacket | null = null;
  /** Why it may not connect, known since it was accepted. */
  refusal: Reason | null = null;
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
  backlog: Backlog | null = null;
  retained: RetainedBacklog | null = null;
  /** The topic it may publish to, as access control said at `allowedAt`. */
  allowed: TopicEntry<Routes> | null = null;
  allowedAt = 0;
  /** What access control said to the hot path, which leaves it to the general one. */
  unused: Unused | null = null;
  /** What hooks are told when it is written. */
  sent: SentPackets | null = null;
  /** Its output acknowledges what is not committed yet. */
  owes = false;
  owesSince = 0;
  /** Its output waits for a commit that is under way. */
  sealed = false;
  /** Why it was ended; null: it was not, or the client said DISCONNECT. */
  ended: Reason | null = null;
  readonly deadline: Deadline = new Deadline(this);
  #dirty = false;
  readonly #input: Input;
  /** Answers of hooks that are awaited. */
  #answers = 0;
  #endedAt = 0;
  #gone = false;

  constructor(broker: Broker, stream: ByteStream, listener: string) {
    this.broker = broker;
    this.stream = stream;
    this.listener = listener;
    this.output = new Output(stream, broker.pool);
    this.#input = new Input(this);
    this.heardAt = broker.clock.now();
  }

  // --- what arrives ---

  data(bytes: Uint8Array, length: number): void {
    if (this.phase === "closed") return;
    this.broker.stats.bytesReceived += length;
    // Until CONNECT has succeeded it stays the time of the accept: the whole of it is bounded.
    if (this.phase === "open") this.heardAt = this.broker.clock.now();
    this.#input.data(bytes, length);
  }

  /** A whole packet comes in between the client's own; settled when it was handled or the connection ended. */
  inject(packet: Uint8Array): Promise<void> {
    return this.#input.inject(packet);
  }

  /** Handles no further packet while a receiver can't keep up; `proceed` goes on. */
  waitForReceiver(): void {
    this.#input.hold(Hold.RECEIVER);
  }

  /** What it sends, acknowledgements too, is not read because it publishes to somebody who can't keep up. */
  get waitsForReceiver(): boolean {
    return this.#input.heldFor(Hold.RECEIVER);
  }

  /** Whoever was waited for is ready again. */
  proceed(): void {
    this.#input.release(Hold.RECEIVER);
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
    this.#input.hold(Hold.ANSWER);
    this.#answers++;
    value.then((result) => {
      if (this.phase === "closed") return;
      next(result);
      // (What comes next may have to wait for an answer as well.)
      if (--this.#answers === 0) this.#input.release(Hold.ANSWER);
    }).catch((error: unknown) => {
      this.broker.log("error", `A hook failed: ${error instanceof Error ? error.message : String(error)}`);
      this.broker.stats.refused.hook++;
      this.disconnect(Reasons.unspecifiedError);
    });
  }

  // --- what is sent ---

  publish(
    message: Message,
    qos: QoS,
    retain: boolean,
    dup: boolean,
    packetId: number,
    identifiers: readonly number[] | null,
  ): boolean {
    if (this.broker.encodes) {
      if (!publishThroughHooks(this, message, qos, retain, dup, packetId, identifiers)) return false;
    } else if (!publishFrame(this, message, qos, retain, dup, packetId, identifiers)) return false;
    this.broker.stats.messagesSent++;
    if (qos > 0) this.owe();
    this.touch();
    return true;
  }

  pubrel(packetId: number): void {
    this.acknowledge(6, packetId);
  }

  /** One of the four with success: four bytes in every version. */
  acknowledge(type: AckPacket["type"], packetId: number): void {
    if (this.broker.encodes) {
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
    this.owe();
    this.touch();
  }

  /** Sends any packet but PUBLISH. An answer that is owed and larger than the client takes ends the connection. */
  send(packet: Packet): void {
    this.owe();
    if (this.broker.encodes ? sendThroughHooks(this, packet) : encodeFor(this, packet) > 0) this.touch();
    else if (packet.type !== 14 && packet.type !== 2) this.disconnect(Reasons.packetTooLarge);
  }

  /** Something was added to the output: it is written at the end of the turn. */
  touch(): void {
    this.broker.stats.packetsSent++;
    this.added();
  }

  added(): void {
    if (!this.#dirty) {
      this.#dirty = true;
      this.broker.turn.ask(this);
    }
    // The client can begin with a good piece while we go on with the others.
    if (this.output.pending >= EARLY && !this.#held) {
      this.output.flush();
      if (this.sent !== null) this.sent.tell();
    }
    if (this.output.pending > this.broker.highWater) this.#mayBeCongested();
  }

  #mayBeCongested(): void {
    if (!this.congested) {
      if (!this.#held) this.output.flush();
      if (this.output.pending <= this.broker.highWater) return;
      this.congested = true;
      this.#updateRaw();
      this.broker.pressure.add(this);
    }
    // Messages stop before that; a client that does not read its answers is not read either.
    if (this.output.pending > this.broker.limits.outgoingBytes) this.#input.hold(Hold.OUTPUT);
  }

  /** Nothing may leave now: it would be said before it is true. */
  get #held(): boolean {
    return this.owes || this.sealed;
  }

  /** It is to say something that has to be committed first. */
  owe(): void {
    const { turn } = this.broker;
    if (!turn.uncommitted) return;
    this.owes = true;
    this.owesSince = turn.commits;
  }

  endTurn(): void {
    this.#dirty = false;
    this.owes = false;
    if (this.phase === "closed") {
      this.#say();
      return;
    }
    this.output.flush();
    if (this.sent !== null) this.sent.tell();
    if (this.congested) this.#drained();
  }

  seal(): void {
    this.#dirty = false;
    this.owes = false;
    this.sealed = true;
    this.output.seal();
  }

  committed(): void {
    this.sealed = false;
    this.output.unseal();
    if (this.sent !== null) this.sent.tell();
    if (this.phase === "closed") this.#say();
    else if (this.congested) this.#drained();
  }

  /** The acknowledgements it was to be sent are not true: it is told nothing of them, and comes back. */
  uncommitted(): void {
    this.#dirty = false;
    this.owes = this.sealed = false;
    this.output.drop();
    if (this.phase === "auth" || this.phase === "open") this.disconnect(Reasons.serverBusy);
    if (this.phase === "closed") this.#say();
  }

  /** The last words of a connection that is over. */
  #say(): void {
    if (this.#gone || this.#held) return;
    this.output.flush();
    if (this.sent !== null) this.sent.tell();
    if (this.output.pending === 0) this.stream.end();
  }

  written(): void {
    this.output.written();
    if (this.#held) this.output.flushFree();
    else this.output.flush();
    if (this.phase === "closed") {
      if (this.output.pending === 0) this.stream.end();
      return;
    }
    // It takes what it is sent: a sign of life, while nothing is read from it.
    if (this.#input.heldFor(Hold.OUTPUT)) this.heardAt = this.broker.clock.now();
    this.#drained();
  }

  /** Some of what waited is out. */
  #drained(): void {
    if (this.backlog !== null) this.backlog.progressAt = this.broker.clock.now();
    if (this.congested && this.output.pending < this.broker.lowWater) {
      this.congested = false;
      this.#updateRaw();
      this.session?.pump();
      this.relieve();
    }
    if (!this.congested && this.#input.heldFor(Hold.OUTPUT)) this.#input.release(Hold.OUTPUT);
    this.retained?.pump();
    if (this.backlog !== null && this.output.pending === 0 && this.session?.filling !== true) {
      this.backlog.slow = false;
    }
  }

  /** Publishers that wait for it may go on, unless it is still behind. */
  relieve(): void {
    if (this.congested || this.session?.filling) return;
    if (this.backlog !== null && this.output.pending === 0) this.backlog.slow = false;
    this.broker.pressure.remove(this);
  }

  #updateRaw(): void {
    const plain = this.phase === "open" && !this.congested && this.outbound === null &&
      !this.broker.encodes &&
      this.maximumPacketSize >= this.broker.limits.packetSize;
    this.rawVersion = plain ? (this.version === 5 ? 5 : 4) : 0;
  }

  /** What hooks want to see of it may be more or less than before. */
  hooksChanged(): void {
    this.#updateRaw();
  }

  /** CONNACK with success was sent. */
  opened(): void {
    this.phase = "open";
    this.#updateRaw();
    // The check of the connect time-out may come too late for a short keep-alive.
    if (this.silence > 0) this.broker.deadlines.add(this.deadline, this.heardAt + this.silence);
  }

  // --- the end ---

  malformed(detail: string, reason: Reason = Reasons.malformedPacket): void {
    this.broker.stats.refused.malformed++;
    this.broker.log("debug", `Client "${this.client?.id ?? ""}" at ${this.stream.remoteAddress}: ${detail}`);
    this.disconnect(reason, detail);
  }

  /**
   * Ends the connection for a reason, which an MQTT 5 client is told; before CONNECT has succeeded as CONNACK.
   * Never a packet to 3.x: it has no DISCONNECT from the server.
   */
  disconnect(reason: Reason, detail?: string): void {
    if (this.phase === "closed") return;
    if (this.phase === "open" && this.version === 5) {
      const reasonString = detail ?? reason.text;
      this.send({
        type: 14,
        reasonCode: reasonFor(14, reason).code,
        properties: this.problemInformation ? { reasonString } : {},
      });
    } else if (this.phase === "auth" || (this.phase === "new" && this.version === 5)) {
      refuseConnect(this, reason);
      return;
    }
    this.#finish(reason);
  }

  /** Ends it without a word. */
  drop(): void {
    if (this.phase !== "closed") this.#finish(Reasons.unspecifiedError);
  }

  /** The client said DISCONNECT, or was refused: sends what is left and closes. */
  finish(reason: Reason | null): void {
    if (this.phase !== "closed") this.#finish(reason);
  }

  #finish(reason: Reason | null): void {
    if (!this.#held) this.output.flush();
    if (this.sent !== null) this.sent.tell();
    this.ended = reason;
    this.#leave(reason);
    this.#endedAt = this.broker.clock.now();
    // What the peer does not take in time is given up.
    this.broker.deadlines.add(this.deadline, this.#endedAt + LINGER_MS);
    this.#say();
  }

  closed(error: Error | null): void {
    if (this.phase !== "closed") {
      if (error !== null) this.broker.log("debug", `${this.stream.remoteAddress}: ${error.message}`);
      this.#leave(Reasons.unspecifiedError);
    }
    this.#gone = true;
    this.deadline.forget();
    this.output.discard();
    this.broker.gone(this);
  }

  /** It was one too many: not even an answer is owed. */
  abandon(): void {
    this.phase = "closed";
    this.stream.destroy();
  }

  /** Everything the end of a connection means, whoever ended it; once. */
  #leave(reason: Reason | null): void {
    const wasOpen = this.phase === "open";
    this.phase = "closed";
    this.rawVersion = 0;
    this.#input.discard();
    this.retained = null;
    leave(this, wasOpen, reason);
    if (this.backlog !== null) {
      // Whoever waited goes on at once: by now nothing leads here any more.
      this.broker.pressure.remove(this);
      this.backlog = null;
    }
  }

  /** The next time something may be due: CONNECT, or a sign of life. */
  due(now: number): number {
    switch (this.phase) {
      case "closed":
        if (this.#gone) return 0;
        if (now < this.#endedAt + LINGER_MS) return this.#endedAt + LINGER_MS;
        this.stream.destroy();
        return 0;
      case "open": {
        if (this.silence === 0) return now + 60_000;
        const until = this.heardAt + this.silence;
        if (until > now) return until;
        // What waits in our own hands is not the client's silence.
        if (this.#input.heldFor(Hold.ANSWER | Hold.RECEIVER)) return now + 1000;
        this.broker.stats.refused.keepAlive++;
        this.disconnect(Reasons.keepAliveTimeout);
        return 0;
      }
      default: {
        const until = this.heardAt + this.broker.limits.connectTimeout;
        if (until > now) return until;
        this.broker.stats.refused.connectTimeout++;
        this.drop();
        return 0;
      }
    }
  }
}

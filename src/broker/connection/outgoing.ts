/**
 * When what a connection has to say may leave: a good piece at once, the rest at the end of the turn, what
 * acknowledges anything with the commit that contains it; and what happens while the client does not take it.
 */

import { Reasons } from "../../packets/reason.ts";
import type { Session } from "../../session/session.ts";
import type { Link } from "./link.ts";
import { refuseConnect } from "./refuse.ts";
import type { SentPackets } from "./hooked_output.ts";
import { PauseReason } from "./pause.ts";
import type { Output } from "./output.ts";
import type { TurnTask } from "../../core/turn.ts";

/** Bytes worth a system call before the turn ends; measured: three times the QoS 1 throughput of one write per turn. */
const EARLY = 8192;

export class Outgoing implements TurnTask {
  readonly #connection: Link;
  readonly #output: Output;
  /** It acknowledges what is not committed yet. */
  owes = false;
  owesSince = 0;
  /** It waits for a commit that is under way. */
  sealed = false;
  /** `Turn.told` before what it answers was handled. */
  changesBefore = -1;
  /** The numbers of the batch that is held back, and of the one that waits for the commit under way; 0: there is none. */
  #heldBatch = 0;
  #sealedBatch = 0;
  /** Whose messages are in it; its connection may have left it. */
  #holder: Session | null = null;
  /** What hooks are told when it is written. */
  sent: SentPackets | null = null;
  /** CONNACK with success waits for its commit. */
  welcomes = false;
  #dirty = false;
  #gone = false;

  constructor(connection: Link) {
    this.#connection = connection;
    this.#output = connection.output;
  }

  /** Something was added to the output: it is written at the end of the turn. */
  added(): void {
    const { broker } = this.#connection;
    if (!this.#dirty) {
      this.#dirty = true;
      broker.turn.ask(this);
    }
    const output = this.#output;
    // The client can begin with a good piece while we go on with the others.
    if (output.pending >= EARLY && !this.#held) {
      this.#welcomed();
      this.#flush();
      if (this.sent !== null) this.sent.tell();
    }
    if (output.pending > broker.highWater) this.#mayBeCongested();
  }

  #mayBeCongested(): void {
    const connection = this.#connection;
    const { broker } = connection;
    if (!connection.congested) {
      if (!this.#held) this.#flush();
      if (this.#output.pending <= broker.highWater) return;
      connection.congested = true;
      connection.updateRaw();
      broker.pressure.add(connection);
    }
    // Messages stop before that; a client that does not read its answers is not read either.
    if (this.#output.pending > broker.limits.outgoingBytes) connection.input.pauseFor(PauseReason.OUTPUT);
  }

  /** Nothing may leave now: it would be said before it is true. */
  get #held(): boolean {
    return this.owes || this.sealed;
  }

  #flush(): void {
    this.#heldBatch = 0;
    this.#output.flush();
  }

  /** The number of the held back batch that has what was just added; 0: it is not held back. */
  get heldBatch(): number {
    if (!this.#held) return 0;
    if (this.#heldBatch === 0) {
      this.#heldBatch = this.#connection.broker.turn.newBatch();
      this.#holder = this.#connection.session;
    }
    return this.#heldBatch;
  }

  /**
   * It is to say something that has to be committed first, if its client has a session that is kept, or what it
   * answers has changed anything, or depends on what somebody else has.
   */
  owe(): void {
    const { broker, session } = this.#connection;
    const { turn } = broker;
    if (!turn.uncommitted) return;
    if (session?.kept !== true && turn.changes === this.changesBefore && !turn.othersWait) return;
    this.owes = true;
    this.owesSince = turn.commits;
  }

  // --- the end of the turn ---

  endTurn(): void {
    this.#dirty = false;
    this.owes = false;
    this.#welcomed();
    if (this.#connection.phase === "closed") {
      this.say();
      return;
    }
    this.#write();
    if (this.#connection.congested) this.#drained();
  }

  seal(): void {
    this.#dirty = false;
    this.owes = false;
    this.sealed = true;
    this.#sealedBatch = this.#heldBatch;
    this.#heldBatch = 0;
    this.#output.seal();
  }

  committed(): void {
    this.sealed = false;
    this.#welcomed();
    this.#sealedBatch = 0;
    this.#output.unseal();
    if (this.sent !== null) this.sent.tell();
    if (this.#connection.phase === "closed") this.say();
    else if (this.#connection.congested) this.#drained();
  }

  /** The acknowledgements it was to be sent are not true: it is told nothing of them, and comes back. */
  uncommitted(): void {
    const connection = this.#connection;
    this.#dirty = false;
    this.owes = this.sealed = false;
    this.#forsake();
    this.#output.drop();
    this.sent = null;
    if (this.welcomes && connection.phase === "open") {
      // Nothing may come before CONNACK [MQTT-3.2.0-1], so it was never connected, and leaves no will.
      connection.will = null;
      this.#undoConnect();
      refuseConnect(connection, Reasons.serverUnavailable, { code: "storage-not-writable" });
    } else if (connection.phase === "auth" || connection.phase === "open") {
      connection.disconnect(Reasons.serverBusy, { code: "storage-not-writable" });
    }
    if (connection.phase === "closed") this.say();
  }

  /** CONNACK leaves. */
  #welcomed(): void {
    if (!this.welcomes) return;
    this.welcomes = false;
    this.#connection.sessionBefore = null;
  }

  /** Who was never connected has not taken back an earlier will, nor said how long its session is to live. */
  #undoConnect(): void {
    const { sessionBefore: before, session } = this.#connection;
    if (before === null || session === null) return;
    session.expiryInterval = before.expiryInterval;
    session.pendingWill = before.pendingWill;
  }

  #write(): void {
    this.#flush();
    if (this.sent !== null) this.sent.tell();
  }

  // --- what the client takes ---

  /** The stream gave back what it held. */
  written(): void {
    const connection = this.#connection;
    this.#output.written();
    if (this.#held) this.#output.flushFree();
    else this.#flush();
    if (connection.phase === "closed") {
      if (this.#output.pending === 0) connection.stream.end();
      return;
    }
    // It takes what it is sent: a sign of life, while nothing is read from it.
    if (connection.input.pausedFor(PauseReason.OUTPUT)) {
      connection.heardAt = connection.broker.clock.monotonic();
    }
    this.#drained();
  }

  /** Some of what waited is out. */
  #drained(): void {
    const connection = this.#connection;
    const { broker, backlog, input, session } = connection;
    if (backlog !== null) backlog.progressAt = broker.clock.monotonic();
    if (connection.congested && this.#output.pending < broker.lowWater) {
      connection.congested = false;
      connection.updateRaw();
      session?.pump();
      this.relieve();
    }
    if (!connection.congested && input.pausedFor(PauseReason.OUTPUT)) input.release(PauseReason.OUTPUT);
    connection.retained?.pump();
    this.#caughtUp();
  }

  /** Publishers that wait for it may go on, unless it is still behind. */
  relieve(): void {
    const connection = this.#connection;
    if (connection.congested || connection.session?.filling) return;
    this.#caughtUp();
    connection.broker.pressure.remove(connection);
  }

  /** Who has taken everything is not slow any more. */
  #caughtUp(): void {
    const { backlog, session } = this.#connection;
    if (backlog !== null && this.#output.pending === 0 && session?.filling !== true) backlog.slow = false;
  }

  // --- the end of the connection ---

  /** What is held back never leaves. */
  #forsake(): void {
    this.#holder?.unsent(this.#heldBatch, this.#sealedBatch);
    this.#holder = null;
    this.#heldBatch = this.#sealedBatch = 0;
  }

  /** What may leave leaves, before the connection ends. */
  flush(): void {
    if (!this.#held) this.#write();
  }

  /** The last words of a connection that is over. */
  say(): void {
    if (this.#gone || this.#held) return;
    this.#write();
    if (this.#output.pending === 0) this.#connection.stream.end();
  }

  /** The stream is no more. */
  discard(): void {
    this.#gone = true;
    this.#forsake();
    this.#output.discard();
  }
}

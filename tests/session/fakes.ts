/** What a session needs around it, recorded instead of done. */

import { Slice } from "../../src/core/slices.ts";
import type { QoS } from "../../src/packets/types.ts";
import type { Backlog } from "../../src/session/backlog.ts";
import type { DropReason, SessionHost } from "../../src/session/host.ts";
import { Message, NEVER } from "../../src/session/message.ts";
import type { Outlet } from "../../src/session/outlet.ts";
import { Session } from "../../src/session/session.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Counts, and remembers what was dropped. */
export class FakeHost implements SessionHost<Session> {
  maximumInflight = 1024;
  maximumQueuedMessages = 10_000;
  maximumQueuedBytes: number = 1 << 24;
  dropOldest = true;
  keepAll = false;
  time = 1000;
  inflight = 0;
  queued = 0;
  filled = 0;
  readonly drops: { text: string; why: DropReason }[] = [];
  readonly qosDrops: string[] = [];
  now(): number {
    return this.time;
  }
  dropped(_session: unknown, message: Message, why: DropReason): void {
    this.drops.push({ text: textOf(message), why });
  }
  countInflight(_delivery: unknown, by: number): void {
    this.inflight += by;
  }
  /** Whether what waits in the store may be read. */
  reads = true;
  mayRead(): boolean {
    return this.reads;
  }
  /** So many more deliveries go out before others have their turn. */
  slice: number = Infinity;
  yields(session: Session): boolean {
    if (--this.slice >= 0) return false;
    session.waitsForSlice = true;
    return true;
  }
  countQueued(by: number): void {
    this.queued += by;
  }
  expiring(): void {}

  filling(): void {
    this.filled++;
  }
  due(): number {
    return 0;
  }
  qosDropped(_session: unknown, delivery: { message: Message }): void {
    this.qosDrops.push(textOf(delivery.message));
  }
}

export interface Sent {
  readonly text: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly packetId: number;
  readonly identifiers: readonly number[] | null;
}

/** A connection that takes everything, or as little as a test wants. */
export class FakeOutlet implements Outlet {
  readonly will: null = null;
  congested = false;
  readonly full = true;
  readonly client: null = null;
  readonly slice: Slice = new Slice();
  readonly waitsForReceiver = false;
  readonly waitsForUs = false;
  backlog: Backlog | null = null;
  readonly rawVersion = 0;
  readonly output: null = null;
  readonly outgoing: null = null;
  readonly heldBatch = 0;
  /** Payloads longer than this are too large for the client. */
  largest: number = Infinity;
  readonly sent: Sent[] = [];
  readonly released: number[] = [];
  takes(message: Message): boolean {
    return message.payloadLength <= this.largest;
  }
  publish(
    message: Message,
    qos: QoS,
    retain: boolean,
    dup: boolean,
    packetId: number,
    identifiers: readonly number[] | null,
  ): boolean {
    if (message.payloadLength > this.largest) return false;
    this.sent.push({ text: textOf(message), qos, retain, dup, packetId, identifiers });
    return true;
  }
  pubrel(packetId: number): void {
    this.released.push(packetId);
  }
  emptied(): void {}
  disconnect(): void {}
  /** The texts sent since the last call. */
  take(): string[] {
    return this.sent.splice(0).map((s) => (s.dup ? `${s.text}!` : s.text));
  }
}

export function textOf(message: Message): string {
  return decoder.decode(message.view);
}

/** A message whose payload is `text`; its bytes are owned by nobody unless `owned`. */
export function messageOf(text: string, expiresAt: number = NEVER, owned = true): Message {
  const bytes = encoder.encode(text);
  return new Message("t", "t", bytes, 0, bytes.length, 2, false, "publisher", owned, {}, expiresAt);
}

export function sessionOf(host: FakeHost = new FakeHost(), expiryInterval = 60): Session {
  const session = new Session("c", host);
  session.expiryInterval = expiryInterval;
  return session;
}

/** Attaches as the broker does. */
export function attach(session: Session, outlet: FakeOutlet, receiveMaximum = 65_535): FakeOutlet {
  session.attach(outlet, receiveMaximum);
  session.pump();
  return outlet;
}

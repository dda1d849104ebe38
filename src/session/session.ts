/**
 * What the broker knows of one client id (`session_state.ts`), and the messages on their way to it: those that are
 * unacknowledged, and the queue. A connection comes and goes as `outlet`; nothing here knows sockets.
 */

import type { Timed } from "../core/deadlines.ts";
import { quoted } from "../core/quoted.ts";
import type { SlicedWork } from "../core/slices.ts";
import type { QoS } from "../packets/types.ts";
import { Delivery } from "./delivery.ts";
import { DeliveryQueue } from "./delivery_queue.ts";
import type { DeliveryStore } from "./delivery_store.ts";
import type { DropReason, SessionHost } from "./host.ts";
import { Inflight } from "./inflight.ts";
import { type Message, NEVER } from "./message.ts";
import type { Outlet } from "./outlet.ts";
import { Retain } from "./retain.ts";
import { Resend } from "./resend.ts";
import type { Recipient, RouteGroup } from "./route.ts";
import { SessionState } from "./session_state.ts";

export class Session extends SessionState implements Recipient, SlicedWork, Timed {
  readonly host: SessionHost<Session>;
  outlet: Outlet | null = null;
  /** Towards the client, in the order of sending. Made when first needed. */
  #inflight: Inflight | null = null;
  #queue: DeliveryQueue<Session> | null = null;
  /** Keeps it beyond this process; null: nobody does. */
  #store: DeliveryStore<Session> | null = null;
  /** Of the last delivery that is kept. */
  #sequence = 0;
  /** What this connection has to repeat first; null: nothing any more. */
  #resend: Resend | null = null;
  /**
   * How much more the client takes. An exchange that an earlier connection began counts as soon as this one goes
   * on with it; negative when more of them wait for PUBCOMP than the client takes now. [MQTT-3.3.4-9]
   */
  #quota = 0;
  /** It is pumped when others have had their turn. */
  waitsForSlice = false;

  constructor(clientId: string, host: SessionHost<Session>) {
    super(clientId);
    this.host = host;
  }

  get inflightCount(): number {
    return this.#inflight === null ? 0 : this.#inflight.size;
  }

  /** What is not sent yet; null: nothing. */
  get waiting(): DeliveryQueue<Session> | null {
    return this.#queue;
  }

  get queuedCount(): number {
    return this.#queue === null ? 0 : this.#queue.length;
  }

  /** Whoever publishes to a connected client should wait a moment. */
  get filling(): boolean {
    return this.#queue !== null && this.#queue.filling;
  }

  /** Even little of what is published to it should wait. */
  get full(): boolean {
    return this.#queue !== null && this.#queue.full;
  }

  inflight(): Iterable<Delivery> {
    return this.#inflight ?? [];
  }

  /** It outlives the process from now on. */
  keepIn(store: DeliveryStore<Session>): void {
    this.#store = store;
  }

  get kept(): boolean {
    return this.#store !== null;
  }

  /** A QoS 2 publish of the client's was accepted. */
  accept(packetId: number): void {
    (this.received ??= new Set()).add(packetId);
    this.#store?.received(this, packetId, true);
  }

  /** PUBREL has come for it; false: nobody knows it. */
  release(packetId: number): boolean {
    if (this.received === null || !this.received.delete(packetId)) return false;
    this.#store?.received(this, packetId, false);
    return true;
  }

  /** RETAIN as it is sent. */
  #flag(retain: Retain): boolean {
    return retain === Retain.RETAINED || (retain === Retain.AS_PUBLISHED && this.optionsHold);
  }

  /** QoS 0: now or never. False: it is larger than the client takes; what becomes of it the caller says. */
  send(message: Message, retain: Retain, identifiers: readonly number[] | null): boolean {
    const outlet = this.outlet;
    if (outlet === null) return true;
    if (!outlet.congested || !outlet.full) {
      return outlet.publish(message, 0, this.#flag(retain), false, 0, identifiers);
    }
    this.host.dropped(this, message, "slow");
    return true;
  }

  /**
   * QoS 1 and 2: now if the client can take it, else into the queue. False: it is larger than the client takes, and of a
   * group: what becomes of it the caller says.
   */
  deliver(
    message: Message,
    qos: QoS,
    retain: Retain,
    identifiers: readonly number[] | null,
    group: RouteGroup | null,
  ): boolean {
    const delivery = new Delivery(message, qos, retain, identifiers, group);
    if (this.#ready && this.#queue === null && this.#resend === null) {
      if (this.#transmit(delivery)) return true;
      if (group !== null) return false;
      this.#giveUp(delivery, "tooLarge");
      return true;
    }
    if (this.outlet !== null && this.#inflight?.exhausted === true) this.host.idsExhausted?.(this, message);
    this.#enqueue(delivery);
    return true;
  }

  /** Sends what waits, as far as quota and connection allow. */
  pump(): void {
    if (this.waitsForSlice) return;
    this.#resendMore();
    const queue = this.#queue;
    if (queue === null || this.#resend !== null) return;
    while (this.#ready) {
      if (queue.atStore && !this.host.mayRead(this)) return;
      if (this.host.yields(this)) return;
      const delivery = queue.shift();
      if (delivery === undefined) {
        // (What is only in the store may take a while.)
        this.forget(queue);
        // (A hook that was told of what was dropped may have ended the connection.)
        if (this.#queue === null) this.outlet?.emptied();
        return;
      }
      // An expired message is not sent any more. [MQTT-3.3.2-5]
      const { expiresAt } = delivery.message;
      if (expiresAt !== NEVER && expiresAt <= this.host.now()) this.drop(delivery, "expired");
      else if (!this.#transmit(delivery)) this.#tooLarge(delivery);
    }
  }

  workName(): string {
    return `the queue of client ${quoted(this.clientId, 64)}`;
  }

  goOn(): void {
    this.pump();
  }

  /**
   * A connection takes over: repeats what is unacknowledged, oldest first, then the queue. [MQTT-4.4.0-1]
   * [MQTT-4.6.0-1]
   */
  attach(outlet: Outlet, receiveMaximum: number): void {
    this.outlet = outlet;
    this.disconnectedAt = 0;
    this.#quota = Math.min(receiveMaximum, this.host.maximumInflight);
    this.#resend = null;
    if (this.#inflight === null || this.#inflight.size === 0) return;
    this.#resend = new Resend([...this.#inflight]);
    // The client has what waits for PUBCOMP, so it counts from the first moment.
    this.#quota -= this.#resend.released;
  }

  detach(now: number): void {
    this.outlet = null;
    this.#resend = null;
    this.disconnectedAt = now;
  }

  /**
   * Drops what waits for the client and may not be given to it any more. A QoS 2 message the client has begun to
   * take is its own. What is only in the store is looked at when it is read.
   */
  withhold(mayReceive: (message: Message) => boolean): void {
    for (const delivery of [...this.inflight()]) {
      if (delivery.released || mayReceive(delivery.message)) continue;
      this.#inflight!.delete(delivery.packetId);
      this.host.countInflight(delivery, -1);
      this.drop(delivery, "notAuthorized");
    }
    this.#queue?.withhold(mayReceive);
  }

  /** When nothing waits, what comes is sent at once. */
  forget(queue: DeliveryQueue<Session>): void {
    if (queue.length === 0 && this.#queue === queue) this.#queue = null;
  }

  /** It does not reach the client. It is neither in the queue nor on its way any more. */
  drop(delivery: Delivery, why: DropReason): void {
    this.done(delivery);
    if (
      why === "notAuthorized" && this.#isOfGroup(delivery) &&
      this.host.passOn?.(this, delivery, true) === true
    ) {
      return;
    }
    this.#giveUp(delivery, why);
  }

  /** Another member may have it in the place of this one: all but a QoS 2 message the client has begun to take. [MQTT-4.8.2-5] */
  #isOfGroup({ group, qos, packetId, message }: Delivery): boolean {
    return group !== null && (qos < 2 || packetId === 0) && message.expiresAt > this.host.now();
  }

  #giveUp(delivery: Delivery, why: DropReason): void {
    this.host.dropped(this, delivery.message, why);
    this.host.qosDropped?.(this, delivery);
  }

  /** It waited, or is to be repeated, and the client takes less by now; the store knows of it no more. */
  #tooLarge(delivery: Delivery): void {
    if (delivery.group === null || this.host.passOn?.(this, delivery) !== true) {
      this.#giveUp(delivery, "tooLarge");
    }
  }

  /** The store need not have it any more. */
  done(delivery: Delivery): void {
    if (delivery.sequence > 0) this.#store?.done(this, delivery);
  }

  /** PUBACK, or PUBREC with an error: it is done. False: PUBREC had come already. */
  acknowledged(delivery: Delivery): boolean {
    if (delivery.released) return false;
    this.#finish(delivery);
    return true;
  }

  /** PUBREC: from here on only PUBREL is sent for it. */
  receivedBy(delivery: Delivery): true {
    if (delivery.toRepeat && !delivery.released) {
      // It came on the earlier connection: there is nothing to repeat, but it goes on here.
      delivery.toRepeat = false;
      this.#quota--;
    }
    if (!delivery.released && delivery.sequence > 0) this.#store?.released(this, delivery);
    delivery.released = true;
    return true;
  }

  /** PUBCOMP. False: PUBREC has not come yet. */
  completed(delivery: Delivery): boolean {
    if (!delivery.released) return false;
    this.#finish(delivery);
    return true;
  }

  /** The expected acknowledgement for this id, for telling a QoS 1 PUBACK from a QoS 2 one. */
  find(packetId: number): Delivery | undefined {
    return this.#inflight?.get(packetId);
  }

  /**
   * Takes out everything in memory that was not delivered, in order, for the end of the session. What waits only in
   * the store stays counted: whoever ends the session sees to it.
   */
  drain(): Delivery[] {
    const loaded = [...this.#queue ?? []];
    const rest = [...this.inflight(), ...loaded];
    for (const delivery of this.inflight()) this.host.countInflight(delivery, -1);
    this.host.countQueued(-loaded.length);
    this.#inflight = null;
    this.#queue = null;
    this.#resend = null;
    return rest;
  }

  /** An earlier run left so many more that wait, only in the store; `last`: of all of them. */
  restoreWaiting(count: number, bytes: number, last: number): void {
    this.#sequence = Math.max(this.#sequence, last);
    const loaded = this.queuedCount;
    if (count <= loaded) return;
    this.#queue ??= new DeliveryQueue(this, this.#store);
    this.#queue.restore(count - loaded, Math.max(0, bytes - this.#queue.bytes));
  }

  /** What an earlier run had on its way; in the order of sending, what was not sent yet with packet id 0. */
  restore(delivery: Delivery): void {
    this.#sequence = Math.max(this.#sequence, delivery.sequence);
    if (delivery.packetId === 0) {
      if (delivery.sequence === 0) this.#enqueue(delivery);
      else (this.#queue ??= new DeliveryQueue(this, this.#store)).push(delivery);
      return;
    }
    if (!(this.#inflight ??= new Inflight()).restore(delivery)) return;
    this.host.countInflight(delivery, 1);
    // (What the store gave has its number.)
    if (this.#store !== null && delivery.sequence === 0) this.#store.put(this, this.#numbered(delivery));
  }

  due(): number {
    return this.host.due(this);
  }

  #finish(delivery: Delivery): void {
    this.#inflight!.delete(delivery.packetId);
    this.host.countInflight(delivery, -1);
    this.done(delivery);
    this.host.qosComplete?.(this, delivery);
    // What was to be repeated on this connection and was not took nothing.
    if (!delivery.toRepeat || delivery.released) this.#quota++;
    if (this.#queue !== null || this.#resend !== null) this.pump();
  }

  /** Something new may be sent. (What is not noted as sent would be sent again after a crash, as if for the first time.) */
  get #ready(): boolean {
    return this.outlet !== null && !this.outlet.congested && this.#quota > 0 &&
      this.#store?.failing !== true &&
      (this.#inflight === null || !this.#inflight.exhausted);
  }

  /** False: it is larger than the client takes. The store knows of it no more. */
  #transmit(delivery: Delivery): boolean {
    const { message, qos, retain, identifiers } = delivery;
    // It may have to be sent again, on another connection or to another member of its group.
    if (this.expiryInterval > 0 || delivery.group !== null || this.host.keepAll) message.keep();
    const inflight = this.#inflight ??= new Inflight();
    inflight.add(delivery);
    // (Told before it is sent: what is sent waits for the commit of what was told.)
    if (this.#store !== null) {
      if (delivery.sequence > 0) this.#store.sent(this, delivery);
      else this.#store.put(this, this.#numbered(delivery));
    }
    if (!this.outlet!.publish(message, qos, this.#flag(retain), false, delivery.packetId, identifiers)) {
      inflight.delete(delivery.packetId);
      this.done(delivery);
      return false;
    }
    delivery.heldBatch = this.outlet!.heldBatch;
    this.#quota--;
    this.host.countInflight(delivery, 1);
    this.host.qosPublish?.(this, delivery, false);
    return true;
  }

  /** What was held back under these numbers never leaves: as far as its client knows it was not sent. */
  unsent(one: number, other: number): void {
    this.#inflight?.unsent(one, other);
  }

  #resendMore(): void {
    const resend = this.#resend;
    if (resend !== null && resend.goOn(this) && this.#resend === resend) this.#resend = null;
  }

  /** Sends it once more; false: the client takes no more for now. Only `Resend` asks. */
  repeat(outlet: Outlet, delivery: Delivery): boolean {
    if (this.#quota <= 0) return false;
    const { message, qos, retain, identifiers, packetId } = delivery;
    delivery.toRepeat = false;
    // DUP only on a real repetition. [MQTT-3.3.1-1]
    const dup = !delivery.unsent;
    if (outlet.publish(message, qos, this.#flag(retain), dup, packetId, identifiers)) {
      delivery.unsent = false;
      delivery.heldBatch = dup ? 0 : outlet.heldBatch;
      this.#quota--;
      this.host.qosPublish?.(this, delivery, dup);
      return true;
    }
    this.#inflight!.delete(packetId);
    this.host.countInflight(delivery, -1);
    this.done(delivery);
    // A QoS 2 message the client may have begun to take belongs to it alone. [MQTT-4.8.2-5]
    if (qos === 2 && dup) this.#giveUp(delivery, "tooLarge");
    else this.#tooLarge(delivery);
    return true;
  }

  #enqueue(delivery: Delivery): void {
    const queue = this.#queue ??= new DeliveryQueue(this, this.#store);
    if (!queue.admits(delivery.message)) {
      this.drop(delivery, "queueFull");
      this.forget(queue);
      return;
    }
    if (this.#store !== null) this.#store.put(this, this.#numbered(delivery));
    const { expires } = queue;
    queue.push(delivery);
    if (this.outlet === null) {
      if (queue.expires < expires) this.host.expiring(this);
    } else if (queue.filling) this.host.filling(this.outlet);
  }

  #numbered(delivery: Delivery): Delivery {
    if (delivery.sequence === 0) delivery.sequence = ++this.#sequence;
    return delivery;
  }
}

/**
 * What was sent on an earlier connection and is not acknowledged: repeated on the new one in the order of sending, as
 * far as its Receive Maximum and its output allow. [MQTT-4.4.0-1]
 */

import type { Delivery } from "./delivery.ts";
import type { SessionHost } from "./host.ts";
import type { Outlet } from "./outlet.ts";

/** The session that has something to repeat. */
interface Repeating<S> {
  readonly host: Pick<SessionHost<S>, "yields">;
  readonly outlet: Outlet | null;
  /** What is on its way under that packet id. */
  find(packetId: number): Delivery | undefined;
  /** Sends it once more; false: the client takes no more for now. */
  repeat(outlet: Outlet, delivery: Delivery): boolean;
}

export class Resend {
  #waiting: readonly Delivery[];
  /** How many of them are PUBRELs, at most. */
  #released = 0;

  /** All that is on its way, oldest first. */
  constructor(waiting: readonly Delivery[]) {
    this.#waiting = waiting;
    for (const delivery of waiting) {
      delivery.toRepeat = true;
      if (delivery.released) this.#released++;
    }
  }

  /** How many wait for PUBCOMP, at most. */
  get released(): number {
    return this.#released;
  }

  /** Repeats what it can; true: that was the rest. */
  goOn<S extends Repeating<S>>(session: S): boolean {
    const waiting = this.#waiting;
    let done = 0;
    while (done < waiting.length && session.outlet !== null && !session.outlet.congested) {
      const delivery = waiting[done]!;
      if (session.host.yields(session)) break;
      if (isOpen(session, delivery)) {
        if (delivery.released) this.#repeatPubrel(session.outlet, delivery);
        else if (!session.repeat(session.outlet, delivery)) {
          // What the client has in hand can't wait: only its end gives way to the others.
          if (this.#released > 0) this.#repeatPubrels(session, waiting, done);
          break;
        }
      }
      done++;
    }
    if (done === waiting.length) return true;
    this.#waiting = waiting.slice(done);
    return false;
  }

  #repeatPubrels<S extends Repeating<S>>(session: S, waiting: readonly Delivery[], from: number): void {
    for (let i = from; i < waiting.length; i++) {
      const delivery = waiting[i]!;
      if (delivery.released && isOpen(session, delivery)) this.#repeatPubrel(session.outlet!, delivery);
    }
    this.#released = 0;
  }

  #repeatPubrel(outlet: Outlet, delivery: Delivery): void {
    delivery.toRepeat = false;
    this.#released--;
    outlet.pubrel(delivery.packetId);
  }
}

/** Not repeated yet, and not acknowledged meanwhile. */
function isOpen<S extends Repeating<S>>(session: S, delivery: Delivery): boolean {
  return delivery.toRepeat && session.find(delivery.packetId) === delivery;
}

/**
 * Pings for WebSocket connections that are quiet: proxies and load balancers close those on which nothing has come for a
 * while, often a minute, whatever the keep-alive of MQTT is.
 */

import { clearInterval, setInterval } from "../timers.ts";

export interface Pinged {
  /** Called twice in the time that a connection may be quiet. */
  pingIfQuiet(): void;
}

/** So that the pings of many connections do not go out all at once. */
const slotCount = 16;

/** One timer for all connections of a listener, and none while there are none. */
export class PingWheel {
  readonly #tickMs: number;
  readonly #slots: readonly Set<Pinged>[] = Array.from({ length: slotCount }, () => new Set<Pinged>());
  #timer: ReturnType<typeof setInterval> | null = null;
  #count = 0;
  #current = 0;
  #filling = 0;

  /** Nothing is quiet for longer than so many milliseconds. */
  constructor(quietMs: number) {
    this.#tickMs = Math.max(1, quietMs / 2 / slotCount);
  }

  /** The slot it is in, for `remove`. */
  add(stream: Pinged): number {
    const slot = this.#filling = (this.#filling + 1) % slotCount;
    this.#slots[slot]!.add(stream);
    this.#count++;
    this.#timer ??= setInterval(this.#turn, this.#tickMs).unref();
    return slot;
  }

  remove(stream: Pinged, slot: number): void {
    if (!this.#slots[slot]!.delete(stream)) return;
    this.#count--;
    if (this.#count > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #turn = (): void => {
    this.#current = (this.#current + 1) % slotCount;
    for (const stream of this.#slots[this.#current]!) stream.pingIfQuiet();
  };
}

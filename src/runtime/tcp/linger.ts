/** The time an ended stream has left: it goes on as long as bytes move, then the stream is destroyed. */

import { clearTimeout, setTimeout } from "../timers.ts";

const defaultMs = 5000;

interface Destroyable {
  destroy(): void;
}

export class Linger {
  #stream: Destroyable;
  #ms: number;
  #timer: ReturnType<typeof setTimeout>;

  constructor(stream: Destroyable, ms: number = defaultMs) {
    this.#stream = stream;
    this.#ms = ms;
    this.#timer = this.#start();
  }

  /** Bytes left: the time starts anew. */
  progress(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#stream.destroy(), this.#ms);
    timer.unref();
    return timer;
  }
}

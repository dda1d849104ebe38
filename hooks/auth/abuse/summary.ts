/** One line for all that was done against abuse in ten seconds; the first of it is told at once. */

import { quoted } from "../../../src/core/quoted.ts";

/** Milliseconds. */
const WINDOW = 10_000;
const SHOWN = 100;

/** Why somebody has to wait. */
export type DelayCause = "user" | "takeOver" | "reconnect";

const WORDS: Readonly<Record<DelayCause, readonly [why: string, who: string]>> = {
  user: ["after failed logins", "user"],
  takeOver: ["because clients take their client id over from each other", "client"],
  reconnect: ["because they come back again and again", "client"],
};

interface Counted {
  times: number;
  last: string;
}

export class Summary {
  readonly #tell: (text: string) => void;
  readonly #banned: Counted = { times: 0, last: "" };
  readonly #delayed: Map<DelayCause, Counted> = new Map();
  #refused = 0;
  #toldAt = -Infinity;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /** `text`: what and for how long. */
  banned(text: string, now: number): void {
    this.#banned.times++;
    this.#banned.last = text;
    this.tick(now);
  }

  delayed(cause: DelayCause, name: string, now: number): void {
    const counted = this.#delayed.get(cause);
    if (counted === undefined) this.#delayed.set(cause, { times: 1, last: name });
    else {
      counted.times++;
      counted.last = name;
    }
    this.tick(now);
  }

  /** There was no place to wait. */
  refused(now: number): void {
    this.#refused++;
    this.tick(now);
  }

  /** Tells what there is to tell, unless it was just done. */
  tick(now: number): void {
    if (now - this.#toldAt < WINDOW) return;
    const parts = this.#parts();
    if (parts.length === 0) return;
    this.#toldAt = now;
    this.#banned.times = 0;
    this.#delayed.clear();
    this.#refused = 0;
    this.#tell(parts.join("; "));
  }

  #parts(): string[] {
    const parts: string[] = [];
    const { times, last } = this.#banned;
    if (times > 0) parts.push(times === 1 ? last : `${last}, and ${times - 1} more`);
    for (const [cause, { times, last }] of this.#delayed) {
      const [why, who] = WORDS[cause];
      const count = times === 1 ? "a CONNECT has to wait" : `${times} CONNECTs have to wait`;
      parts.push(
        `${count} ${why}, ${times === 1 ? "" : "the last of them of "}${who} ${quoted(last, SHOWN)}`,
      );
    }
    if (this.#refused > 0) {
      parts.push(
        `${this.#refused} more ${this.#refused === 1 ? "was" : "were"} refused, because too many wait`,
      );
    }
    return parts;
  }
}

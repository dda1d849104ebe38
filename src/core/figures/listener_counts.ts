/** Connections by the listener they came in through. */

/** A program may call its streams anything: beyond so many names there is one for all others. */
const MOST = 256;
const OTHERS = "(others)";

/** What came in through one listener. */
export interface ListenerFigures {
  /** The name of the listener; `local`: clients of the program itself. */
  readonly id: string;
  /** Connections that are open now, before CONNECT as well. */
  readonly open: number;
  /** All there ever were, those included that were turned away. */
  readonly accepted: number;
}

interface Counts {
  open: number;
  accepted: number;
}

export class ListenerCounts {
  readonly #counts: Map<string, Counts> = new Map();

  accepted(id: string): void {
    this.#of(id).accepted++;
  }

  /** One more is open (1), or one less (-1). */
  open(id: string, by: 1 | -1): void {
    this.#of(id).open += by;
  }

  /** Of all listeners. */
  get total(): number {
    let sum = 0;
    for (const { accepted } of this.#counts.values()) sum += accepted;
    return sum;
  }

  get figures(): ListenerFigures[] {
    return [...this.#counts].map(([id, { open, accepted }]) => ({ id, open, accepted }));
  }

  #of(id: string): Counts {
    const known = this.#counts.get(id);
    if (known !== undefined) return known;
    const name = this.#counts.size < MOST ? id : OTHERS;
    const counts = this.#counts.get(name) ?? { open: 0, accepted: 0 };
    this.#counts.set(name, counts);
    return counts;
  }
}

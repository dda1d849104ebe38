/** What a value may be after a crash: the one acknowledged last, or one that was asked for later. */

export class Possible<T> {
  /** In the order in which they were asked for; the first is acknowledged. */
  #steps: { readonly value: T }[];

  constructor(value: T) {
    this.#steps = [{ value }];
  }

  /** It is asked for; to be called when that is acknowledged. */
  ask(value: T): () => void {
    const step = { value };
    this.#steps.push(step);
    // What was asked for before is not possible any more.
    return () => void this.#steps.splice(0, this.#steps.indexOf(step));
  }

  /** This is what it is: as JSON it is one of them. False: it is not. */
  settle(value: T): boolean {
    const text = JSON.stringify(value);
    const well = this.#steps.some((step) => JSON.stringify(step.value) === text);
    this.#steps = [{ value }];
    return well;
  }

  toString(): string {
    return this.#steps.map(({ value }) => JSON.stringify(value)).join(" or ");
  }
}

/** Counts acknowledgements until there are so many. */
export class Countdown {
  #left: number;
  #done: () => void = () => {};
  readonly over: Promise<void>;

  constructor(count: number) {
    this.#left = count;
    this.over = new Promise((resolve) => this.#done = resolve);
  }

  count(): void {
    if (--this.#left === 0) this.#done();
  }
}

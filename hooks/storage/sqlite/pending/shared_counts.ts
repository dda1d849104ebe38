/** How many deliveries in the tables share each message: with the last of them the message goes. */

export class SharedCounts {
  readonly #counts: Map<number, number> = new Map();
  /** Nobody has them any more, or so it was when they were put here. */
  #unused: Set<number> = new Set();
  /** False: something was undone that had been counted; nothing is removed before the next start counts anew. */
  #reliable = true;

  /** False: there is nothing to count. */
  get any(): boolean {
    return this.#reliable && this.#counts.size > 0;
  }

  add(message: number, by: number): void {
    const count = (this.#counts.get(message) ?? 0) + by;
    if (count > 0) this.#counts.set(message, count);
    else {
      this.#counts.delete(message);
      this.#unused.add(message);
    }
  }

  /** A message that is in its table; it goes if nobody has it. */
  found(message: number): void {
    if (!this.#counts.has(message)) this.#unused.add(message);
  }

  distrust(): void {
    this.#reliable = false;
    this.#counts.clear();
    this.#unused.clear();
  }

  /** Those to remove. */
  takeUnused(): number[] {
    const unused = [...this.#unused].filter((message) => !this.#counts.has(message));
    this.#unused.clear();
    return this.#reliable ? unused : [];
  }
}

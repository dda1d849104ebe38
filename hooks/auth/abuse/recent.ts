/** A map with a bound: of too many entries the one goes that was not touched for longest. */

export class Recent<Value> {
  readonly #most: number;
  readonly #entries: Map<string, Value> = new Map();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  /** It is the last one then. */
  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }
}

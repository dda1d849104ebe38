/** What one may have although there is not enough for all: who needs little does not wait for those who need much. */

export class Share {
  /** Since when `taken` counts: the number of a period, as whoever shares out counts them. */
  #period = 0;
  #taken = 0;

  /** So much more of it in that period; false: that would be more than `limit`, and nothing is taken. */
  take(amount: number, period: number, limit: number): boolean {
    if (this.#period !== period) {
      this.#period = period;
      this.#taken = 0;
    }
    if (this.#taken + amount > limit) return false;
    this.#taken += amount;
    return true;
  }
}

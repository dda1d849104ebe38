/** The sessions there are, by client id, and the numbers they have in the tables. */

import { SessionState } from "./generation.ts";

export class Sessions {
  readonly #byId: Map<string, SessionState> = new Map();
  #lastKey = 0;

  get(id: string): SessionState | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<SessionState> {
    return this.#byId.values();
  }

  /** A new one. */
  begin(id: string): SessionState {
    return this.add(new SessionState(this.#lastKey + 1, id, false));
  }

  /** One of an earlier run. */
  add(state: SessionState): SessionState {
    this.#byId.set(state.id, state);
    this.uses(state.key);
    return state;
  }

  /** This number is taken. */
  uses(key: number): void {
    if (key > this.#lastKey) this.#lastKey = key;
  }

  /** Forgets a session; one that has begun under the same client id since stays. */
  end(state: SessionState): void {
    if (this.#byId.get(state.id) === state) this.#byId.delete(state.id);
  }
}
